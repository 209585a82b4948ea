source "azure-arm" "base" {
  use_azure_cli_auth = true
  location           = var.location
  vm_size            = var.vm_size
  azure_tags         = local.tags

  managed_image_resource_group_name = var.image_resource_group
}

build {
  name = "rocky"

  source "azure-arm.base" {
    os_type            = "Linux"
    image_publisher    = "resf"
    image_offer        = "rockylinux-x86_64"
    image_sku          = "9-base"
    managed_image_name = "rocky-${formatdate("YYYYMMDD", local.now)}"
  }

  provisioner "shell" {
    inline = ["sudo dnf -y upgrade"]
  }
}

build {
  name = "server"

  source "azure-arm.base" {
    os_type            = "Windows"
    communicator       = "winrm"
    winrm_use_ssl      = true
    winrm_insecure     = true
    winrm_username     = "packer"
    image_publisher    = "MicrosoftWindowsServer"
    image_offer        = "WindowsServer"
    image_sku          = "2022-datacenter-g2"
    managed_image_name = "server-${formatdate("YYYYMMDD", local.now)}"
  }

  provisioner "windows-update" {}
}
