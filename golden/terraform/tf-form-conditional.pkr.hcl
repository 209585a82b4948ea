# VM image, converted from an Azure Image Builder template.
#
#   packer init build.pkr.hcl
#   timeout 240m packer build -var-file=values.pkrvars.hcl build.pkr.hcl
#
# values.pkrvars.hcl gives values to replication_regions, resource_group_avd_location, shared_image_avd_id,
# time_static_build_rfc3339.
#
# Give timeout the minutes of the build: var.build_timeout (240 by default).
# Run it on Linux, where it can reach the subnet of the build VM, if it has one. The account needs Contributor on the
# subscription, which Image Builder's own service took care of, and what the identity of the template had: the subnet and the
# gallery.
# Image Builder counts on from the highest version in the gallery. To do so, set these in the shell, and add the option:
#
#   shared_image_avd_id=...
#   -var image_version=$(aib2packer next-version "$shared_image_avd_id")
#
# Not carried over: optimize.vmBoot (AIB2P203).
# Differs from Image Builder: build region added to the regions (AIB2P305), expression with a fixed value (AIB2P308), build VM
# open to the internet (AIB2P318).

packer {
  required_version = ">= 1.13.0"

  required_plugins {
    azure = {
      source  = "github.com/hashicorp/azure"
      version = "~> 2.6"
    }
  }
}

variable "replication_regions" {
  type        = list(string)
  description = "Input for the regions that get the image. The variable replication_regions of the configuration has no default. Whoever runs Packer gives it."
}

variable "resource_group_avd_location" {
  type        = string
  description = "What data.azurerm_resource_group.avd.location is. Whoever runs Packer gives it."
}

variable "shared_image_avd_id" {
  type        = string
  description = "What data.azurerm_shared_image.avd.id is. Whoever runs Packer gives it."

  validation {
    condition     = can(regex("(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Compute/galleries/[^/]+/images/[^/]+(?:/versions/[^/]+)?$", var.shared_image_avd_id))
    error_message = "The shared_image_avd_id must be a resource id, with or without a version: /subscriptions/.../resourceGroups/.../providers/Microsoft.Compute/galleries/.../images/..."
  }
}

