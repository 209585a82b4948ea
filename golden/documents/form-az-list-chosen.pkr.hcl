# VM image rocky, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build build.pkr.hcl
#
# Run it where it can reach the network hub. The account needs Contributor on the subscription, which Image Builder's own
# service took care of, and what the identity image-builder had: the subnet and the managed image's resource group.
# Otherwise than in Image Builder: an existing managed image is not overwritten (AIB2P304).

packer {
  required_version = ">= 1.13.0"

  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.6"
    }
  }
}

variable "use_azure_cli_auth" {
  type        = bool
  description = "Sign in with the Azure CLI's account. False: with the managed identity of the machine that runs Packer."
  default     = true
}

variable "subscription_id" {
  type        = string
  description = "Subscription that the build VM runs in."
  default     = "11111111-1111-1111-1111-111111111111"
}

locals {
  # Image Builder runs Shell customizers as root.
  as_root = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"
}

source "azure-arm" "rocky" {
  use_azure_cli_auth = var.use_azure_cli_auth
  subscription_id    = var.subscription_id

  # Source image
  os_type         = "Linux"
  image_publisher = "almalinux"
  image_offer     = "almalinux-x86_64"
  image_sku       = "9-gen2"
  image_version   = "latest"

  # Build VM. Packer reaches it by its private address: run Packer inside this network.
  location                            = "westeurope"
  vm_size                             = "Standard_D2s_v5"
  os_disk_size_gb                     = 40
  virtual_network_resource_group_name = "network"
  virtual_network_name                = "hub"
  virtual_network_subnet_name         = "builds"

  # Distribution
  managed_image_name                = "alma"
  managed_image_resource_group_name = "images"

  azure_tags = {
    team = "platform"
    os   = "alma"
  }
}

build {
  name    = "rocky"
  sources = ["source.azure-arm.rocky"]

  # customize[0]: Shell
  provisioner "shell" {
    name            = "update"
    execute_command = local.as_root
    inline          = ["dnf -y update"]
  }

  # It removes itself (rm "$0"), because Packer cannot clean up after the user is gone.
  provisioner "shell" {
    name            = "generalize"
    execute_command = local.as_root
    skip_clean      = true
    inline = [
      "rm \"$0\"",
      <<-EOT
        WAAGENT=/usr/sbin/waagent
        if waagent -version > /dev/null 2>&1; then
          WAAGENT=waagent
        fi
        $WAAGENT -force -deprovision+user && export HISTSIZE=0 && sync
      EOT
    ]
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/rocky.manifest.json"
    custom_data = {
      run_output_name = "alma"
    }
  }
}
