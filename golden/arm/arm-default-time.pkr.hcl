# VM image web, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build -var resource_group_name=... build.pkr.hcl
#
# It runs wherever Packer does; only timeout is a Linux program. The account needs Contributor on the subscription, which Image
# Builder's own service took care of, and may use the managed image's resource group.
# Differs from Image Builder: existing managed image not overwritten (AIB2P304), build VM open to the internet (AIB2P318).

packer {
  required_version = ">= 1.13.0"

  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.6"
    }
  }
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

variable "base_time" {
  type        = string
  description = "Value of a tag."
  default     = null
}

variable "day" {
  type        = string
  description = "Value of a tag."
  default     = null
}

variable "stamp" {
  type        = string
  description = "Part of the name of the run output and of the managed image."
  default     = null
}

variable "run" {
  type        = string
  description = "Value of a tag."
  default     = null
}

variable "allowed_inbound_ip_addresses" {
  type        = list(string)
  description = "Who may reach the build VM, which has a public address. Empty: anybody."
  default     = []
}

variable "managed_image_name" {
  type        = string
  description = "Name of the managed image. Packer builds nothing where an image has it. Null: as the template says."
  default     = null
}

locals {
  stamp     = var.stamp != null ? var.stamp : formatdate("YYYYMMDDhhmmss", local.now)
  base_time = var.base_time != null ? var.base_time : formatdate("YYYYMMDD'T'hhmmss'Z'", local.now)
  day       = var.day != null ? var.day : formatdate("YYYY-MM-DD", local.now)
  run       = var.run != null ? var.run : uuidv4()

  # Image Builder runs Shell customizers as root.
  as_root = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  managed_image_name   = var.managed_image_name != null ? var.managed_image_name : "web-${local.stamp}"
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name = "packer-temporary-web-${local.build_time}"
}

source "azure-arm" "web" {
  # On a laptop with the account of the Azure CLI; in GitHub Actions as the client there, with identity tokens of the job.
  use_azure_cli_auth = var.use_azure_cli_auth && (var.client_id == "" || var.oidc_request_url == "")
  tenant_id          = var.oidc_request_url == "" ? null : var.tenant_id
  client_id          = var.client_id
  oidc_request_url   = var.oidc_request_url
  oidc_request_token = var.oidc_request_token
  subscription_id    = var.subscription_id

  # Source image
  os_type         = "Linux"
  image_publisher = "Canonical"
  image_offer     = "0001-com-ubuntu-server-jammy"
  image_sku       = "22_04-lts-gen2"
  image_version   = "latest"

  # Build VM
  location                     = "westeurope"
  temp_resource_group_name     = local.temporary_group_name
  vm_size                      = "Standard_D2ds_v4"
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  managed_image_name                = local.managed_image_name
  managed_image_resource_group_name = var.resource_group_name

  azure_tags = {
    built = local.base_time
    day   = local.day
    run   = local.run
  }
}

build {
  name    = "web"
  sources = ["source.azure-arm.web"]

  provisioner "shell" {
    execute_command = local.as_root
    inline          = ["true"]
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
    output = "${path.root}/web.manifest.json"
    custom_data = {
      ("web-${local.stamp}") = "/subscriptions/${build.SubscriptionID}/resourceGroups/${var.resource_group_name}/providers/Microsoft.Compute/images/${local.managed_image_name}"
    }
  }
}
