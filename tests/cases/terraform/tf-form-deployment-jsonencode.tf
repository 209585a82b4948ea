locals {
  prefix = "contoso"
  template = {
    "$schema"      = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#"
    contentVersion = "1.0.0.0"
    parameters     = { location = { type = "string", defaultValue = "[resourceGroup().location]" } }
    resources = [{
      type       = "Microsoft.VirtualMachineImages/imageTemplates"
      apiVersion = "2022-07-01"
      name       = "${local.prefix}-web"
      location   = "[parameters('location')]"
      properties = {
        vmProfile = { vmSize = "Standard_D2s_v5" }
        source    = { type = "PlatformImage", publisher = "Canonical", offer = "ubuntu-24_04-lts", sku = "server", version = "latest" }
        customize = [{ type = "Shell", inline = ["id"] }]
        distribute = [{
          type           = "ManagedImage"
          imageId        = "[resourceId('Microsoft.Compute/images', '${local.prefix}-web')]"
          location       = "[parameters('location')]"
          runOutputName  = "web"
        }]
      }
    }]
  }
}

resource "azurerm_resource_group_template_deployment" "web" {
  name                = "web"
  resource_group_name = "rg-images"
  deployment_mode     = "Incremental"
  template_content    = jsonencode(local.template)
}
