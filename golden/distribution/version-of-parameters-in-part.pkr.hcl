# VM image web, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build -var patch=... build.pkr.hcl
#
# Run it on Linux or macOS. The account needs Contributor on the subscription, which Image Builder's own service took care of,
# and may use the gallery.
# Post-processors run the Azure CLI, which must be signed in there, with the right to write what they make.
# Differs from Image Builder: build VM open to the internet (AIB2P318).

packer {
  required_version = ">= 1.13.0"

  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.6"
    }
  }
}

variable "patch" {
  type        = string
  description = "Part of the version of the image (each build needs a new one). The parameter patch of the template has no default. Whoever runs Packer gives it."
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

variable "other" {
  type        = string
  description = "Version of the image (each build needs a new one)."
  default     = "2.0.0"
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

locals {
  # Image Builder runs Shell customizers as root.
  as_root            = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"
  gallery_version_id = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/web/versions/1.0.${var.patch}"
  sign_in            = <<-EOT
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

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name = "packer-temporary-web-${local.build_time}"
  trusted_launch       = var.definition_security_type == "TrustedLaunch"
  temporary_image_name = local.temporary_group_name
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
  security_type                = local.trusted_launch ? "TrustedLaunch" : null
  secure_boot_enabled          = local.trusted_launch
  vtpm_enabled                 = local.trusted_launch
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  # The gallery version is made of this image. It lies in the resource group of the build, and goes with it.
  managed_image_name                = local.trusted_launch ? null : local.temporary_image_name
  managed_image_resource_group_name = local.trusted_launch ? null : local.temporary_group_name

  shared_image_gallery_destination {
    subscription   = "22222222-2222-2222-2222-222222222222"
    resource_group = "images"
    gallery_name   = "golden"
    image_name     = "web"
    image_version  = "1.0.${var.patch}"

    target_region {
      name = "westeurope"
    }
  }
  shared_image_gallery_timeout = "240m"
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

  # SharedImage, copied from the gallery version of azure-arm. Packer takes `{{` in env for a template, and the Azure CLI takes
  # what follows `@` for a file: both are percent-encoded in values that are not known yet.
  post-processors {
    post-processor "shell-local" {
      name = "web1"
      env = { for name, value in {
        GALLERY_IMAGE_VERSION = var.other
        IMAGE_VERSION         = local.gallery_version_id
      } : name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }
      inline = [
        local.sign_in,
        <<-EOT
          version="$GALLERY_IMAGE_VERSION"
          versions=$(az sig image-version list \
            --subscription 22222222-2222-2222-2222-222222222222 \
            --resource-group images \
            --gallery-name golden \
            --gallery-image-definition db \
            --query '[].name' \
            --output tsv)
          if printf '%s\n' "$versions" | grep -qxFe "$version"; then
            echo "There is a version $version: delete it, or choose another one." >&2
            exit 1
          fi
          az sig image-version create \
            --subscription 22222222-2222-2222-2222-222222222222 \
            --resource-group images \
            --gallery-name golden \
            --gallery-image-definition db \
            --gallery-image-version "$GALLERY_IMAGE_VERSION" \
            --location westeurope \
            --image-version "$IMAGE_VERSION" \
            --target-regions westeurope=1 \
            --block-deletion-before-end-of-life false \
            --no-wait \
            --output none
          tries=0
          while :; do
            sign_in
            state=$(az sig image-version show \
              --subscription 22222222-2222-2222-2222-222222222222 \
              --resource-group images \
              --gallery-name golden \
              --gallery-image-definition db \
              --gallery-image-version "$GALLERY_IMAGE_VERSION" \
              --query provisioningState \
              --output tsv)
            case "$state" in
              Succeeded) break ;;
              Failed | Canceled) echo "Publishing the image version ended as: $state" >&2; exit 1 ;;
            esac
            tries=$((tries + 1))
            if [ "$tries" -ge 480 ]; then
              echo "The image version was not published in 240 minutes." >&2
              exit 1
            fi
            sleep 30
          done
        EOT
      ]
    }

    post-processor "manifest" {
      output = "${path.root}/web.manifest.json"
      custom_data = {
        web1 = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/db/versions/${var.other}"
      }
    }
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/web.manifest.json"
    custom_data = {
      web0 = local.gallery_version_id
    }
  }
}
