# Boots the image that the build of the Azure Image Builder template web made last, runs the validators there, and makes no
# image.
#
#   packer init validate
#   cp example.pkrvars.hcl values.pkrvars.hcl  # and fill it in
#   timeout 240m packer build -var-file=values.pkrvars.hcl validate
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

variable "location" {
  type        = string
  description = "Region of the build and of the managed image. The template took the region of its resource group. Whoever runs Packer gives it."
}

variable "resource_group_name" {
  type        = string
  description = "Resource group that the template was deployed to. Whoever runs Packer gives it."
}

variable "use_azure_cli_auth" {
  type        = bool
  description = "Sign in with the Azure CLI's account. False: with the managed identity of the machine that runs Packer."
  default     = true
}

variable "tenant_id" {
  type        = string
  description = "Tenant of the service principal."
  default     = env("ARM_TENANT_ID")
}

variable "client_id" {
  type        = string
  description = "Client id of the service principal."
  default     = env("ARM_CLIENT_ID")
}

variable "oidc_request_url" {
  type        = string
  description = "Where the pipeline hands out identity tokens; GitHub Actions sets it."
  default     = env("ACTIONS_ID_TOKEN_REQUEST_URL")
}

variable "oidc_request_token" {
  type        = string
  description = "The pipeline's right to ask for a token; GitHub Actions sets it."
  default     = env("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
  sensitive   = true
}

variable "subscription_id" {
  type        = string
  description = "Subscription that the build VM runs in. Empty: that of the account that signs in; identity tokens have none."
  default     = env("ARM_SUBSCRIPTION_ID")
}

variable "vm_size" {
  type        = string
  description = "Size of the build VM."
  default     = "Standard_D2s_v5"
}

variable "port" {
  type        = number
  description = "Value in the commands of the step answers."
  default     = 80
}

variable "managed_image_name" {
  type        = string
  description = "Managed image to validate. Null: that of the last build, as ../web.manifest.json says."
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
  now                  = timestamp()
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name = "packer-temporary-web-${local.build_time}"
}

source "azure-arm" "web_validation" {
  # On a laptop with the account of the Azure CLI; in GitHub Actions as the client there, with identity tokens of the job.
  use_azure_cli_auth = var.use_azure_cli_auth && (var.client_id == "" || var.oidc_request_url == "")
  tenant_id          = var.oidc_request_url == "" ? null : var.tenant_id
  client_id          = var.client_id
  oidc_request_url   = var.oidc_request_url
  oidc_request_token = var.oidc_request_token
  subscription_id    = var.subscription_id

  # Source image
  os_type                                  = "Linux"
  custom_managed_image_name                = local.managed_image_name
  custom_managed_image_resource_group_name = var.resource_group_name

  # Build VM
  location                     = var.location
  temp_resource_group_name     = local.temporary_group_name
  vm_size                      = var.vm_size
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution. None: no image is made. azure-arm wants a name for one all the same, for it starts from a managed image.
  skip_create_image                 = true
  managed_image_name                = "web-${local.build_time}"
  managed_image_resource_group_name = var.resource_group_name
}

build {
  name    = "web-validation"
  sources = ["source.azure-arm.web_validation"]

  provisioner "shell" {
    name            = "answers"
    execute_command = local.as_root
    inline          = ["curl -fs http://localhost:${var.port}"]
  }
}
