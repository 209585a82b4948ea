# VM image legacy, converted from an Azure Image Builder template.
# Source: images/linux/legacy.json
# sha256 36dab1ca965ddd3231d6399246452e87b07d83db8c884f5267e77ccacea3ef04, aib2packer 0.0.0
#
#   packer init .
#   timeout 240m packer build .
#
# MIGRATION.md says what it needs, what was decided, and what to switch off. What estate.pkrvars.hcl
# has, above all builds, goes before other values.

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
  description = "Subscription that the build VM runs in."
  default     = "22222222-2222-2222-2222-222222222222"
}

variable "gallery_golden_22222222" {
  type        = string
  description = "Gallery of the image."
  default     = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/golden"

  validation {
    condition     = can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Compute/galleries/[^/]+$", var.gallery_golden_22222222))
    error_message = "The gallery_golden_22222222 must be a resource id: /subscriptions/.../resourceGroups/.../providers/Microsoft.Compute/galleries/..."
  }
}

variable "allowed_inbound_ip_addresses" {
  type        = list(string)
  description = "Who may reach the build VM, which has a public address. Empty: anybody."
  default     = []
}

variable "managed_image_name" {
  type        = string
  description = "Name of the managed image. Packer builds nothing where an image has it."
  default     = "legacy"
}

variable "image_version" {
  type        = string
  description = "Gallery version of the image, such as 1.4.2. Null: 1.<date>.<time>, which grows with each build and stays below 2.0.0."
  default     = null
}

variable "side_by_side" {
  type        = bool
  description = "Whether Image Builder still builds, too: those who ask for the latest version then pass this one over."
  default     = false
}

locals {
  gallery_golden_22222222_parts = split("/", var.gallery_golden_22222222)

  # Image Builder runs Shell customizers as root.
  as_root = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  time_version         = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version        = var.image_version != null ? var.image_version : local.time_version
  gallery_version_id   = "${var.gallery_golden_22222222}/images/legacy/versions/${local.image_version}"
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name = "packer-temporary-images.linux.legacy-${local.build_time}"
}

source "azure-arm" "legacy" {
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
  image_offer     = "ubuntu-24_04-lts"
  image_sku       = "server"
  image_version   = "latest"

  # Build VM
  location                     = "westeurope"
  temp_resource_group_name     = local.temporary_group_name
  vm_size                      = "Standard_D2ds_v4"
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  managed_image_name                = var.managed_image_name
  managed_image_resource_group_name = "images"

  shared_image_gallery_destination {
    subscription   = local.gallery_golden_22222222_parts[2]
    resource_group = local.gallery_golden_22222222_parts[4]
    gallery_name   = local.gallery_golden_22222222_parts[8]
    image_name     = "legacy"
    image_version  = local.image_version

    target_region {
      name = "westeurope"
    }
  }
  shared_gallery_image_version_exclude_from_latest = var.side_by_side
  shared_image_gallery_timeout                     = "240m"
}

build {
  name    = "legacy"
  sources = ["source.azure-arm.legacy"]

  provisioner "shell" {
    name            = "setup"
    execute_command = local.as_root
    inline          = ["apt-get update"]
  }

  # It removes itself (rm "$0"), because Packer cannot clean up after the user is gone.
  provisioner "shell" {
    name            = "generalize"
    execute_command = local.as_root
    skip_clean      = true
    script          = "${path.root}/scripts/generalize.sh"
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/legacy.manifest.json"
    custom_data = {
      image   = local.gallery_version_id
      managed = "/subscriptions/${build.SubscriptionID}/resourceGroups/images/providers/Microsoft.Compute/images/${var.managed_image_name}"
    }
  }
}
