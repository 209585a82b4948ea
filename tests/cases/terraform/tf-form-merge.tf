variable "extra" {
  type    = any
  default = {}
}

locals {
  base = {
    properties = {
      buildTimeoutInMinutes = 100
      source                = { type = "PlatformImage", publisher = "Canonical", offer = "ubuntu-24_04-lts", sku = "server", version = "latest" }
      customize             = local.steps
      distribute            = [{ type = "VHD", runOutputName = "vhd" }]
    }
  }
  steps = [
    for name, commands in { first = ["id"], second = ["uptime", "date"] } : {
      type   = "Shell"
      name   = name
      inline = commands
    } if length(commands) > 1
  ]
}

resource "azapi_resource" "web" {
  type     = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name     = "web"
  location = "westeurope"
  body = jsonencode({
    properties = merge(local.base.properties, { vmProfile = { vmSize = "Standard_D4s_v5" } }, var.extra)
  })
}

resource "azapi_resource" "whole" {
  type     = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name     = "whole"
  location = "westeurope"
  body     = merge(local.base, {})
}
