# VM image rhel, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build build.pkr.hcl
#
# Run it on Linux. The account needs Contributor on the subscription, which Image Builder's own service took care of, and may
# use the managed image's resource group.
# Differs from Image Builder: ISO source replaced (AIB2P301), existing managed image not overwritten (AIB2P304), build VM open
# to the internet (AIB2P318).

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
  default     = "11111111-1111-1111-1111-111111111111"
}

variable "allowed_inbound_ip_addresses" {
  type        = list(string)
  description = "Who may reach the build VM, which has a public address. Empty: anybody."
  default     = []
}

variable "managed_image_name" {
  type        = string
  description = "Name of the managed image. Packer builds nothing where an image has it."
  default     = "rhel"
}

locals {
  # Image Builder runs Shell customizers as root.
  as_root   = "chmod +x {{ .Path }}; {{ .Vars }} sudo -E {{ .Path }}"
  downloads = "${path.root}/downloads/rhel"

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name = "packer-temporary-rhel-${local.build_time}"
}

source "azure-arm" "rhel" {
  # On a laptop with the account of the Azure CLI; in GitHub Actions as the client there, with identity tokens of the job.
  use_azure_cli_auth = var.use_azure_cli_auth && (var.client_id == "" || var.oidc_request_url == "")
  tenant_id          = var.oidc_request_url == "" ? null : var.tenant_id
  client_id          = var.client_id
  oidc_request_url   = var.oidc_request_url
  oidc_request_token = var.oidc_request_token
  subscription_id    = var.subscription_id

  # Source image
  os_type         = "Linux"
  image_publisher = "RedHat"
  image_offer     = "RHEL"
  image_sku       = "7_9"
  image_version   = "latest"

  # Build VM
  location                     = "westus2"
  temp_resource_group_name     = local.temporary_group_name
  vm_size                      = "Standard_D1_v2"
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  managed_image_name                = var.managed_image_name
  managed_image_resource_group_name = "images"

  azure_tags = {
    source = "iso"
  }
}

build {
  name    = "rhel"
  sources = ["source.azure-arm.rhel"]

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
      "curl -fsSL --retry 5 -o 01-setup.sh 'https://raw.githubusercontent.com/contoso/images/main/setup.sh'",
    ]
  }

  provisioner "file" {
    name        = "setup-upload"
    source      = "${local.downloads}/01-setup.sh"
    destination = "/tmp/01-setup.sh"
    generated   = true
  }

  provisioner "shell" {
    name            = "setup"
    execute_command = local.as_root
    inline = [
      "sed -i 's/\\r$//' /tmp/01-setup.sh",
      "chmod +x /tmp/01-setup.sh",
      "/tmp/01-setup.sh",
      "rm /tmp/01-setup.sh",
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
    output = "${path.root}/rhel.manifest.json"
    custom_data = {
      rhel = "/subscriptions/${build.SubscriptionID}/resourceGroups/images/providers/Microsoft.Compute/images/${var.managed_image_name}"
    }
  }
}
