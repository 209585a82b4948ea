# VM image optional, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build -var 'storage_account_all_name=["..."]' -var shared_image_this_id=... build.pkr.hcl
#
# It runs wherever Packer does; only timeout is a Linux program. The account needs Contributor on the subscription, which Image
# Builder's own service took care of, and may use the gallery.
# Image Builder counts on from the highest version in the gallery. To do so, set these in the shell, and add the option:
#
#   shared_image_this_id=...
#   -var image_version=$(aib2packer next-version "$shared_image_this_id")
#
# Differs from Image Builder: expression with a fixed value (AIB2P308), region of the build (AIB2P311), build VM open to the
# internet (AIB2P318).

packer {
  required_version = ">= 1.16.0"

  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.6"
    }
  }
}

variable "storage_account_all_name" {
  type        = list(string)
  description = "The name of each azurerm_storage_account.all. Whoever runs Packer gives it."
}

variable "shared_image_this_id" {
  type        = string
  description = "What azurerm_shared_image.this.id is. Whoever runs Packer gives it."

  validation {
    condition     = can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Compute/galleries/[^/]+/images/[^/]+(?:/versions/[^/]+)?$", var.shared_image_this_id))
    error_message = "The shared_image_this_id must be a resource id, with or without a version: /subscriptions/.../resourceGroups/.../providers/Microsoft.Compute/galleries/.../images/..."
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
  description = "Subscription that the build VM runs in. Empty: that of the account that signs in; identity tokens have none."
  default     = env("ARM_SUBSCRIPTION_ID")
}

variable "tags" {
  type    = map(string)
  default = null
}

variable "regions" {
  type        = list(string)
  description = "Regions that get the image; input for the region of the build."
  default     = ["westeurope", "northeurope"]
}

variable "sizes" {
  type        = map(object({ vm = string, disk = optional(number, 64) }))
  description = "Input for the size of the build VM and size of the OS disk in GB."
  default = {
    small = {
      vm   = "Standard_D2s_v5"
      disk = 64
    }
    large = {
      vm   = "Standard_D8s_v5"
      disk = 256
    }
  }
}

variable "size" {
  type        = string
  description = "Input for the size of the build VM and size of the OS disk in GB."
  default     = "small"
}

variable "image" {
  type        = object({ sku = optional(string), version = optional(string, "latest") })
  description = "Input for the SKU of the source image and version of the source image."
  default = {
    sku     = null
    version = "latest"
  }
}

variable "allowed_inbound_ip_addresses" {
  type        = list(string)
  description = "Who may reach the build VM, which has a public address. Empty: anybody."
  default     = []
}

variable "image_version" {
  type        = string
  description = "Gallery version of the image, such as 1.4.2. Null: 1.<date>.<time>, which grows with each build and stays below 2.0.0."
  default     = null
}

locals {
  shared_image_this_id_parts = split("/", var.shared_image_this_id)
  computed = merge(var.tags, {
    sizes = join(",", [for item in [for key, value in var.sizes : { key = key, value = value }] : item.key])
    small = can(var.sizes.small)
  })

  # Image Builder runs Shell customizers as root.
  as_root = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  time_version         = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version        = try(local.shared_image_this_id_parts[12], "latest") != "latest" ? local.shared_image_this_id_parts[12] : var.image_version != null ? var.image_version : local.time_version
  gallery_version_id   = "/subscriptions/${local.shared_image_this_id_parts[2]}/resourceGroups/${local.shared_image_this_id_parts[4]}/providers/Microsoft.Compute/galleries/${local.shared_image_this_id_parts[8]}/images/${local.shared_image_this_id_parts[10]}/versions/${local.image_version}"
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name = "packer-temporary-optional-${local.build_time}"
}

source "azure-arm" "optional" {
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
  image_sku       = coalesce(var.image.sku, "server")
  image_version   = var.image.version

  # Build VM
  location                     = var.regions[0]
  temp_resource_group_name     = local.temporary_group_name
  vm_size                      = var.sizes[var.size].vm
  os_disk_size_gb              = try(var.sizes[var.size].disk, 30)
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  shared_image_gallery_destination {
    subscription   = local.shared_image_this_id_parts[2]
    resource_group = local.shared_image_this_id_parts[4]
    gallery_name   = local.shared_image_this_id_parts[8]
    image_name     = local.shared_image_this_id_parts[10]
    image_version  = local.image_version

    dynamic "target_region" {
      for_each = distinct([for region in var.regions : lower(replace(region, " ", ""))])
      content {
        name = target_region.value
      }
    }
  }
  shared_image_gallery_timeout = "240m"

  azure_tags = merge(var.tags, local.computed)
}

build {
  name    = "optional"
  sources = ["source.azure-arm.optional"]

  provisioner "shell" {
    name            = "list"
    execute_command = local.as_root
    inline          = ["echo ${join(" ", var.storage_account_all_name)}"]
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
    output = "${path.root}/optional.manifest.json"
    custom_data = {
      optional = local.gallery_version_id
    }
  }
}
