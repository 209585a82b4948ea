# VM image web, converted from an Azure Image Builder template.
#
#   packer init .
#   cp example.pkrvars.hcl values.pkrvars.hcl  # and fill it in
#   timeout 240m packer build -var-file=values.pkrvars.hcl .
#   timeout 240m packer build -var-file=values.pkrvars.hcl validate
#
# It runs wherever Packer does; only timeout is a Linux program. The account needs Contributor on the subscription, which Image
# Builder's own service took care of, and what the identity aib had: the managed image's resource group.
# The last command boots the image and validates it, which Image Builder does before it distributes.
# Differs from Image Builder: existing managed image not overwritten (AIB2P304), validated after the image is made (AIB2P315),
# build VM open to the internet (AIB2P318).

packer {
  required_version = ">= 1.13.0"

  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.6"
    }
    windows-update = {
      # From 0.18 on it restarts without end where Windows offers an update again after installing it, as it does KB5007651.
      source  = "github.com/rgl/windows-update"
      version = "~> 0.17.2"
    }
  }
}

variable "commands" {
  type        = list(string)
  description = "What to run. Whoever runs Packer gives it."
}

variable "code" {
  type        = number
  description = "A code that is no failure. Whoever runs Packer gives it."

  validation {
    condition     = contains([3010, 1641], var.code)
    error_message = "The code must be one of 3010, 1641."
  }
}

variable "filters" {
  type        = list(string)
  description = "Which updates. Whoever runs Packer gives it."
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
  default     = "00000000-0000-0000-0000-000000000001"
}

variable "elevated" {
  type        = bool
  description = "As an administrator."
  default     = true
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
  os_type         = "Windows"
  image_publisher = "MicrosoftWindowsServer"
  image_offer     = "WindowsServer"
  image_sku       = "2022-datacenter-g2"
  image_version   = "latest"

  # Build VM
  location                     = "westeurope"
  temp_resource_group_name     = local.temporary_group_name
  vm_size                      = "Standard_D2ds_v5"
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  communicator   = "winrm"
  winrm_use_ssl  = true
  winrm_insecure = true
  winrm_username = "packer"

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  managed_image_name                = var.managed_image_name
  managed_image_resource_group_name = "r"
}

build {
  name    = "web"
  sources = ["source.azure-arm.web"]

  # Image Builder lays its deprovisioning script down first and runs it last, so that a customizer can change it.
  provisioner "file" {
    name        = "deprovisioning-script"
    source      = "${path.root}/scripts/DeprovisioningScript.ps1"
    destination = "C:\\DeprovisioningScript.ps1"
  }

  # A process of its own, as in Image Builder: Packer runs inline text inside a try block.
  provisioner "file" {
    name        = "all-upload"
    destination = "C:\\Windows\\Temp\\01-all.ps1"
    content     = <<-EOT
      ${join("\n", var.commands)}
    EOT
  }

  provisioner "powershell" {
    name              = "all"
    elevated_user     = var.elevated ? build.User : ""
    elevated_password = var.elevated ? build.Password : ""
    valid_exit_codes  = [0, var.code]
    inline = [
      "powershell -ExecutionPolicy Bypass -Command '$ProgressPreference = 0; & C:\\Windows\\Temp\\01-all.ps1; exit $LASTEXITCODE'",
      "Remove-Item C:\\Windows\\Temp\\01-all.ps1",
    ]
  }

  provisioner "windows-update" {
    filters = var.filters
  }

  provisioner "powershell" {
    name   = "generalize"
    script = "${path.root}/scripts/run-deprovisioning-script.ps1"
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/web.manifest.json"
    custom_data = {
      a                  = "/subscriptions/${build.SubscriptionID}/resourceGroups/r/providers/Microsoft.Compute/images/${var.managed_image_name}"
      managed_image_name = var.managed_image_name
    }
  }
}
