# Boots the image that the build of the Azure Image Builder template web made last, runs the validators there, and makes no
# image.
#
#   packer init validate
#   timeout 240m packer build -var subscription_id=... -var location=... -var resource_group_name=... validate
#
# It runs wherever Packer does; only timeout is a Linux program. The account needs Contributor on the subscription, which Image
# Builder's own service took care of, and may use the managed image's resource group.

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
}

variable "location" {
  type        = string
  description = "Azure region of the build. The template took the region of its resource group."
}

variable "resource_group_name" {
  type        = string
  description = "Resource group that the template was deployed to."
}

variable "vm_size" {
  type    = string
  default = "Standard_D2s_v5"
}

variable "port" {
  type    = number
  default = 80
}

variable "managed_image_name" {
  type        = string
  description = "Managed image to validate. Null: the one that the build made last, as ../web.manifest.json says."
  default     = null
}

variable "allowed_inbound_ip_addresses" {
  type        = list(string)
  description = "Who may reach the build VM, which has a public address. Empty: anybody."
  default     = []
}

locals {
  # Image Builder runs Shell customizers as root.
  as_root = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"

  # file() takes the path from this folder on.
  managed_image_name = var.managed_image_name != null ? var.managed_image_name : reverse(jsondecode(file("../web.manifest.json")).builds)[0].custom_data.managed_image_name

  # Taken once: each call of timestamp() gives another time.
  now = timestamp()
}

source "azure-arm" "web_validation" {
  use_azure_cli_auth = var.use_azure_cli_auth
  subscription_id    = var.subscription_id

  # Source image
  os_type                                  = "Linux"
  custom_managed_image_name                = local.managed_image_name
  custom_managed_image_resource_group_name = var.resource_group_name

  # Build VM
  location                     = var.location
  vm_size                      = var.vm_size
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  # Distribution. None: no image is made. azure-arm wants a name for one all the same, for it starts from a managed image.
  skip_create_image                 = true
  managed_image_name                = "web-${formatdate("YYYYMMDDhhmmss", local.now)}"
  managed_image_resource_group_name = var.resource_group_name
}

build {
  name    = "web-validation"
  sources = ["source.azure-arm.web_validation"]

  # validate.inVMValidations[0]: Shell
  provisioner "shell" {
    name            = "answers"
    execute_command = local.as_root
    inline          = ["curl -fs http://localhost:${var.port}"]
  }
}
