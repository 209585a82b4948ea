# VM image web, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 90m packer build -var-file=values.pkrvars.hcl build.pkr.hcl
#
# values.pkrvars.hcl gives values to landscape, machine_size, shared_image_web_id, resource_group_region_location.
#
# Run it on Linux. The account needs Contributor on the subscription, which Image Builder's own service took care of, and may
# use the gallery.
# Private blobs are fetched with the Azure CLI, which must be signed in with the right to read them.
# Image Builder counts on from the highest version in the gallery. To do so, set these in the shell, and add the option:
#
#   shared_image_web_id=...
#   -var image_version=$(aib2packer next-version "$shared_image_web_id")
#
# Differs from Image Builder: build region added to the regions (AIB2P305), build VM open to the internet (AIB2P318).

packer {
  required_version = ">= 1.13.0"

  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.6"
    }
  }
}

variable "landscape" {
  type        = string
  description = "Which environment the image is for, such as prod-eu. Whoever runs Packer gives it."
}

variable "machine_size" {
  type        = string
  description = "Input for the size of the build VM. The variable machine_size of the configuration has no default. Whoever runs Packer gives it."
}

variable "shared_image_web_id" {
  type        = string
  description = "What azurerm_shared_image.web.id is. Whoever runs Packer gives it."

  validation {
    condition     = can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Compute/galleries/[^/]+/images/[^/]+(?:/versions/[^/]+)?$", var.shared_image_web_id))
    error_message = "The shared_image_web_id must be a resource id, with or without a version: /subscriptions/.../resourceGroups/.../providers/Microsoft.Compute/galleries/.../images/..."
  }
}

variable "resource_group_region_location" {
  type        = list(string)
  description = "The location of each azurerm_resource_group.region. Whoever runs Packer gives it."
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
  shared_image_web_id_parts = split("/", var.shared_image_web_id)

  # Image Builder runs Shell customizers as root.
  as_root   = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"
  downloads = "${path.root}/downloads/web"
  sign_in   = <<-EOT
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
  time_version         = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version        = try(local.shared_image_web_id_parts[12], "latest") != "latest" ? local.shared_image_web_id_parts[12] : var.image_version != null ? var.image_version : local.time_version
  gallery_version_id   = "/subscriptions/${local.shared_image_web_id_parts[2]}/resourceGroups/${local.shared_image_web_id_parts[4]}/providers/Microsoft.Compute/galleries/${local.shared_image_web_id_parts[8]}/images/${local.shared_image_web_id_parts[10]}/versions/${local.image_version}"
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
  image_offer     = "ubuntu-24_04-lts"
  image_sku       = "server"
  image_version   = "latest"

  # Build VM
  location                     = "westeurope"
  temp_resource_group_name     = local.temporary_group_name
  vm_size                      = startswith(var.machine_size, "Standard_") ? var.machine_size : "Standard_${title(var.machine_size)}"
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "90m"

  # Distribution
  shared_image_gallery_destination {
    subscription   = local.shared_image_web_id_parts[2]
    resource_group = local.shared_image_web_id_parts[4]
    gallery_name   = local.shared_image_web_id_parts[8]
    image_name     = local.shared_image_web_id_parts[10]
    image_version  = local.image_version

    dynamic "target_region" {
      for_each = distinct([for region in concat(["westeurope"], var.resource_group_region_location) : lower(replace(region, " ", ""))])
      content {
        name = target_region.value
      }
    }
  }
  shared_image_gallery_timeout = "90m"
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
      local.sign_in,
      "mkdir -p -- \"$FOLDER\" && cd -- \"$FOLDER\"",
      "curl -fsSL --retry 5 -o 02-harden.sh 'https://stbuildscripts.blob.core.windows.net/linux/harden.sh' ||",
      "  az storage blob download --auth-mode login --no-progress --output none --file 02-harden.sh --blob-url 'https://stbuildscripts.blob.core.windows.net/linux/harden.sh'",
    ]
  }

  provisioner "shell" {
    name            = "setup"
    execute_command = local.as_root
    inline_shebang  = "/bin/sh -e"
    inline = [
      "#!/bin/sh",
      "echo hello",
      "apt-get install -y curl",
      "apt-get install -y nginx",
    ]
  }

  provisioner "file" {
    name        = "harden-upload"
    source      = "${local.downloads}/02-harden.sh"
    destination = "/tmp/02-harden.sh"
    generated   = true
  }

  provisioner "shell" {
    name            = "harden"
    execute_command = local.as_root
    inline = [
      "sed -i 's/\\r$//' /tmp/02-harden.sh",
      "chmod +x /tmp/02-harden.sh",
      "/tmp/02-harden.sh",
      "rm /tmp/02-harden.sh",
    ]
  }

  provisioner "shell" {
    name            = "stage"
    execute_command = local.as_root
    inline = [
      "echo ${regex("^[a-z]+", var.landscape)} > /etc/stage",
      "echo ${regex_replace(var.landscape, "[^a-z]+", "_")} > /etc/environment-name",
    ]
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

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/web.manifest.json"
    custom_data = {
      web = local.gallery_version_id
    }
  }
}
