resource "azurerm_resource_group" "images" {
  name     = "images"
  location = "westeurope"
}

resource "azurerm_role_assignment" "all" {
  for_each             = azurerm_management_group.all
  scope                = each.value.id
  role_definition_name = cidrhost("10.0.0.0/8", 1)
}
