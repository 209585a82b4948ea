packer {
  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = ">= 2.6.0, < 3.0.0"
    }
  }
}

variable "subscription_id" {
  type    = string
  default = "${env("ARM_SUBSCRIPTION_ID")}"
}

variable "tenant_id" {
  type    = string
  default = env("ARM_TENANT_ID")
}

variable "client_id" {
  type    = string
  default = env("ARM_CLIENT_ID")
}

variable "oidc_request_token" {
  type      = string
  default   = env("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
  sensitive = true
}

variable "oidc_request_url" {
  type    = string
  default = env("ACTIONS_ID_TOKEN_REQUEST_URL")
}

variable "build_resource_group_name" {
  type    = string
  default = env("BUILD_GROUP")
}

locals {
  stamp = formatdate("YYYYMMDDhhmm", timestamp())
}

source "azure-arm" "suse" {
  subscription_id    = var.subscription_id
  tenant_id          = var.tenant_id
  client_id          = var.client_id
  oidc_request_token = var.oidc_request_token
  oidc_request_url   = var.oidc_request_url

  build_resource_group_name         = var.build_resource_group_name
  vm_size                           = "Standard_D2s_v5"
  os_type                           = "Linux"
  image_publisher                   = "suse"
  image_offer                       = "sles-15-sp6"
  image_sku                         = "gen2"
  managed_image_name                = "suse-${local.stamp}"
  managed_image_resource_group_name = "images"
}

build {
  name    = "suse"
  sources = ["source.azure-arm.suse"]
}
