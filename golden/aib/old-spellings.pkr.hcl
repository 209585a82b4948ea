# VM image win, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build build.pkr.hcl
#
# Run it on Linux, where it can reach the network hub. The account needs Contributor on the subscription, which Image Builder's
# own service took care of, and may use the subnet, the source image and the gallery.
# Not carried over: vnetConfig.proxyVmSize (AIB2P204).

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

variable "definition_security_type" {
  type        = string
  description = "Security type of the image definition, as `az sig image-definition show` tells it. With TrustedLaunch the build VM has Trusted Launch; else it has not, and a version is made of a managed image, which is deleted again."
  default     = null

  validation {
    condition     = var.definition_security_type == null ? true : contains(["Standard", "TrustedLaunch", "TrustedLaunchSupported", "ConfidentialVMSupported", "TrustedLaunchAndConfidentialVmSupported"], var.definition_security_type == "" ? "Standard" : var.definition_security_type)
    error_message = "The definition_security_type must be one of Standard, TrustedLaunch, TrustedLaunchSupported, ConfidentialVMSupported, TrustedLaunchAndConfidentialVmSupported."
  }
}

variable "image_version" {
  type        = string
  description = "Gallery version of the image. No version can be made twice: each build needs a number of its own."
  default     = "1.2.3"
}

locals {
  downloads          = "${path.root}/downloads/win"
  gallery_version_id = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/win/versions/${var.image_version}"

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name = "packer-temporary-win-${local.build_time}"
  trusted_launch       = var.definition_security_type == "TrustedLaunch"
  temporary_image_name = local.temporary_group_name
}

source "azure-arm" "win" {
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
    subscription   = "22222222-2222-2222-2222-222222222222"
    resource_group = "images"
    gallery_name   = "golden"
    image_name     = "base"
    image_version  = "1.0.0"
  }

  # Build VM. Packer reaches it by its private address: run Packer inside this network.
  location                            = "westeurope"
  temp_resource_group_name            = local.temporary_group_name
  vm_size                             = "Standard_D2s_v5"
  os_disk_size_gb                     = 150
  security_type                       = local.trusted_launch ? "TrustedLaunch" : null
  secure_boot_enabled                 = local.trusted_launch
  vtpm_enabled                        = local.trusted_launch
  virtual_network_resource_group_name = "network"
  virtual_network_name                = "hub"
  virtual_network_subnet_name         = "builds"

  communicator   = "winrm"
  winrm_use_ssl  = true
  winrm_insecure = true
  winrm_username = "packer"

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  # The gallery version is made of this image. It lies in the resource group of the build, and goes with it.
  managed_image_name                = local.trusted_launch ? null : local.temporary_image_name
  managed_image_resource_group_name = local.trusted_launch ? null : local.temporary_group_name

  shared_image_gallery_destination {
    subscription   = "22222222-2222-2222-2222-222222222222"
    resource_group = "images"
    gallery_name   = "golden"
    image_name     = "win"
    image_version  = var.image_version

    target_region {
      name = "westeurope"
    }
  }
  shared_image_gallery_timeout = "240m"
}

build {
  name    = "win"
  sources = ["source.azure-arm.win"]

  # Image Builder lays its deprovisioning script down first and runs it last, so that a customizer can change it.
  provisioner "file" {
    name        = "deprovisioning-script"
    destination = "C:\\DeprovisioningScript.ps1"
    content     = <<-EOT
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
  }

  # Image Builder fetched these when the template was submitted. Here Packer's machine does, at each build.
  provisioner "shell-local" {
    name = "download"
    env = {
      FOLDER = local.downloads
    }
    inline = [
      "mkdir -p -- \"$FOLDER\" && cd -- \"$FOLDER\"",
      "curl -fsSL --retry 5 -o 01-setup.ps1 'https://raw.githubusercontent.com/contoso/images/main/setup.ps1'",
      "curl -fsSL --retry 5 -o 02-app.conf 'https://raw.githubusercontent.com/contoso/images/main/app.conf'",
    ]
  }

  # A process of its own, as in Image Builder: Packer runs inline text inside a try block.
  provisioner "file" {
    name        = "PowerShell-upload"
    source      = "${local.downloads}/01-setup.ps1"
    destination = "C:\\Windows\\Temp\\01-setup.ps1"
    generated   = true
  }

  provisioner "powershell" {
    valid_exit_codes = [0, 1]
    inline = [
      "powershell -ExecutionPolicy Bypass -Command '$ProgressPreference = 0; & C:\\Windows\\Temp\\01-setup.ps1; exit $LASTEXITCODE'",
      "Remove-Item C:\\Windows\\Temp\\01-setup.ps1",
    ]
  }

  provisioner "file" {
    source      = "${local.downloads}/02-app.conf"
    destination = "C:\\app.conf"
    generated   = true
  }

  provisioner "powershell" {
    name = "generalize"
    inline = [
      <<-EOT
        if (Test-Path C:\DeprovisioningScript.ps1) {
          powershell -ExecutionPolicy Bypass -Command '& C:\DeprovisioningScript.ps1; exit $LASTEXITCODE'
        } else {
          Write-Output 'No deprovisioning script: the image is not generalized'
        }
      EOT
    ]
  }

  # What Image Builder kept as the run output.
  post-processor "manifest" {
    output = "${path.root}/win.manifest.json"
    custom_data = {
      win = local.gallery_version_id
    }
  }
}
