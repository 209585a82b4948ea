packer {
  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2"
    }
    windows-update = {
      source  = "github.com/rgl/windows-update"
      version = ">= 0.14.0"
    }
  }
}

variable "subscription_id" {
  type = string
}

variable "location" {
  type    = string
  default = "northeurope"
}

variable "owner" {
  type    = string
  default = "platform"
}

variable "team" {
  type = string
}

locals {
  now = timestamp()
}

source "null" "other" {
  communicator = "none"
}

build {
  name    = "other"
  sources = ["source.null.other"]

  provisioner "shell-local" {
    inline = ["echo ${local.now} ${var.team} ${var.owner} ${var.location} ${var.subscription_id}"]
  }
}
