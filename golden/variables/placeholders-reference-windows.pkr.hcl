# VM image seedwin, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   export ARM_SUBSCRIPTION_ID='...'
#   timeout 120m packer build -var-file=values.pkrvars.hcl build.pkr.hcl
#
# values.pkrvars.hcl gives values to resource_group, shared_image_gallery_name, image_definition_name, template_image_version,
# path_to_script, sha256_checksum, true_false, power_shell_syntax_to_run, true_or_false, exit_code, rg, gal, image_gallery_name.
#
# Run it on Linux. The account needs Contributor on the subscription, which Image Builder's own service took care of, and what
# the identity aib had: the source image and the gallery.
# Image Builder made the number of a version from the time, and so does the build. To count on from the highest, set these in
# the shell, and add the option:
#
#   subscription_id=... rg=... gal=... image_gallery_name=...
#   -var image_version=$(aib2packer next-version "/subscriptions/$subscription_id/resourceGroups/$rg/providers/Microsoft.Compute/galleries/$gal/images/$image_gallery_name")
#
# Differs from Image Builder: inline PowerShell stops at its first terminating error (AIB2P310), build VM open to the internet
# (AIB2P318).

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

variable "resource_group" {
  type        = string
  description = "Resource group of the gallery of the source image. Fills in <resourceGroup> of the template. Whoever runs Packer gives it."
}

variable "shared_image_gallery_name" {
  type        = string
  description = "Gallery of the source image. Fills in <sharedImageGalleryName> of the template. Whoever runs Packer gives it."
}

variable "image_definition_name" {
  type        = string
  description = "Image definition of the source image. Fills in <imageDefinitionName> of the template. Whoever runs Packer gives it."
}

variable "template_image_version" {
  type        = string
  description = "Version of the source image. Fills in <imageVersion> of the template. Whoever runs Packer gives it."
}

variable "path_to_script" {
  type        = string
  description = "Address of the script of the step p. Fills in <path to script> of the template. Whoever runs Packer gives it."
}

variable "sha256_checksum" {
  type        = string
  description = "Checksum of the script of the step p. Fills in <sha256 checksum> of the template. Whoever runs Packer gives it."
}

variable "true_false" {
  type        = bool
  description = "Elevation (runElevated) of the step p. Fills in <true false> of the template. Whoever runs Packer gives it."
}

variable "power_shell_syntax_to_run" {
  type        = string
  description = "Value in the commands of the step q. Fills in <PowerShell syntax to run> of the template. Whoever runs Packer gives it."
}

variable "true_or_false" {
  type        = bool
  description = "Elevation (runElevated) of the step q. Fills in <true or false> of the template. Whoever runs Packer gives it."
}

variable "exit_code" {
  type        = number
  description = "Valid exit codes of the step q. Fills in <exit code> of the template. Whoever runs Packer gives it."
}

variable "rg" {
  type        = string
  description = "Resource group of the gallery of the image. Fills in <rg> of the template. Whoever runs Packer gives it."
}

variable "gal" {
  type        = string
  description = "Gallery of the image. Fills in <gal> of the template. Whoever runs Packer gives it."
}

variable "image_gallery_name" {
  type        = string
  description = "Image definition. Fills in <imageGalleryName> of the template. Whoever runs Packer gives it."
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
  default     = env("ARM_SUBSCRIPTION_ID")

  validation {
    condition     = var.subscription_id != ""
    error_message = "Set ARM_SUBSCRIPTION_ID, or give -var subscription_id."
  }
}

variable "name" {
  type        = string
  description = "Name of the run output. Fills in <name> of the template."
  default     = "name"
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
  downloads = "${path.root}/downloads/seedwin"

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  time_version         = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version        = var.image_version != null ? var.image_version : local.time_version
  gallery_version_id   = "/subscriptions/${var.subscription_id}/resourceGroups/${var.rg}/providers/Microsoft.Compute/galleries/${var.gal}/images/${var.image_gallery_name}/versions/${local.image_version}"
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name = "packer-temporary-seedwin-${local.build_time}"
  trusted_launch       = var.definition_security_type == "TrustedLaunch"
  temporary_image_name = local.temporary_group_name
}

source "azure-arm" "seedwin" {
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
    subscription   = var.subscription_id
    resource_group = var.resource_group
    gallery_name   = var.shared_image_gallery_name
    image_name     = var.image_definition_name
    image_version  = var.template_image_version
  }

  # Build VM
  location                     = "westus2"
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
  polling_duration_timeout = "120m"

  # Distribution
  # The gallery version is made of this image. It lies in the resource group of the build, and goes with it.
  managed_image_name                = local.trusted_launch ? null : local.temporary_image_name
  managed_image_resource_group_name = local.trusted_launch ? null : local.temporary_group_name

  shared_image_gallery_destination {
    subscription   = var.subscription_id
    resource_group = var.rg
    gallery_name   = var.gal
    image_name     = var.image_gallery_name
    image_version  = local.image_version

    target_region {
      name = "westus2"
    }

    target_region {
      name = "eastus"
    }
  }
  shared_image_gallery_timeout = "120m"
}

build {
  name    = "seedwin"
  sources = ["source.azure-arm.seedwin"]

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

  # Image Builder fetched this when the template was submitted. Here Packer's machine does, at each build. Packer takes `{{` in
  # env for a template: it is percent-encoded in values that are not known yet.
  provisioner "shell-local" {
    name = "download"
    env = { for name, value in {
      FOLDER = local.downloads
      URI    = var.path_to_script
      SHA256 = var.sha256_checksum
    } : name => replace(value, "{{", "%7B%7B") }
    inline = [
      "mkdir -p -- \"$FOLDER\" && cd -- \"$FOLDER\"",
      "curl -fgsSL --retry 5 --proto =https,http -o 01-p.ps1 -- \"$URI\"",
      "echo \"$SHA256\"'  01-p.ps1' | sha256sum --check",
    ]
  }

  # A process of its own, as in Image Builder: Packer runs inline text inside a try block.
  provisioner "file" {
    name        = "p-upload"
    source      = "${local.downloads}/01-p.ps1"
    destination = "C:\\Windows\\Temp\\01-p.ps1"
    generated   = true
  }

  provisioner "powershell" {
    name              = "p"
    elevated_user     = var.true_false ? build.User : ""
    elevated_password = var.true_false ? build.Password : ""
    inline = [
      "powershell -ExecutionPolicy Bypass -Command '$ProgressPreference = 0; & C:\\Windows\\Temp\\01-p.ps1; exit $LASTEXITCODE'",
      "Remove-Item C:\\Windows\\Temp\\01-p.ps1",
    ]
  }

  provisioner "powershell" {
    name              = "q"
    elevated_user     = var.true_or_false ? build.User : ""
    elevated_password = var.true_or_false ? build.Password : ""
    valid_exit_codes  = [var.exit_code]
    inline            = [var.power_shell_syntax_to_run]
  }

  provisioner "windows-restart" {
    restart_command       = "shutdown /r /f /t 0"
    restart_check_command = "echo Azure-Image-Builder-Restarted-the-VM  > c:\\buildArtifacts\\azureImageBuilderRestart.txt"
    restart_timeout       = "5m"
  }

  provisioner "windows-update" {
    search_criteria = "IsInstalled=0"
    filters         = ["exclude:$_.Title -like '*Preview*'", "include:$true"]
    update_limit    = 20
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
    output = "${path.root}/seedwin.manifest.json"
    custom_data = {
      (var.name) = local.gallery_version_id
    }
  }
}
