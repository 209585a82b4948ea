packer {
  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.1"
    }
  }
}

variable "location" {}
variable "gallery_name" {}
variable "gallery_resource_group" {}
variable "vm_size" {
  default = "Standard_D2s_v5"
}
variable "replication_regions" {
  type    = list(string)
  default = ["westeurope"]
}

source "azure-arm" "image" {
  use_azure_cli_auth = true
  location           = var.location
  vm_size            = var.vm_size
  os_type            = "Linux"
  image_publisher    = "Debian"
  image_offer        = "debian-12"
  image_sku          = "12-gen2"

  shared_image_gallery_destination {
    resource_group      = var.gallery_resource_group
    gallery_name        = var.gallery_name
    image_name          = "debian"
    image_version       = "1.0.0"
    replication_regions = var.replication_regions
  }
}

build {
  name    = "debian"
  sources = ["source.azure-arm.image"]
}
