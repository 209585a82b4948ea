# VM image web-prod, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   export PKR_VAR_admin_password='...'
#   timeout 240m packer build -var vhd_storage_account=... -var vhd_resource_group_name=... build.pkr.hcl
#
# It runs wherever Packer does; only timeout is a Linux program. The account needs Contributor on the subscription, which Image
# Builder's own service took care of, and may use the storage account.
# Differs from Image Builder: expression with a fixed value (AIB2P308), inline PowerShell stops at its first terminating error
# (AIB2P310), build VM open to the internet (AIB2P318).

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

variable "admin_password" {
  type        = string
  description = "Value in the commands of the step user. The variable admin_password of the configuration has no default. Whoever runs Packer gives it."
  sensitive   = true
}

variable "vhd_storage_account" {
  type        = string
  description = "Storage account that receives the VHD, in the subscription of the build. Whoever runs Packer gives it."
}

variable "vhd_resource_group_name" {
  type        = string
  description = "Resource group of the storage account that receives the VHD. Whoever runs Packer gives it."
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

variable "disk" {
  type        = object({ gb = number, sku = string })
  description = "Input for the size of the OS disk in GB."
  default = {
    gb  = 64
    sku = "Premium_LRS"
  }
}

variable "allowed_inbound_ip_addresses" {
  type        = list(string)
  description = "Who may reach the build VM, which has a public address. Empty: anybody."
  default     = []
}

variable "vhd_container" {
  type        = string
  description = "Container that receives the VHD; it must exist."
  default     = "vhds"
}

locals {
  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name = "packer-temporary-web-prod-${local.build_time}"
}

source "azure-arm" "web_prod" {
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
  vm_size                      = "Standard_D8s_v5"
  os_disk_size_gb              = var.disk.gb
  allowed_inbound_ip_addresses = var.allowed_inbound_ip_addresses

  communicator   = "winrm"
  winrm_use_ssl  = true
  winrm_insecure = true
  winrm_username = "packer"

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  storage_account        = var.vhd_storage_account
  resource_group_name    = var.vhd_resource_group_name
  capture_container_name = var.vhd_container
  capture_name_prefix    = "web-prod"

  azure_tags = {
    environment = "PROD"
    team        = "WEB"
  }
}

build {
  name    = "web-prod"
  sources = ["source.azure-arm.web_prod"]

  provisioner "powershell" {
    name              = "user"
    elevated_user     = build.User
    elevated_password = build.Password
    inline            = ["net user builder '${var.admin_password}' /add"]
  }

  provisioner "windows-restart" {
    name = "restart-0"
  }

  provisioner "windows-restart" {
    name = "restart-1"
  }

  provisioner "windows-update" {}

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
    output = "${path.root}/web-prod.manifest.json"
    custom_data = {
      web-prod = "https://${var.vhd_storage_account}.blob.core.windows.net/${var.vhd_container}/web-prod${build.TempOSDiskName}.vhd"
    }
  }
}
