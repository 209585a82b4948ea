# VM image web, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build -var script_uri=... -var blob=... build.pkr.hcl
#
# Run it on Linux. The account needs Contributor on the subscription, which Image Builder's own service took care of, and what
# the identity i had: the managed image's resource group.
# Private blobs are fetched with the Azure CLI, which must be signed in with the right to read them.
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

variable "script_uri" {
  type        = string
  description = "Address of the script of the step whole. The parameter scriptUri of the template has no default. Whoever runs Packer gives it."
}

variable "blob" {
  type        = string
  description = "Part of the address of the file of the step blob. The parameter blob of the template has no default. Whoever runs Packer gives it."
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

variable "script_name" {
  type        = string
  description = "Part of the address of the script of the step s; input for the address of the file of the step f."
  default     = "a' || touch /tmp/pwned || echo '"
}

variable "allowed_inbound_ip_addresses" {
  type        = list(string)
  description = "Who may reach the build VM, which has a public address. Empty: anybody."
  default     = []
}

variable "managed_image_name" {
  type        = string
  description = "Name of the managed image. Packer builds nothing where an image has it."
  default     = "web"
}

locals {
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
  image_sku       = "22_04-lts"
  image_version   = "latest"

  # Build VM
  location                     = "westus2"
  temp_resource_group_name     = local.temporary_group_name
  vm_size                      = "Standard_D2ds_v4"
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  managed_image_name                = var.managed_image_name
  managed_image_resource_group_name = "g"
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

  # Image Builder fetched these when the template was submitted. Here Packer's machine does, at each build. Packer takes `{{` in
  # env for a template, and the Azure CLI takes what follows `@` for a file: both are percent-encoded in values that are not
  # known yet.
  provisioner "shell-local" {
    name = "download"
    env = { for name, value in {
      FOLDER = local.downloads
      URI    = "https://x.example/${var.script_name}"
      URI_2  = "https://x.example/${lower(var.script_name)}/y"
      URI_3  = var.script_uri
      URI_4  = "https://contoso.blob.core.windows.net/files/${var.blob}"
    } : name => regex_replace(replace(value, "{{", "%7B%7B"), "(^|=)@", "$1%40") }
    inline = [
      local.sign_in,
      "mkdir -p -- \"$FOLDER\" && cd -- \"$FOLDER\"",
      "curl -fgsSL --retry 5 -o 01-s \"$URI\"",
      "curl -fgsSL --retry 5 -o 02-y \"$URI_2\"",
      "curl -fgsSL --retry 5 --proto =https,http -o 03-whole -- \"$URI_3\"",
      "curl -fgsSL --retry 5 -o 04-blob \"$URI_4\" ||",
      "  az storage blob download --auth-mode login --no-progress --output none --file 04-blob --blob-url \"$URI_4\"",
      "curl -fsSL --retry 5 -o 05-x 'https://contoso.blob.core.windows.net/files/x?y=%40/etc/hostname' ||",
      "  az storage blob download --auth-mode login --no-progress --output none --file 05-x --blob-url 'https://contoso.blob.core.windows.net/files/x?y=%40/etc/hostname'",
    ]
  }

  provisioner "file" {
    name        = "s-upload"
    source      = "${local.downloads}/01-s"
    destination = "/tmp/01-s"
    generated   = true
  }

  provisioner "shell" {
    name            = "s"
    execute_command = local.as_root
    inline = [
      "sed -i 's/\\r$//' /tmp/01-s",
      "chmod +x /tmp/01-s",
      "/tmp/01-s",
      "rm /tmp/01-s",
    ]
  }

  provisioner "file" {
    name        = "f"
    source      = "${local.downloads}/02-y"
    destination = "/tmp/x"
    generated   = true
  }

  provisioner "file" {
    name        = "whole-upload"
    source      = "${local.downloads}/03-whole"
    destination = "/tmp/03-whole"
    generated   = true
  }

  provisioner "shell" {
    name            = "whole"
    execute_command = local.as_root
    inline = [
      "sed -i 's/\\r$//' /tmp/03-whole",
      "chmod +x /tmp/03-whole",
      "/tmp/03-whole",
      "rm /tmp/03-whole",
    ]
  }

  provisioner "file" {
    name        = "blob"
    source      = "${local.downloads}/04-blob"
    destination = "/tmp/y"
    generated   = true
  }

  provisioner "file" {
    name        = "at"
    source      = "${local.downloads}/05-x"
    destination = "/tmp/z"
    generated   = true
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
      r = "/subscriptions/${build.SubscriptionID}/resourceGroups/g/providers/Microsoft.Compute/images/${var.managed_image_name}"
    }
  }
}