variable "time_static_build_rfc3339" {
  type        = string
  description = "What time_static.build.rfc3339 is. Whoever runs Packer gives it."
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

variable "build_timeout" {
  type        = number
  description = "Minutes that the build may take."
  default     = 240

  validation {
    condition     = var.build_timeout >= 60 && var.build_timeout <= 960
    error_message = "From an hour to sixteen."
  }
}

variable "tags" {
  type    = map(string)
  default = null
}

variable "subnet_id" {
  type        = string
  description = "Id of the subnet of the build VM."
  default     = null

  validation {
    condition     = var.subnet_id == null || can(regex("(?i)^(?:/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft.Network/virtualNetworks/[^/]+/subnets/[^/]+)?$", var.subnet_id))
    error_message = "The subnet_id must be a resource id: /subscriptions/.../resourceGroups/.../providers/Microsoft.Network/virtualNetworks/.../subnets/..."
  }
}

variable "timestamp" {
  type        = string
  description = "Part of the name of the run output."
  default     = null
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
  timestamp                 = var.timestamp != null ? var.timestamp : formatdate("YYYYMMDD", local.now)
  shared_image_avd_id_parts = split("/", var.shared_image_avd_id)
  has_subnet                = var.subnet_id != null && (var.subnet_id != null && var.subnet_id != "")
  subnet_id_parts           = var.subnet_id != null ? split("/", var.subnet_id) : []
  computed = merge(var.tags == null ? {} : var.tags, {
    image = "avd"
  })
  downloads = "${path.root}/downloads/image"

  # Taken once: each call of timestamp() gives another time.
  now                  = timestamp()
  time_version         = format("1.%d.%d", parseint(formatdate("YYYYMMDD", local.now), 10), parseint(formatdate("hhmmss", local.now), 10))
  image_version        = try(local.shared_image_avd_id_parts[12], "latest") != "latest" ? local.shared_image_avd_id_parts[12] : var.image_version != null ? var.image_version : local.time_version
  gallery_version_id   = "/subscriptions/${local.shared_image_avd_id_parts[2]}/resourceGroups/${local.shared_image_avd_id_parts[4]}/providers/Microsoft.Compute/galleries/${local.shared_image_avd_id_parts[8]}/images/${local.shared_image_avd_id_parts[10]}/versions/${local.image_version}"
  build_time           = formatdate("YYYYMMDDhhmmss", local.now)
  temporary_group_name = "packer-temporary-image-${local.build_time}"
  trusted_launch       = var.definition_security_type == "TrustedLaunch"
  temporary_image_name = local.temporary_group_name
}

source "azure-arm" "image" {
  # On a laptop with the account of the Azure CLI; in GitHub Actions as the client there, with identity tokens of the job.
  use_azure_cli_auth = var.use_azure_cli_auth && (var.client_id == "" || var.oidc_request_url == "")
  tenant_id          = var.oidc_request_url == "" ? null : var.tenant_id
  client_id          = var.client_id
  oidc_request_url   = var.oidc_request_url
  oidc_request_token = var.oidc_request_token
  subscription_id    = var.subscription_id

  # Source image
  os_type         = "Windows"
  image_publisher = "microsoftwindowsdesktop"
  image_offer     = "windows-11"
  image_sku       = "win11-24h2-avd"
  image_version   = "latest"

  # Build VM. In a subnet Packer reaches it by its private address: run Packer inside that network.
  location                            = var.resource_group_avd_location
  temp_resource_group_name            = local.temporary_group_name
  vm_size                             = "Standard_D4s_v5"
  os_disk_size_gb                     = 127
  security_type                       = local.trusted_launch ? "TrustedLaunch" : null
  secure_boot_enabled                 = local.trusted_launch
  vtpm_enabled                        = local.trusted_launch
  virtual_network_resource_group_name = local.has_subnet ? local.subnet_id_parts[4] : null
  virtual_network_name                = local.has_subnet ? local.subnet_id_parts[8] : null
  virtual_network_subnet_name         = local.has_subnet ? local.subnet_id_parts[10] : null
  allowed_inbound_ip_addresses        = local.has_subnet ? null : var.allowed_inbound_ip_addresses

  communicator   = "winrm"
  winrm_use_ssl  = true
  winrm_insecure = true
  winrm_username = "packer"

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "${var.build_timeout}m"

  # Distribution
  # The gallery version is made of this image. It lies in the resource group of the build, and goes with it.
  managed_image_name                = local.trusted_launch ? null : local.temporary_image_name
  managed_image_resource_group_name = local.trusted_launch ? null : local.temporary_group_name

  shared_image_gallery_destination {
    subscription   = local.shared_image_avd_id_parts[2]
    resource_group = local.shared_image_avd_id_parts[4]
    gallery_name   = local.shared_image_avd_id_parts[8]
    image_name     = local.shared_image_avd_id_parts[10]
    image_version  = local.image_version

    dynamic "target_region" {
      for_each = distinct([for region in concat([var.resource_group_avd_location], distinct(concat([var.resource_group_avd_location], var.replication_regions))) : lower(replace(region, " ", ""))])
      content {
        name = target_region.value
      }
    }
  }
  shared_image_gallery_timeout = "${var.build_timeout}m"

  azure_tags = merge(local.computed, {
    built = var.time_static_build_rfc3339
  })
}

build {
  name    = "image"
  sources = ["source.azure-arm.image"]

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
      "curl -fsSL --retry 5 -o 01-fslogix.ps1 'https://example.com/fslogix.ps1'",
      "curl -fsSL --retry 5 -o 02-teams.ps1 'https://example.com/teams.ps1'",
    ]
  }

  # A process of its own, as in Image Builder: Packer runs inline text inside a try block.
  provisioner "file" {
    name        = "fslogix-upload"
    source      = "${local.downloads}/01-fslogix.ps1"
    destination = "C:\\Windows\\Temp\\01-fslogix.ps1"
    generated   = true
  }

  provisioner "powershell" {
    name          = "fslogix"
    elevated_user = "SYSTEM"
    inline = [
      "powershell -ExecutionPolicy Bypass -Command '$ProgressPreference = 0; & C:\\Windows\\Temp\\01-fslogix.ps1; exit $LASTEXITCODE'",
      "Remove-Item C:\\Windows\\Temp\\01-fslogix.ps1",
    ]
  }

  provisioner "file" {
    name        = "teams-upload"
    source      = "${local.downloads}/02-teams.ps1"
    destination = "C:\\Windows\\Temp\\02-teams.ps1"
    generated   = true
  }

  provisioner "powershell" {
    name = "teams"
    inline = [
      "powershell -ExecutionPolicy Bypass -Command '$ProgressPreference = 0; & C:\\Windows\\Temp\\02-teams.ps1; exit $LASTEXITCODE'",
      "Remove-Item C:\\Windows\\Temp\\02-teams.ps1",
    ]
  }

  provisioner "windows-restart" {
    restart_timeout = "10m"
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
    output = "${path.root}/image.manifest.json"
    custom_data = {
      ("avd-${local.timestamp}") = local.gallery_version_id
    }
  }
}
