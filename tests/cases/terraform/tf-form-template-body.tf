resource "azurerm_template_deployment" "old" {
  name                = "old"
  resource_group_name = "rg"
  deployment_mode     = "Incremental"
  parameters = {
    size = "Standard_D2s_v5"
  }
  template_body = <<DEPLOY
{
  "$schema": "https://schema.management.azure.com/schemas/2015-01-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "parameters": { "size": { "type": "string" } },
  "resources": [
    {
      "type": "Microsoft.VirtualMachineImages/imageTemplates",
      "apiVersion": "2020-02-14",
      "name": "old",
      "location": "westeurope",
      "properties": {
        "vmProfile": { "vmSize": "[parameters('size')]" },
        "source": { "type": "PlatformImage", "publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest" },
        "customize": [ { "type": "Shell", "name": "a", "inline": [ "id" ] } ],
        "distribute": [ { "type": "VHD", "runOutputName": "web" } ]
      }
    }
  ]
}
DEPLOY
}
