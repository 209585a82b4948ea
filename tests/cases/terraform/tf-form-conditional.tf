variable "enabled" {
  type    = bool
  default = true
}

variable "windows_update" {
  type    = bool
  default = false
}

variable "scripts" {
  type = list(object({
    name     = string
    uri      = string
    sha256   = optional(string)
    elevated = optional(bool, true)
  }))
  default = [
    { name = "fslogix", uri = "https://example.com/fslogix.ps1" },
    { name = "teams", uri = "https://example.com/teams.ps1", elevated = false },
  ]
}

variable "build_timeout" {
  type    = number
  default = 240

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
  type    = string
  default = null
}

variable "replication_regions" {
  type = list(string)
}

locals {
  name   = lower("AVD-${terraform.workspace}")
  update = var.windows_update ? [{
    type           = "WindowsUpdate"
    searchCriteria = "IsInstalled=0"
    filters        = ["exclude:$_.Title -like '*Preview*'", "include:$true"]
    updateLimit    = 40
  }] : []
  steps = [for script in var.scripts : {
    type        = "PowerShell"
    name        = script.name
    scriptUri   = script.uri
    runElevated = script.elevated
    runAsSystem = script.elevated
  }]
  common = merge(var.tags == null ? {} : var.tags, { image = "avd" })
}

data "azurerm_resource_group" "avd" {
  name = "rg-avd"
}

data "azurerm_user_assigned_identity" "aib" {
  name                = "id-aib"
  resource_group_name = data.azurerm_resource_group.avd.name
}

data "azurerm_shared_image" "avd" {
  name                = "win11"
  gallery_name        = "avd"
  resource_group_name = data.azurerm_resource_group.avd.name
}

resource "time_static" "build" {}

resource "azapi_resource" "avd" {
  count                     = var.enabled ? 1 : 0
  type                      = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name                      = local.name
  parent_id                 = data.azurerm_resource_group.avd.id
  location                  = data.azurerm_resource_group.avd.location
  schema_validation_enabled = false
  response_export_values    = ["*"]
  tags                      = local.common

  dynamic "identity" {
    for_each = [data.azurerm_user_assigned_identity.aib.id]
    content {
      type         = "UserAssigned"
      identity_ids = [identity.value]
    }
  }

  body = {
    properties = {
      buildTimeoutInMinutes = var.build_timeout
      vmProfile = {
        vmSize       = "Standard_D4s_v5"
        osDiskSizeGB = 127
        vnetConfig   = var.subnet_id == null ? null : { subnetId = var.subnet_id }
      }
      source = {
        type      = "PlatformImage"
        publisher = "microsoftwindowsdesktop"
        offer     = "windows-11"
        sku       = "win11-24h2-avd"
        version   = "latest"
      }
      optimize = { vmBoot = { state = "Enabled" } }
      customize = concat(
        local.steps,
        [{ type = "WindowsRestart", restartTimeout = "10m" }],
        local.update,
      )
      distribute = [{
        type               = "SharedImage"
        runOutputName      = "avd-${formatdate("YYYYMMDD", timestamp())}"
        galleryImageId     = data.azurerm_shared_image.avd.id
        replicationRegions = distinct(concat([data.azurerm_resource_group.avd.location], var.replication_regions))
        artifactTags       = { built = time_static.build.rfc3339 }
      }]
    }
  }

  timeouts {
    create = "2h"
  }

  lifecycle {
    ignore_changes = [tags]
  }
}
