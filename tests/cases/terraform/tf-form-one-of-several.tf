variable "size" {
  type    = string
  default = "Standard_D2s_v5"
}

resource "azapi_resource" "good" {
  type     = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name     = "good"
  location = "westeurope"
  body = {
    properties = {
      vmProfile  = { vmSize = var.size }
      source     = { type = "PlatformImage", publisher = "Canonical", offer = "ubuntu-24_04-lts", sku = "server" }
      customize  = [{ type = "Shell", inline = ["id"] }]
      distribute = [{ type = "VHD", runOutputName = "web" }]
    }
  }
}

resource "azapi_resource" "bad" {
  type     = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name     = "bad"
  location = "westeurope"
  body = {
    properties = {
      vmProfile  = { vmSize = cidrhost("10.0.0.0/8", 2) }
      source     = { type = "PlatformImage", publisher = "Canonical", offer = "ubuntu-24_04-lts", sku = bcrypt("server") }
      customize  = [{ type = "Shell", inline = ["id"] }]
      distribute = [{ type = "VHD", runOutputName = "web" }]
    }
  }
}

resource "azapi_resource" "worse" {
  type     = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name     = "worse"
  location = "westeurope"
  body     = filebase64("x")
}

resource "azapi_resource" "unknown_count" {
  count    = length(data.azurerm_resources.all.resources)
  type     = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name     = "many-${count.index}"
  location = "westeurope"
  body = {
    properties = {
      source     = { type = "PlatformImage", publisher = "Canonical", offer = "ubuntu-24_04-lts", sku = "server" }
      customize  = [{ type = "Shell", inline = ["id"] }]
      distribute = [{ type = "VHD", runOutputName = "web" }]
    }
  }
}
