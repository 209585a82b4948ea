# VM image web, converted from an Azure Image Builder template.
#
#   packer init .
#   cp example.pkrvars.hcl values.pkrvars.hcl  # and fill it in
#   export PKR_VAR_token='...'
#   timeout 240m packer build -var-file=values.pkrvars.hcl .
#
# Run it on Linux. The account needs Contributor on the subscription, which Image Builder's own service took care of, and may
# use the managed image's resource group.
# Scripts and files were fetched when the template was converted; `sha256sum --check SHA256SUMS` compares.
# Differs from Image Builder: existing managed image not overwritten (AIB2P304), expression with a fixed value (AIB2P308), build
# VM open to the internet (AIB2P318).

packer {
  required_version = ">= 1.13.0"

  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.6"
    }
  }
}

variable "host" {
  type        = string
  description = "Part of the address of the file of a File step. Fills in <host> of the template. Whoever runs Packer gives it."
}

variable "token" {
  type        = string
  description = "Part of the address of the file of a File step. The parameter token of the template has no default. Whoever runs Packer gives it."
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

variable "artifacts" {
  type        = string
  description = "Value in the commands of a Shell step; part of the address of the file of a File step."
  default     = "https://raw.githubusercontent.com/contoso/images/main/"
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
  image_sku       = "22_04-lts-gen2"
  image_version   = "latest"

  # Build VM
  location                     = "westeurope"
  temp_resource_group_name     = local.temporary_group_name
  vm_size                      = "Standard_D2ds_v4"
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  managed_image_name                = var.managed_image_name
  managed_image_resource_group_name = "images"
}

build {
  name    = "web"
  sources = ["source.azure-arm.web"]

  # Image Builder lays its deprovisioning script down first and runs it last, so that a customizer can change it.
  provisioner "shell" {
    name            = "deprovisioning-script"
    execute_command = local.as_root
    script          = "${path.root}/scripts/lay-deprovisioning-script.sh"
  }

  # Image Builder fetched these when the template was submitted. Here Packer's machine does, at each build. Packer takes `{{` in
  # env for a template: it is percent-encoded in values that are not known yet.
  provisioner "shell-local" {
    name = "download"
    env = { for name, value in {
      FOLDER = local.downloads
      URI    = "${var.artifacts}site.conf?${var.token}"
      URI_2  = "https://${var.host}/motd"
    } : name => replace(value, "{{", "%7B%7B") }
    inline = [
      "mkdir -p -- \"$FOLDER\" && cd -- \"$FOLDER\"",
      "curl -fgsSL --retry 5 --proto =https,http -o 04-File -- \"$URI\"",
      "curl -fgsSL --retry 5 -o 05-motd \"$URI_2\"",
    ]
  }

  # From https://raw.githubusercontent.com/contoso/images/main/setup.sh
  provisioner "shell" {
    execute_command = local.as_root
    script          = "${path.root}/scripts/01-setup.sh"
  }

  # From https://raw.githubusercontent.com/
  provisioner "shell" {
    execute_command = local.as_root
    script          = "${path.root}/scripts/02-Shell.sh"
  }

  provisioner "shell" {
    execute_command = local.as_root
    inline          = ["echo ${var.artifacts} > /etc/artifacts"]
  }

  provisioner "file" {
    source      = "${local.downloads}/04-File"
    destination = "/tmp/site.conf"
    generated   = true
  }

  provisioner "file" {
    source      = "${local.downloads}/05-motd"
    destination = "/tmp/motd"
    generated   = true
  }

  # It removes itself (rm "$0"), because Packer cannot clean up after the user is gone.
  provisioner "shell" {
    name            = "generalize"
    execute_command = local.as_root
    skip_clean      = true
    script          = "${path.root}/scripts/run-deprovisioning-script.sh"
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/web.manifest.json"
    custom_data = {
      web = "/subscriptions/${build.SubscriptionID}/resourceGroups/images/providers/Microsoft.Compute/images/${var.managed_image_name}"
    }
  }
}
