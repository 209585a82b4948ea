# VM image web, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 60m packer build build.pkr.hcl
#
# Run it on Linux. The account needs Contributor on the subscription, which Image Builder's own service took care of, and what
# the identity aib had: the gallery.
# Post-processors run the Azure CLI, which must be signed in there, with the right to write what they make.
# Image Builder counts on from the highest version in the gallery. To do so, add:
#
#   -var image_version=$(aib2packer next-version /subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/web)
#
# Not carried over: validation (AIB2P202).
# Differs from Image Builder: deprovisioning script after a restart (AIB2P309), build VM open to the internet (AIB2P318).

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
  description = "Subscription that the build VM runs in. Empty: that of the account that signs in; identity tokens have none."
  default     = env("ARM_SUBSCRIPTION_ID")
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

locals {
  # Image Builder runs Shell customizers as root.
  as_root   = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"
  downloads = "${path.root}/downloads/web"

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  time_version         = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version        = var.image_version != null ? var.image_version : local.time_version
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
  gallery_version_id   = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/web/versions/${local.image_version}"
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
  image_offer     = "ubuntu-24_04-lts"
  image_sku       = "server"
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
  polling_duration_timeout = "60m"

  # Distribution
  # The gallery version is made of this image. It lies in the resource group of the build, and goes with it.
  managed_image_name                = local.trusted_launch ? null : local.temporary_image_name
  managed_image_resource_group_name = local.trusted_launch ? null : local.temporary_group_name

  shared_image_gallery_destination {
    subscription         = "11111111-1111-1111-1111-111111111111"
    resource_group       = "images"
    gallery_name         = "golden"
    image_name           = "web"
    image_version        = local.image_version
    storage_account_type = "Premium_LRS"

    target_region {
      name     = "westeurope"
      replicas = 2
    }
  }
  shared_image_gallery_timeout = "60m"
}

build {
  name    = "web"
  sources = ["source.azure-arm.web"]

  # Image Builder lays its deprovisioning script down first and runs it last, so that a customizer can change it.
  provisioner "shell" {
    name            = "deprovisioning-script"
    execute_command = local.as_root
    inline = [
      <<-EOT
        cat > /tmp/DeprovisioningScript.sh <<'END'
        WAAGENT=/usr/sbin/waagent
        if waagent -version > /dev/null 2>&1; then
          WAAGENT=waagent
        fi
        $WAAGENT -force -deprovision+user && export HISTSIZE=0 && sync
        END
      EOT
    ]
  }

  # Image Builder fetched this when the template was submitted. Here Packer's machine does, at each build.
  provisioner "shell-local" {
    name = "download"
    env = {
      FOLDER = local.downloads
    }
    inline = [
      "mkdir -p -- \"$FOLDER\" && cd -- \"$FOLDER\"",
      "curl -fsSL --retry 5 -o 01-a.conf 'https://raw.githubusercontent.com/x/y/main/a.conf'",
    ]
  }

  provisioner "file" {
    name        = "f"
    source      = "${local.downloads}/01-a.conf"
    destination = "/etc/a.conf"
    generated   = true
  }

  provisioner "shell" {
    name                = "u"
    execute_command     = local.as_root
    expect_disconnect   = true
    start_retry_timeout = "20m"
    inline = [
      "apt-get update",
      "apt-get -y upgrade",
      "reboot now",
    ]
  }

  # The VM restarts, a moment after the command returned: wait until it is back.
  provisioner "shell" {
    name                = "u-restarted"
    pause_before        = "10s"
    start_retry_timeout = "20m"
    max_retries         = 3
    inline = [
      "while [ -e /run/systemd/shutdown/scheduled ] || [ \"$(systemctl is-system-running)\" = stopping ]; do sleep 1; done",
      "uptime",
    ]
  }

  # The restart may have emptied /tmp: lay the deprovisioning script down again, if it is missing.
  provisioner "shell" {
    name            = "deprovisioning-script"
    execute_command = local.as_root
    inline = [
      <<-EOT
        if [ -f /tmp/DeprovisioningScript.sh ]; then exit 0; fi
        cat > /tmp/DeprovisioningScript.sh <<'END'
        WAAGENT=/usr/sbin/waagent
        if waagent -version > /dev/null 2>&1; then
          WAAGENT=waagent
        fi
        $WAAGENT -force -deprovision+user && export HISTSIZE=0 && sync
        END
      EOT
    ]
  }

  provisioner "shell" {
    name            = "v"
    execute_command = local.as_root
    inline          = ["echo after > /root/x"]
  }

  # It removes itself (rm "$0"), because Packer cannot clean up after the user is gone.
  provisioner "shell" {
    name            = "generalize"
    execute_command = local.as_root
    skip_clean      = true
    inline = [
      "rm \"$0\"",
      "if [ -f /tmp/DeprovisioningScript.sh ]; then sh /tmp/DeprovisioningScript.sh; else echo 'No deprovisioning script: the image is not generalized'; fi",
    ]
  }

  # azure-arm has one storage type for all regions: the others are added here, with theirs. Packer takes `{{` in env for a
  # template, and the Azure CLI takes what follows `@` for a file: both are percent-encoded in values that are not known yet.
  post-processor "shell-local" {
    name = "w-regions"
    env = { for name, value in {
      GALLERY_IMAGE_VERSION = local.image_version
    } : name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }
    inline = [
      local.sign_in,
      <<-EOT
        az sig image-version update \
          --subscription 11111111-1111-1111-1111-111111111111 \
          --resource-group images \
          --gallery-name golden \
          --gallery-image-definition web \
          --gallery-image-version "$GALLERY_IMAGE_VERSION" \
          --target-regions westeurope=2=Premium_LRS eastus=1=Standard_LRS \
          --block-deletion-before-end-of-life false \
          --no-wait \
          --output none
        tries=0
        while :; do
          sign_in
          state=$(az sig image-version show \
            --subscription 11111111-1111-1111-1111-111111111111 \
            --resource-group images \
            --gallery-name golden \
            --gallery-image-definition web \
            --gallery-image-version "$GALLERY_IMAGE_VERSION" \
            --query provisioningState \
            --output tsv)
          case "$state" in
            Succeeded) break ;;
            Failed | Canceled) echo "Publishing the image version ended as: $state" >&2; exit 1 ;;
          esac
          tries=$((tries + 1))
          if [ "$tries" -ge 120 ]; then
            echo "The image version was not published in 60 minutes." >&2
            exit 1
          fi
          sleep 30
        done
      EOT
    ]
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/web.manifest.json"
    custom_data = {
      w = local.gallery_version_id
    }
  }
}
