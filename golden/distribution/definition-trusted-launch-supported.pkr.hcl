# VM image w11, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build build.pkr.hcl
#
# It runs wherever Packer does; only timeout is a Linux program. The account needs Contributor on the subscription, which Image
# Builder's own service took care of, and what the identity aib had: the gallery.
# Image Builder counts on from the highest version in the gallery. To do so, add:
#
#   -var image_version=$(aib2packer next-version /subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/w11)
#
# Differs from Image Builder: additional managed image (AIB2P303), inline PowerShell stops at its first terminating error
# (AIB2P310), build VM open to the internet (AIB2P318).

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
  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  time_version         = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version        = var.image_version != null ? var.image_version : local.time_version
  gallery_version_id   = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/w11/versions/${local.image_version}"
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name = "packer-temporary-w11-${local.build_time}"
  temporary_image_name = local.temporary_group_name
}

source "azure-arm" "w11" {
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
  image_sku       = "win11-23h2-avd"
  image_version   = "latest"

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

  # Distribution
  # The gallery version is made of this image. It lies in the resource group of the build, and goes with it.
  managed_image_name                = local.temporary_image_name
  managed_image_resource_group_name = local.temporary_group_name

  shared_image_gallery_destination {
    subscription   = "11111111-1111-1111-1111-111111111111"
    resource_group = "images"
    gallery_name   = "golden"
    image_name     = "w11"
    image_version  = local.image_version

    target_region {
      name = "westeurope"
    }
  }
  shared_image_gallery_timeout = "240m"
}

build {
  name    = "w11"
  sources = ["source.azure-arm.w11"]

  provisioner "powershell" {
    name   = "a"
    inline = ["Get-Date"]
  }

  provisioner "powershell" {
    name = "generalize"
    inline = [
      <<-EOT
        Write-Output '>>> Waiting for GA Service (RdAgent) to start ...'
        while ((Get-Service RdAgent).Status -ne 'Running') { Start-Sleep -s 5 }
        Write-Output '>>> Waiting for GA Service (WindowsAzureTelemetryService) to start ...'
        while ((Get-Service WindowsAzureTelemetryService) -and ((Get-Service WindowsAzureTelemetryService).Status -ne 'Running')) { Start-Sleep -s 5 }
        Write-Output '>>> Waiting for GA Service (WindowsAzureGuestAgent) to start ...'
        while ((Get-Service WindowsAzureGuestAgent).Status -ne 'Running') { Start-Sleep -s 5 }
        if (Test-Path $Env:SystemRoot\system32\Sysprep\unattend.xml) {
          Write-Output '>>> Removing Sysprep\unattend.xml ...'
          Remove-Item $Env:SystemRoot\system32\Sysprep\unattend.xml -Force
        }
        if (Test-Path $Env:SystemRoot\Panther\unattend.xml) {
          Write-Output '>>> Removing Panther\unattend.xml ...'
          Remove-Item $Env:SystemRoot\Panther\unattend.xml -Force
        }
        Write-Output '>>> Sysprepping VM ...'
        & $Env:SystemRoot\System32\Sysprep\Sysprep.exe /oobe /generalize /quiet /quit
        while ($true) {
          $imageState = (Get-ItemProperty HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Setup\State).ImageState
          Write-Output $imageState
          if ($imageState -eq 'IMAGE_STATE_GENERALIZE_RESEAL_TO_OOBE') { break }
          Start-Sleep -s 5
        }
        Write-Output '>>> Sysprep complete ...'
      EOT
    ]
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/w11.manifest.json"
    custom_data = {
      w = local.gallery_version_id
    }
  }
}
