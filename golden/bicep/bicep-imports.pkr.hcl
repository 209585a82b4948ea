# VM image img-relay, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 95m packer build -var location=... build.pkr.hcl
#
# Run it on Linux, where it can reach the subnet of the build VM, if it has one. The account needs Contributor on the
# subscription, which Image Builder's own service took care of, and what the identity of the template had: the subnet and the
# gallery.
# Private blobs are fetched with the Azure CLI, which must be signed in with the right to read them.
# Image Builder counts on from the highest version in the gallery. To do so, add:
#
#   -var image_version=$(aib2packer next-version /subscriptions/55555555-5555-5555-5555-555555555555/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/relay)
#
# Differs from Image Builder: build region added to the regions (AIB2P305), expression with a fixed value (AIB2P308), build VM
# open to the internet (AIB2P318).

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
  description = "Region of the build. The template took the region of its resource group. Whoever runs Packer gives it."
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

variable "role" {
  type        = string
  description = "What the machine is for."
  default     = "Relay"

  validation {
    condition     = length(var.role) >= 2
    error_message = "The length of role must be 2 or more."
  }
}

variable "size" {
  type        = string
  description = "What we have quota for."
  default     = "Standard_D4s_v5"

  validation {
    condition     = contains(["Standard_D2s_v5", "Standard_D4s_v5"], var.size)
    error_message = "The size must be one of Standard_D2s_v5, Standard_D4s_v5."
  }
}

variable "image" {
  type        = map(string)
  description = "Input for the offer of the source image, SKU of the source image and version of the source image."
  default = {
    offer = "ubuntu-24_04-lts"
    sku   = "server"
  }
}

variable "regions" {
  type        = list(map(string))
  description = "Input for the regions that get the image."
  default = [
    {
      name = "westeurope"
    },
    {
      name     = "northeurope"
      replicas = 2
    },
  ]
}

variable "subnet_id" {
  type        = string
  description = "Id of the subnet of the build VM."
  default     = null

  validation {
    condition     = var.subnet_id == null || can(regex("(?i)^(?:/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Network/virtualNetworks/[^/]+/subnets/[^/]+)?$", var.subnet_id))
    error_message = "The subnet_id must be a resource id: /subscriptions/.../resourceGroups/.../providers/Microsoft.Network/virtualNetworks/.../subnets/..."
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
  has_subnet      = var.subnet_id != null && (var.subnet_id != null && var.subnet_id != "")
  subnet_id_parts = var.subnet_id != null ? split("/", var.subnet_id) : []
  computed = [for region in var.regions : {
    name         = region.name
    replicaCount = try(region.replicas, null) != null ? try(region.replicas, null) : 1
  }]

  # Image Builder runs Shell customizers as root.
  as_root   = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"
  downloads = "${path.root}/downloads/img-relay"
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
  image_version        = var.image_version != null ? var.image_version : local.time_version
  gallery_version_id   = "/subscriptions/55555555-5555-5555-5555-555555555555/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/${lower(var.role)}/versions/${local.image_version}"
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name = "packer-temporary-img-relay-${local.build_time}"
}

source "azure-arm" "img_relay" {
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
  image_offer     = var.image.offer
  image_sku       = var.image.sku
  image_version   = try(var.image.version, null) != null ? try(var.image.version, null) : "latest"

  # Build VM. In a subnet Packer reaches it by its private address: run Packer inside that network.
  location                            = var.location
  temp_resource_group_name            = local.temporary_group_name
  vm_size                             = var.size
  os_disk_size_gb                     = 64
  security_type                       = "TrustedLaunch"
  secure_boot_enabled                 = true
  vtpm_enabled                        = true
  virtual_network_resource_group_name = local.has_subnet ? local.subnet_id_parts[4] : null
  virtual_network_name                = local.has_subnet ? local.subnet_id_parts[8] : null
  virtual_network_subnet_name         = local.has_subnet ? local.subnet_id_parts[10] : null
  allowed_inbound_ip_addresses        = local.has_subnet ? null : var.allowed_inbound_ip_addresses

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "95m"

  # Distribution
  shared_image_gallery_destination {
    subscription   = "55555555-5555-5555-5555-555555555555"
    resource_group = "images"
    gallery_name   = "golden"
    image_name     = lower(var.role)
    image_version  = local.image_version

    dynamic "target_region" {
      for_each = merge({ (lower(replace(var.location, " ", ""))) = 1 }, { for region in local.computed : lower(replace(region.name, " ", "")) => try(coalesce(region.replicaCount, 1), 1) })
      content {
        name     = target_region.key
        replicas = target_region.value
      }
    }
  }
  shared_image_gallery_timeout = "95m"

  azure_tags = {
    team          = "relay"
    "cost center" = "4711"
    title         = "${upper(substr(var.role, 0, 1))}${substr(var.role, 1, -1)} image"
  }
}

build {
  name    = "img-relay"
  sources = ["source.azure-arm.img_relay"]

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
      "curl -fsSL --retry 5 -o 02-relay.conf 'https://contoso.blob.core.windows.net/files/relay.conf' ||",
      "  az storage blob download --auth-mode login --no-progress --output none --file 02-relay.conf --blob-url 'https://contoso.blob.core.windows.net/files/relay.conf'",
    ]
  }

  provisioner "shell" {
    name            = "update"
    execute_command = local.as_root
    inline          = ["apt-get update"]
  }

  provisioner "file" {
    source      = "${local.downloads}/02-relay.conf"
    destination = "/etc/relay.conf"
    generated   = true
  }

  provisioner "shell" {
    name            = "docker"
    execute_command = local.as_root
    inline_shebang  = "/bin/sh -e"
    inline = [
      "#!/bin/bash",
      "set -e",
      "usermod -aG docker \"$${SUDO_USER}\"",
      "",
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
    output = "${path.root}/img-relay.manifest.json"
    custom_data = {
      ("img-${lower(var.role)}-0") = local.gallery_version_id
    }
  }
}
