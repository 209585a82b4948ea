variable "image_version" {
  type    = string
  default = "latest"
}

variable "script" {
  type = string
}

resource "azurerm_resource_group" "rg" {
  name     = "rg-images"
  location = "northeurope"
}

resource "azurerm_shared_image" "web" {
  name                = "web"
  gallery_name        = "golden"
  resource_group_name = azurerm_resource_group.rg.name
  location            = azurerm_resource_group.rg.location
  os_type             = "Linux"
  hyper_v_generation  = "V2"
  trusted_launch_supported = true
}

resource "azapi_resource" "web" {
  type      = "Microsoft.VirtualMachineImages/imageTemplates@2023-07-01"
  name      = "web"
  location  = azurerm_resource_group.rg.location
  parent_id = azurerm_resource_group.rg.id
  identity {
    type         = "UserAssigned"
    identity_ids = ["/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-images/providers/Microsoft.ManagedIdentity/userAssignedIdentities/aib"]
  }
  body = templatefile("${path.module}/tpl/body.json.tftpl", {
    image_id = azurerm_shared_image.web.id
    version  = var.image_version
    script   = var.script
    regions  = jsonencode(["northeurope", "westeurope"])
    minutes  = 90
  })
}
