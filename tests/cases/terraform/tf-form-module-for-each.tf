locals {
  images = {
    web = { sku = "server", steps = ["id", "uptime"] }
    min = { sku = "minimal", steps = [] }
  }
}

resource "azurerm_resource_group" "rg" {
  name     = "rg-images"
  location = "westeurope"
}

resource "azurerm_user_assigned_identity" "aib" {
  name                = "aib"
  resource_group_name = azurerm_resource_group.rg.name
  location            = azurerm_resource_group.rg.location
}

module "image" {
  source   = "./modules/image"
  for_each = local.images

  name              = each.key
  resource_group_id = azurerm_resource_group.rg.id
  location          = azurerm_resource_group.rg.location
  identity_id       = azurerm_user_assigned_identity.aib.id
  source_image      = { publisher = "Canonical", offer = "ubuntu-24_04-lts", sku = each.value.sku }
  commands          = each.value.steps
}
