packer {
  required_version = ">= 1.9.0"

  required_plugins {
    azure = {
      version = ">= 2.0.0"
      source  = "github.com/hashicorp/azure"
    }
  }
}

variable "subscription_id" {
  type = string
}

variable "image_version" {
  type    = string
  default = "0.0.1"
}

source "azure-arm" "linux" {
  use_azure_cli_auth = true
  subscription_id    = var.subscription_id
  location           = "northeurope"
  vm_size            = "Standard_D2s_v5"
  os_type            = "Linux"
  image_publisher    = "Canonical"
  image_offer        = "ubuntu-24_04-lts"
  image_sku          = "server"

  shared_image_gallery_destination {
    resource_group = "images"
    gallery_name   = "golden"
    image_name     = "linux"
    image_version  = var.image_version
  }
}

build {
  sources = ["source.azure-arm.linux"]

  provisioner "shell" {
    inline = ["sudo apt-get update"]
  }
}
