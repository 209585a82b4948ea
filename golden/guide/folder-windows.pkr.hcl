# VM image session-host, converted from an Azure Image Builder template.
#
#   packer init .
#   cp example.pkrvars.hcl values.pkrvars.hcl  # and fill it in
#   export PKR_VAR_apps_url='...'
#   timeout 240m packer build -var-file=values.pkrvars.hcl .
#
# It runs wherever Packer does; only timeout is a Linux program. The account needs Contributor on the subscription, which Image
# Builder's own service took care of, and what the identity of the template had: the gallery.
# Image Builder counts on from the highest version in the gallery. To do so, set these in the shell, and add the option:
#
#   subscription_id=... resource_group_name=... gallery_name=...
#   -var image_version=$(aib2packer next-version "/subscriptions/$subscription_id/resourceGroups/$resource_group_name/providers/Microsoft.Compute/galleries/$gallery_name/images/session-host")
#
# Differs from Image Builder: build VM open to the internet (AIB2P318).

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

variable "location" {
  type        = string
  description = "Region of the build and of the image. The template took the region of its resource group. Whoever runs Packer gives it."
}

variable "resource_group_name" {
  type        = string
  description = "Resource group that the template was deployed to. Whoever runs Packer gives it."
}

variable "gallery_name" {
  type        = string
  description = "Compute gallery that receives the image. Whoever runs Packer gives it."
}

variable "apps_url" {
  type        = string
  description = "Value in the commands of the step apps. The parameter appsUrl of the template has no default. Whoever runs Packer gives it."
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
  description = "Subscription that the build VM runs in. Empty: that of the account that signs in; identity tokens have none."
  default     = env("ARM_SUBSCRIPTION_ID")
}

variable "sku" {
  type        = string
  description = "SKU of the source image."
  default     = "win11-24h2-avd"

  validation {
    condition     = contains(["win11-23h2-avd", "win11-24h2-avd"], var.sku)
    error_message = "The sku must be one of win11-23h2-avd, win11-24h2-avd."
  }
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
  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  time_version         = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version        = var.image_version != null ? var.image_version : local.time_version
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name = "packer-temporary-session-host-${local.build_time}"
  trusted_launch       = var.definition_security_type == "TrustedLaunch"
  temporary_image_name = local.temporary_group_name
}

source "azure-arm" "session_host" {
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
  image_sku       = var.sku
  image_version   = "latest"

  # Build VM
  location                     = var.location
  temp_resource_group_name     = local.temporary_group_name
  vm_size                      = "Standard_D2ds_v4"
  security_type                = local.trusted_launch ? "TrustedLaunch" : null
  secure_boot_enabled          = local.trusted_launch
  vtpm_enabled                 = local.trusted_launch
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  communicator   = "winrm"
  winrm_use_ssl  = true
  winrm_insecure = true
  winrm_username = "packer"

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Packer makes no Key Vault: as in Image Builder, the VM sets up its own listener, with a script that it finds in its user
  # data. Azure runs custom_script when the VM starts.
  skip_create_build_key_vault = true
  user_data_file              = "${path.root}/scripts/winrm.ps1"
  custom_script               = "powershell -NoProfile -NonInteractive -ExecutionPolicy Bypass -Command \"$ErrorActionPreference = 'Stop'; $uri = 'http://169.254.169.254/metadata/instance/compute/userData?api-version=2021-01-01&format=text'; $script = [Convert]::FromBase64String((Invoke-RestMethod -Uri $uri -Headers @{ Metadata = 'true' })); [IO.File]::WriteAllBytes('C:\\Windows\\Temp\\winrm.ps1', $script); . C:\\Windows\\Temp\\winrm.ps1\""

  # Distribution
  # The gallery version is made of this image. It lies in the resource group of the build, and goes with it.
  managed_image_name                = local.trusted_launch ? null : local.temporary_image_name
  managed_image_resource_group_name = local.trusted_launch ? null : local.temporary_group_name

  shared_image_gallery_destination {
    subscription   = var.subscription_id
    resource_group = var.resource_group_name
    gallery_name   = var.gallery_name
    image_name     = "session-host"
    image_version  = local.image_version

    target_region {
      name = var.location
    }
  }
  shared_image_gallery_timeout = "240m"
}

build {
  name    = "session-host"
  sources = ["source.azure-arm.session_host"]

  # A process of its own, as in Image Builder: Packer runs inline text inside a try block.
  provisioner "file" {
    name        = "apps-upload"
    destination = "C:\\Windows\\Temp\\01-apps.ps1"
    content     = <<-EOT
      Invoke-WebRequest -UseBasicParsing -Uri '${var.apps_url}' -OutFile C:\apps.zip
      Expand-Archive C:\apps.zip C:\Apps
    EOT
  }

  provisioner "powershell" {
    name          = "apps"
    elevated_user = "SYSTEM"
    inline = [
      "powershell -ExecutionPolicy Bypass -Command '$ProgressPreference = 0; & C:\\Windows\\Temp\\01-apps.ps1; exit $LASTEXITCODE'",
      "Remove-Item C:\\Windows\\Temp\\01-apps.ps1",
    ]
  }

  provisioner "windows-restart" {
    name            = "restart"
    restart_timeout = "10m"
  }

  provisioner "windows-update" {
    update_limit = 40
  }

  provisioner "powershell" {
    name   = "generalize"
    script = "${path.root}/scripts/generalize.ps1"
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/session-host.manifest.json"
    custom_data = {
      session-host = "/subscriptions/${build.SubscriptionID}/resourceGroups/${var.resource_group_name}/providers/Microsoft.Compute/galleries/${var.gallery_name}/images/session-host/versions/${local.image_version}"
    }
  }
}
