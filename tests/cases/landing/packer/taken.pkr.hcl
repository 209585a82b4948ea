packer {
  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "1.4.5"
    }
  }
}

variable "desktop_owner" {
  type = list(string)
}

source "azure-arm" "desktop" {
  location = "westeurope"
}

build {
  name    = "desktop"
  sources = ["source.azure-arm.desktop"]
}
