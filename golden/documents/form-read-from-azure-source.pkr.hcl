# VM image press, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 90m packer build build.pkr.hcl
#
# Run it where it can reach the network hub. The account needs Contributor on the subscription, which Image Builder's own
# service took care of, and what the identity builder had: the subnet, the source image and the gallery.
# Image Builder counts on from the highest version in the gallery. To do so, add:
#
#   -var image_version=$(aib2packer next-version /subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/press)
#
# Not carried over: trigger (AIB2P213).
# Differs from Image Builder: additional managed image (AIB2P303).

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
  default     = "44444444-4444-4444-4444-444444444444"
}

variable "image_version" {
  type        = string
  description = "Gallery version of the image, such as 2.4.2. Null: 2.<date>.<time>, which grows with each build and stays below 3.0.0."
  default     = null
}

locals {
  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  time_version         = format("2.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version        = var.image_version != null ? var.image_version : local.time_version
  gallery_version_id   = "/subscriptions/44444444-4444-4444-4444-444444444444/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/press/versions/${local.image_version}"
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name = "packer-temporary-press-${local.build_time}"
  temporary_image_name = local.temporary_group_name
}

source "azure-arm" "press" {
  # On a laptop with the account of the Azure CLI; in GitHub Actions as the client there, with identity tokens of the job.
  use_azure_cli_auth = var.use_azure_cli_auth && (var.client_id == "" || var.oidc_request_url == "")
  tenant_id          = var.oidc_request_url == "" ? null : var.tenant_id
  client_id          = var.client_id
  oidc_request_url   = var.oidc_request_url
  oidc_request_token = var.oidc_request_token
  subscription_id    = var.subscription_id

  # Source image
  os_type = "Windows"

  shared_image_gallery {
    subscription   = "44444444-4444-4444-4444-444444444444"
    resource_group = "images"
    gallery_name   = "golden"
    image_name     = "base"
  }

  plan_info {
    plan_name      = "press-plan"
    plan_product   = "press-product"
    plan_publisher = "contoso"
  }

  # Build VM. Packer reaches it by its private address: run Packer inside this network.
  location                            = "westeurope"
  temp_resource_group_name            = local.temporary_group_name
  vm_size                             = "Standard_D4s_v5"
  virtual_network_resource_group_name = "images"
  virtual_network_name                = "hub"
  virtual_network_subnet_name         = "build"

  communicator   = "winrm"
  winrm_use_ssl  = true
  winrm_insecure = true
  winrm_username = "packer"

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "90m"

  # Distribution
  # The gallery version is made of this image. It lies in the resource group of the build, and goes with it.
  managed_image_name                = local.temporary_image_name
  managed_image_resource_group_name = local.temporary_group_name

  shared_image_gallery_destination {
    subscription   = "44444444-4444-4444-4444-444444444444"
    resource_group = "images"
    gallery_name   = "golden"
    image_name     = "press"
    image_version  = local.image_version

    target_region {
      name     = "westeurope"
      replicas = 1
    }
  }
  shared_image_gallery_timeout = "90m"

  azure_tags = {
    team = "print"
  }
}

build {
  name    = "press"
  sources = ["source.azure-arm.press"]

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
    output = "${path.root}/press.manifest.json"
    custom_data = {
      press = local.gallery_version_id
    }
  }
}
