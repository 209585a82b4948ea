# VM image database, converted from an Azure Image Builder template.
# Source: images/linux/database.json
# sha256 ce002fe9bf74fba13035810bca2a5edd382c441e33c3999237afea4867f15068, aib2packer 0.0.0
#
#   packer init .
#   export PKR_VAR_contoso_sas_token='...'
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

variable "contoso_sas_token" {
  type        = string
  description = "Signed query (SAS) for contoso.blob.core.windows.net, without the question mark. Whoever runs Packer gives it."
  sensitive   = true
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
  default     = "11111111-1111-1111-1111-111111111111"
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

variable "build_resource_group_name" {
  type        = string
  description = "Existing resource group for the build VM, instead of one that Packer makes and deletes."
  default     = null
}

variable "definition_security_type" {
  type        = string
  description = "Security type of the image definition, as `az sig image-definition show` tells it. With TrustedLaunch the build VM has Trusted Launch; else it has not, and a version is made of a managed image, which is deleted again."
  default     = null

  validation {
    condition     = var.definition_security_type == null ? true : contains(["Standard", "TrustedLaunch", "TrustedLaunchSupported", "ConfidentialVMSupported", "TrustedLaunchAndConfidentialVmSupported"], var.definition_security_type == "" ? "Standard" : var.definition_security_type)
    error_message = "The definition_security_type must be one of Standard, TrustedLaunch, TrustedLaunchSupported, ConfidentialVMSupported, TrustedLaunchAndConfidentialVmSupported."
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

variable "side_by_side" {
  type        = bool
  description = "Whether Image Builder still builds, too: those who ask for the latest version then pass this one over."
  default     = false
}

locals {
  gallery_golden_22222222_parts = split("/", var.gallery_golden_22222222)

  # Image Builder runs Shell customizers as root.
  as_root   = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"
  downloads = "${path.root}/downloads/database"

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name = "packer-temporary-images.linux.database-${local.build_time}"
  image_group_name     = var.build_resource_group_name == null ? local.temporary_group_name : var.build_resource_group_name
  temporary_image_name = local.temporary_group_name
  time_version         = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version        = var.image_version != null ? var.image_version : local.time_version
  gallery_version_id   = "${var.gallery_golden_22222222}/images/database/versions/${local.image_version}"
  trusted_launch       = var.definition_security_type == "TrustedLaunch"
}

source "azure-arm" "database" {
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
  location                     = var.build_resource_group_name == null ? "westeurope" : null
  build_resource_group_name    = var.build_resource_group_name
  temp_resource_group_name     = var.build_resource_group_name == null ? local.temporary_group_name : null
  vm_size                      = "Standard_D2ds_v4"
  security_type                = local.trusted_launch ? "TrustedLaunch" : null
  secure_boot_enabled          = local.trusted_launch
  vtpm_enabled                 = local.trusted_launch
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  # The gallery version is made of this image. It lies in the resource group of the build, and goes with it.
  managed_image_name                = local.trusted_launch ? null : local.temporary_image_name
  managed_image_resource_group_name = local.trusted_launch ? null : local.image_group_name

  shared_image_gallery_destination {
    subscription   = local.gallery_golden_22222222_parts[2]
    resource_group = local.gallery_golden_22222222_parts[4]
    gallery_name   = local.gallery_golden_22222222_parts[8]
    image_name     = "database"
    image_version  = local.image_version
  }
  shared_gallery_image_version_exclude_from_latest = var.side_by_side
  shared_image_gallery_timeout                     = "240m"
}

build {
  name    = "database"
  sources = ["source.azure-arm.database"]

  # Image Builder lays its deprovisioning script down first and runs it last, so that a customizer can change it.
  provisioner "shell" {
    name            = "deprovisioning-script"
    execute_command = local.as_root
    script          = "${path.root}/scripts/lay-deprovisioning-script.sh"
  }

  # Image Builder fetched this when the template was submitted. Here Packer's machine does, at each build. Packer takes `{{` in
  # env for a template: it is percent-encoded in values that are not known yet.
  provisioner "shell-local" {
    name = "download"
    env = { for name, value in {
      FOLDER = local.downloads
      URI    = "https://contoso.blob.core.windows.net/files/settings.json?${var.contoso_sas_token}"
    } : name => replace(value, "{{", "%7B%7B") }
    inline = [
      "mkdir -p -- \"$FOLDER\" && cd -- \"$FOLDER\"",
      "curl -fgsSL --retry 5 -o 01-settings.json \"$URI\"",
    ]
  }

  provisioner "file" {
    name        = "settings"
    source      = "${local.downloads}/01-settings.json"
    destination = "/tmp/settings.json"
    generated   = true
  }

  provisioner "shell" {
    name            = "install"
    execute_command = local.as_root
    inline          = ["install -m 600 /tmp/settings.json /etc/settings.json"]
  }

  # It removes itself (rm "$0"), because Packer cannot clean up after the user is gone.
  provisioner "shell" {
    name            = "generalize"
    execute_command = local.as_root
    skip_clean      = true
    script          = "${path.root}/scripts/run-deprovisioning-script.sh"
  }

  # What no target asked for is deleted, also after a failure above.
  post-processor "shell-local" {
    name = "clean-up"
    env = { for name, value in {
      BUILD_GROUP = var.build_resource_group_name == null ? "" : var.build_resource_group_name
      IMAGE       = "/subscriptions/${build.SubscriptionID}/resourceGroups/${local.image_group_name}/providers/Microsoft.Compute/images/${local.temporary_image_name}"
      SIGN_IN     = "${path.root}/scripts/sign-in.sh"
    } : name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }
    inline = [
      ". \"$SIGN_IN\"",
      <<-EOT
        if [ -n "$BUILD_GROUP" ]; then
          az image delete --ids "$IMAGE"
        fi
      EOT
    ]
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/database.manifest.json"
    custom_data = {
      image = local.gallery_version_id
    }
  }
}
