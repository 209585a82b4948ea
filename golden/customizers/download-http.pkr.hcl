# VM image web, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build build.pkr.hcl
#
# Run it on Linux. The account needs Contributor on the subscription, which Image Builder's own service took care of, and what
# the identity i had: the managed image's resource group.
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

  # Image Builder fetched these when the template was submitted. Here Packer's machine does, at each build.
  provisioner "shell-local" {
    name = "download"
    env = {
      FOLDER = local.downloads
    }
    inline = [
      "mkdir -p -- \"$FOLDER\" && cd -- \"$FOLDER\"",
      "curl -fsSL --retry 5 -o 01-setup.sh 'http://contoso.com/setup.sh'",
      "curl -fsSL --retry 5 -o 02-other.sh 'http://contoso.com/other.sh'",
      "echo '0000000000000000000000000000000000000000000000000000000000000000  02-other.sh' | sha256sum --check",
    ]
  }

  provisioner "file" {
    name        = "plain-upload"
    source      = "${local.downloads}/01-setup.sh"
    destination = "/tmp/01-setup.sh"
    generated   = true
  }

  provisioner "shell" {
    name            = "plain"
    execute_command = local.as_root
    inline = [
      "sed -i 's/\\r$//' /tmp/01-setup.sh",
      "chmod +x /tmp/01-setup.sh",
      "/tmp/01-setup.sh",
      "rm /tmp/01-setup.sh",
    ]
  }

  provisioner "file" {
    name        = "checked-upload"
    source      = "${local.downloads}/02-other.sh"
    destination = "/tmp/02-other.sh"
    generated   = true
  }

  provisioner "shell" {
    name            = "checked"
    execute_command = local.as_root
    inline = [
      "sed -i 's/\\r$//' /tmp/02-other.sh",
      "chmod +x /tmp/02-other.sh",
      "/tmp/02-other.sh",
      "rm /tmp/02-other.sh",
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
      r = "/subscriptions/${build.SubscriptionID}/resourceGroups/g/providers/Microsoft.Compute/images/${var.managed_image_name}"
    }
  }
}
