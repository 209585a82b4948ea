# VM image desktop, converted from an Azure Image Builder template.
#
#   packer init .
#   cp desktop.example.pkrvars.hcl desktop.values.auto.pkrvars.hcl  # and fill it in
#   timeout 240m packer build -only='desktop.*' .
#
# It runs wherever Packer does; only timeout is a Linux program. The account needs Contributor on the subscription, which Image
# Builder's own service took care of, and what the identity images had: the gallery.
# Image Builder counts on from the highest version in the gallery. To do so, add:
#
#   -var desktop_image_version=$(aib2packer next-version /subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/desktop)
#
# Differs from Image Builder: region of the build (AIB2P311), build VM open to the internet (AIB2P318).

packer {
  required_version = ">= 1.13.0"
}

variable "desktop_vm_size" {
  type        = string
  description = "Size of the build VM. The parameter vmSize of the template has no default. Whoever runs Packer gives it."
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

variable "desktop_definition_security_type" {
  type        = string
  description = "Security type of the image definition, as `az sig image-definition show` tells it. With TrustedLaunch the build VM has Trusted Launch; else it has not, and a version is made of a managed image, which is deleted again."
  default     = null

  validation {
    condition     = var.desktop_definition_security_type == null ? true : contains(["Standard", "TrustedLaunch", "TrustedLaunchSupported", "ConfidentialVMSupported", "TrustedLaunchAndConfidentialVmSupported"], var.desktop_definition_security_type == "" ? "Standard" : var.desktop_definition_security_type)
    error_message = "The desktop_definition_security_type must be one of Standard, TrustedLaunch, TrustedLaunchSupported, ConfidentialVMSupported, TrustedLaunchAndConfidentialVmSupported."
  }
}

variable "desktop_allowed_inbound_ip_addresses" {
  type        = list(string)
  description = "Who may reach the build VM, which has a public address. Empty: anybody."
  default     = []
}

variable "desktop_image_version" {
  type        = string
  description = "Gallery version of the image, such as 1.4.2. Null: 1.<date>.<time>, which grows with each build and stays below 2.0.0."
  default     = null
}

locals {
  desktop_time_version         = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  desktop_image_version        = var.desktop_image_version != null ? var.desktop_image_version : local.desktop_time_version
  desktop_gallery_version_id   = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/desktop/versions/${local.desktop_image_version}"
  desktop_build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  desktop_temporary_group_name = "packer-temporary-desktop-${local.desktop_build_time}"
  desktop_trusted_launch       = var.desktop_definition_security_type == "TrustedLaunch"
  desktop_temporary_image_name = local.desktop_temporary_group_name
}

source "azure-arm" "desktop" {
  # On a laptop with the account of the Azure CLI; in GitHub Actions as the client there, with identity tokens of the job.
  use_azure_cli_auth = var.use_azure_cli_auth && (var.client_id == "" || var.oidc_request_url == "")
  tenant_id          = var.oidc_request_url == "" ? null : var.tenant_id
  client_id          = var.client_id
  oidc_request_url   = var.oidc_request_url
  oidc_request_token = var.oidc_request_token
  subscription_id    = var.subscription_id

  # Source image
  os_type         = "Windows"
  image_publisher = "MicrosoftWindowsDesktop"
  image_offer     = "windows-11"
  image_sku       = "win11-24h2-avd"
  image_version   = "latest"

  # Build VM
  location                     = "westeurope"
  temp_resource_group_name     = local.desktop_temporary_group_name
  vm_size                      = var.desktop_vm_size
  security_type                = local.desktop_trusted_launch ? "TrustedLaunch" : null
  secure_boot_enabled          = local.desktop_trusted_launch
  vtpm_enabled                 = local.desktop_trusted_launch
  allowed_inbound_ip_addresses = var.desktop_allowed_inbound_ip_addresses

  communicator   = "winrm"
  winrm_use_ssl  = true
  winrm_insecure = true
  winrm_username = "packer"

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  # The gallery version is made of this image. It lies in the resource group of the build, and goes with it.
  managed_image_name                = local.desktop_trusted_launch ? null : local.desktop_temporary_image_name
  managed_image_resource_group_name = local.desktop_trusted_launch ? null : local.desktop_temporary_group_name

  shared_image_gallery_destination {
    subscription   = "22222222-2222-2222-2222-222222222222"
    resource_group = "images"
    gallery_name   = "golden"
    image_name     = "desktop"
    image_version  = local.desktop_image_version

    target_region {
      name = "westeurope"
    }
  }
  shared_image_gallery_timeout = "240m"

  azure_tags = {
    owner = var.owner
  }
}

build {
  name    = "desktop"
  sources = ["source.azure-arm.desktop"]

  provisioner "powershell" {
    name   = "apps"
    script = "${path.root}/scripts/desktop/01-apps.ps1"
  }

  provisioner "windows-update" {}

  provisioner "powershell" {
    name   = "generalize"
    script = "${path.root}/scripts/generalize.ps1"
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/desktop.manifest.json"
    custom_data = {
      desktop = local.desktop_gallery_version_id
    }
  }
}
