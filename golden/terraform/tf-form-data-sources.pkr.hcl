# VM image vhd, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   export PKR_VAR_key_vault_secret_token_value='...'
#   timeout 240m packer build -var-file=values.pkrvars.hcl build.pkr.hcl
#
# values.pkrvars.hcl gives values to remote_state_hub_outputs_location, remote_state_hub_outputs_owner, subnet_build_id,
# shared_image_version_base_id, vhd_storage_account, vhd_resource_group_name.
#
# Run it on Linux or macOS, where it can reach the subnet of the build VM. The account needs Contributor on the subscription,
# which Image Builder's own service took care of, and what the identity of the template had: the subnet, the source image, the
# gallery and the storage account.
# Post-processors run the Azure CLI, which must be signed in there, with the right to write what they make.
# For VHDs that takes Storage Blob Data Contributor on the storage account.
# Image Builder counts on from the highest version in the gallery. To do so, set these in the shell, and add the option:
#
#   gallery_image=...
#   -var image_version=$(aib2packer next-version "${gallery_image%/versions/*}")
#
# Differs from Image Builder: build resource group made by Packer (AIB2P302), additional managed image (AIB2P303), build region
# added to the regions (AIB2P305).

packer {
  required_version = ">= 1.13.0"

  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.6"
    }
  }
}

variable "remote_state_hub_outputs_location" {
  type        = string
  description = "What data.terraform_remote_state.hub.outputs.location is. Whoever runs Packer gives it."
}

variable "remote_state_hub_outputs_owner" {
  type        = string
  description = "What data.terraform_remote_state.hub.outputs.owner is. Whoever runs Packer gives it."
}

variable "subnet_build_id" {
  type        = string
  description = "What data.azurerm_subnet.build.id is. Whoever runs Packer gives it."

  validation {
    condition     = can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Network/virtualNetworks/[^/]+/subnets/[^/]+$", var.subnet_build_id))
    error_message = "The subnet_build_id must be a resource id: /subscriptions/.../resourceGroups/.../providers/Microsoft.Network/virtualNetworks/.../subnets/..."
  }
}

variable "shared_image_version_base_id" {
  type        = string
  description = "What data.azurerm_shared_image_version.base.id is. Whoever runs Packer gives it."

  validation {
    condition     = can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Compute/galleries/[^/]+/images/[^/]+(?:/versions/[^/]+)?$", var.shared_image_version_base_id))
    error_message = "The shared_image_version_base_id must be a resource id, with or without a version: /subscriptions/.../resourceGroups/.../providers/Microsoft.Compute/galleries/.../images/..."
  }
}

variable "key_vault_secret_token_value" {
  type        = string
  description = "What data.azurerm_key_vault_secret.token.value is. Whoever runs Packer gives it."
  sensitive   = true
}

variable "vhd_storage_account" {
  type        = string
  description = "Storage account that receives the VHD, in the subscription of the build. Whoever runs Packer gives it."
}

