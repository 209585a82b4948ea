# Boots the image that the build of the Azure Image Builder template web made last, runs the validators there, and makes no
# image.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build build.pkr.hcl
#
# Run it on Linux. The account needs Contributor on the subscription, which Image Builder's own service took care of, and may
# use the managed image's resource group.

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

variable "managed_image_name" {
  type        = string
  description = "Managed image to validate. Null: that of the last build, as web.manifest.json says."
  default     = null
}

variable "allowed_inbound_ip_addresses" {
  type        = list(string)
  description = "Who may reach the build VM, which has a public address. Empty: anybody."
  default     = []
}

locals {
  downloads = "${path.root}/downloads/web-validation"

  # file() takes the path from this folder on.
  managed_image_name = var.managed_image_name != null ? var.managed_image_name : reverse(jsondecode(file("web.manifest.json")).builds)[0].custom_data.managed_image_name

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name = "packer-temporary-web-${local.build_time}"
}

source "azure-arm" "web_validation" {
  # On a laptop with the account of the Azure CLI; in GitHub Actions as the client there, with identity tokens of the job.
  use_azure_cli_auth = var.use_azure_cli_auth && (var.client_id == "" || var.oidc_request_url == "")
  tenant_id          = var.oidc_request_url == "" ? null : var.tenant_id
  client_id          = var.client_id
  oidc_request_url   = var.oidc_request_url
  oidc_request_token = var.oidc_request_token
  subscription_id    = var.subscription_id

  # Source image
  os_type                                  = "Windows"
  custom_managed_image_name                = local.managed_image_name
  custom_managed_image_resource_group_name = "images"

  # Build VM
  location                     = "westeurope"
  temp_resource_group_name     = local.temporary_group_name
  vm_size                      = "Standard_D2ds_v4"
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  communicator   = "winrm"
  winrm_use_ssl  = true
  winrm_insecure = true
  winrm_username = "packer"

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution. None: no image is made. azure-arm wants a name for one all the same, for it starts from a managed image.
  skip_create_image                 = true
  managed_image_name                = "web-${local.build_time}"
  managed_image_resource_group_name = "images"
}

build {
  name    = "web-validation"
  sources = ["source.azure-arm.web_validation"]

  # Image Builder fetched this when the template was submitted. Here Packer's machine does, at each build.
  provisioner "shell-local" {
    name = "download"
    env = {
      FOLDER = local.downloads
    }
    inline = [
      "mkdir -p -- \"$FOLDER\" && cd -- \"$FOLDER\"",
      "curl -fsSL --retry 5 -o 02-pester.ps1 'https://example.com/pester.ps1'",
    ]
  }

  provisioner "powershell" {
    name          = "iis-runs"
    elevated_user = "SYSTEM"
    inline        = ["if ((Get-Service W3SVC).Status -ne 'Running') { exit 1 }"]
  }

  # A process of its own, as in Image Builder: Packer runs inline text inside a try block.
  provisioner "file" {
    name        = "pester-upload"
    source      = "${local.downloads}/02-pester.ps1"
    destination = "C:\\Windows\\Temp\\02-pester.ps1"
    generated   = true
  }

  provisioner "powershell" {
    name             = "pester"
    valid_exit_codes = [0, 3010]
    inline = [
      "powershell -ExecutionPolicy Bypass -Command '$ProgressPreference = 0; & C:\\Windows\\Temp\\02-pester.ps1; exit $LASTEXITCODE'",
      "Remove-Item C:\\Windows\\Temp\\02-pester.ps1",
    ]
  }
}
