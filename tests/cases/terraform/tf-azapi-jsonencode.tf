# azapi 1.x: the body as JSON text, the identity in it.
variable "name" { type = string }
variable "image_builder_id" { type = string }
variable "image" {
  type = object({
    publisher = string
    offer     = string
    sku       = string
    version   = optional(string, "latest")
  })
  default = {
    publisher = "MicrosoftWindowsServer"
    offer     = "WindowsServer"
    sku       = "2022-datacenter-azure-edition"
  }
}
variable "regions" {
  type    = list(string)
  default = ["westeurope", "northeurope"]
}

locals {
  gallery = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/images/providers/Microsoft.Compute/galleries/golden"
  updates = {
    type        = "WindowsUpdate"
    updateLimit = 40
    filters     = ["exclude:$_.Title -like '*Preview*'", "include:$true"]
  }
}

resource "azapi_resource" "server" {
  type      = "Microsoft.VirtualMachineImages/imageTemplates@2022-02-14"
  name      = "it-${var.name}"
  location  = "westeurope"
  parent_id = data.azurerm_resource_group.images.id
  body = jsonencode({
    identity = {
      type = "UserAssigned"
      userAssignedIdentities = {
        (var.image_builder_id) = {}
      }
    }
    properties = {
      vmProfile = { vmSize = "Standard_D4s_v5", osDiskSizeGB = 127 }
      source    = merge({ type = "PlatformImage" }, var.image)
      customize = concat(
        [local.updates],
        [for feature in ["Web-Server", "RSAT-AD-PowerShell"] : {
          type        = "PowerShell"
          name        = "feature ${feature}"
          runElevated = true
          inline      = ["Install-WindowsFeature -Name ${feature}"]
        }],
        [{ type = "WindowsRestart", restartTimeout = "10m" }],
      )
      distribute = [{
        type               = "SharedImage"
        runOutputName      = lower("Server-${var.name}")
        galleryImageId     = "${local.gallery}/images/server"
        replicationRegions = var.regions
      }]
    }
  })
}