variable "vhd_resource_group_name" {
  type        = string
  description = "Resource group of the storage account that receives the VHD. Whoever runs Packer gives it."
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

variable "build_resource_group_name" {
  type        = string
  description = "Existing resource group for the build VM, instead of one that Packer makes and deletes."
  default     = null
}

variable "vhd_container" {
  type        = string
  description = "Container that receives the VHD; it must exist."
  default     = "vhds"
}

variable "image_version" {
  type        = string
  description = "Gallery version of the image, such as 1.4.2. Null: 1.<date>.<time>, which grows with each build and stays below 2.0.0."
  default     = null
}

locals {
  # A validation sees one variable only: where this is something else, file() fails with what is expected.
  gallery_image_parts = split("/", try(
    regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Compute/galleries/[^/]+/images/[^/]+(?:/versions/[^/]+)?$", trimsuffix(var.shared_image_version_base_id, "/versions/latest")),
    file("What comes of shared_image_version_base_id must be a resource id, with or without a version: /subscriptions/.../resourceGroups/.../providers/Microsoft.Compute/galleries/.../images/..."),
  ))
  subnet_build_id_parts              = split("/", var.subnet_build_id)
  shared_image_version_base_id_parts = split("/", var.shared_image_version_base_id)

  # Image Builder runs Shell customizers as root.
  as_root = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name = "packer-temporary-vhd-${local.build_time}"
  image_group_name     = var.build_resource_group_name == null ? local.temporary_group_name : var.build_resource_group_name
  temporary_image_name = local.temporary_group_name
  sign_in              = <<-EOT
    # Where GitHub Actions hands out identity tokens, the Azure CLI is signed in for an hour, and for what it has not talked to yet
    # for five minutes: sign in again with a new one. A loop that waits calls this too.
    sign_in() {
      if [ -z "$${ACTIONS_ID_TOKEN_REQUEST_URL:-}" ] || [ -z "$${ARM_CLIENT_ID:-}" ]; then return 0; fi
      if [ "$(($(date +%s) - $${signed_in:-0}))" -lt 240 ]; then return 0; fi
      identity_token=$(printf 'Authorization: Bearer %s' "$ACTIONS_ID_TOKEN_REQUEST_TOKEN" |
        curl -fsSL --retry 5 -H @- "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=api://AzureADTokenExchange" |
        sed -n 's/.*"value" *: *"\([^"]*\)".*/\1/p')
      az logout --username "$ARM_CLIENT_ID" 2>/dev/null || true
      printf '%s' "$identity_token" | az login --service-principal --username "$ARM_CLIENT_ID" \
        --tenant "$${ARM_TENANT_ID:?}" --federated-token @- --allow-no-subscriptions --output none
      if [ -n "$${ARM_SUBSCRIPTION_ID:-}" ]; then az account set --subscription "$ARM_SUBSCRIPTION_ID"; fi
      signed_in=$(date +%s)
    }
    sign_in
  EOT
  time_version         = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version        = try(local.gallery_image_parts[12], "latest") != "latest" ? local.gallery_image_parts[12] : var.image_version != null ? var.image_version : local.time_version
  gallery_version_id   = "/subscriptions/${local.gallery_image_parts[2]}/resourceGroups/${local.gallery_image_parts[4]}/providers/Microsoft.Compute/galleries/${local.gallery_image_parts[8]}/images/${local.gallery_image_parts[10]}/versions/${local.image_version}"
}

source "azure-arm" "vhd" {
  # On a laptop with the account of the Azure CLI; in GitHub Actions as the client there, with identity tokens of the job.
  use_azure_cli_auth = var.use_azure_cli_auth && (var.client_id == "" || var.oidc_request_url == "")
  tenant_id          = var.oidc_request_url == "" ? null : var.tenant_id
  client_id          = var.client_id
  oidc_request_url   = var.oidc_request_url
  oidc_request_token = var.oidc_request_token
  subscription_id    = local.subnet_build_id_parts[2]

  # Source image
  os_type = "Linux"

  shared_image_gallery {
    subscription   = local.shared_image_version_base_id_parts[2]
    resource_group = local.shared_image_version_base_id_parts[4]
    gallery_name   = local.shared_image_version_base_id_parts[8]
    image_name     = local.shared_image_version_base_id_parts[10]
    image_version  = try(local.shared_image_version_base_id_parts[12], "latest") != "latest" ? local.shared_image_version_base_id_parts[12] : null
  }

  # Build VM. Packer reaches it by its private address: run Packer inside this network.
  location                            = var.build_resource_group_name == null ? var.remote_state_hub_outputs_location : null
  build_resource_group_name           = var.build_resource_group_name
  temp_resource_group_name            = var.build_resource_group_name == null ? local.temporary_group_name : null
  vm_size                             = "Standard_D2s_v5"
  virtual_network_resource_group_name = local.subnet_build_id_parts[4]
  virtual_network_name                = local.subnet_build_id_parts[8]
  virtual_network_subnet_name         = local.subnet_build_id_parts[10]

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  # The gallery version is made of this image. It lies in the resource group of the build, and goes with it.
  managed_image_name                = local.temporary_image_name
  managed_image_resource_group_name = local.image_group_name

  storage_account        = var.vhd_storage_account
  resource_group_name    = var.vhd_resource_group_name
  capture_container_name = var.vhd_container
  capture_name_prefix    = "vhd"

  shared_image_gallery_destination {
    subscription   = local.gallery_image_parts[2]
    resource_group = local.gallery_image_parts[4]
    gallery_name   = local.gallery_image_parts[8]
    image_name     = local.gallery_image_parts[10]
    image_version  = local.image_version

    dynamic "target_region" {
      for_each = distinct([for region in [var.remote_state_hub_outputs_location, "westeurope"] : lower(replace(region, " ", ""))])
      content {
        name = target_region.value
      }
    }
  }
  shared_image_gallery_timeout = "240m"

  azure_tags = {
    owner = var.remote_state_hub_outputs_owner
  }
}

build {
  name    = "vhd"
  sources = ["source.azure-arm.vhd"]

  provisioner "shell" {
    name            = "token"
    execute_command = local.as_root
    inline          = ["curl -H 'Authorization: Bearer ${var.key_vault_secret_token_value}' https://example.com/x"]
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

  # What no target asked for is deleted, also after a failure above. Packer takes `{{` in env for a template, and the Azure CLI
  # takes what follows `@` for a file: both are percent-encoded in values that are not known yet.
  post-processor "shell-local" {
    name = "clean-up"
    env = { for name, value in {
      BUILD_GROUP = var.build_resource_group_name == null ? "" : var.build_resource_group_name
      IMAGE       = "/subscriptions/${build.SubscriptionID}/resourceGroups/${local.image_group_name}/providers/Microsoft.Compute/images/${local.temporary_image_name}"
    } : name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }
    inline = [
      local.sign_in,
      <<-EOT
        if [ -n "$BUILD_GROUP" ]; then
          az image delete --ids "$IMAGE"
        fi
      EOT
    ]
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/vhd.manifest.json"
    custom_data = {
      vhd = "https://${var.vhd_storage_account}.blob.core.windows.net/${var.vhd_container}/vhd${build.TempOSDiskName}.vhd"
      sig = local.gallery_version_id
    }
  }
}
