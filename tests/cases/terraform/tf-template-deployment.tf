# An ARM template that Terraform deploys.
variable "publisher" {
  type    = string
  default = "Canonical"
}

resource "azurerm_resource_group_template_deployment" "image" {
  name                = "image"
  resource_group_name = "images"
  deployment_mode     = "Incremental"

  parameters_content = jsonencode({
    name      = { value = "relay" }
    greeting  = { value = "[not an expression]" }
    publisher = { value = var.publisher }
  })

  template_content = <<TEMPLATE
{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "parameters": {
    "name": { "type": "string" },
    "publisher": { "type": "string" },
    "greeting": { "type": "string" }
  },
  "resources": [
    {
      "type": "Microsoft.VirtualMachineImages/imageTemplates",
      "apiVersion": "2024-02-01",
      "name": "[parameters('name')]",
      "location": "westeurope",
      "identity": { "type": "UserAssigned", "userAssignedIdentities": { "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/images/providers/Microsoft.ManagedIdentity/userAssignedIdentities/builder": {} } },
      "properties": {
        "source": { "type": "PlatformImage", "publisher": "[parameters('publisher')]", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest" },
        "customize": [ { "type": "Shell", "name": "relay", "inline": [ "apt-get install -y postfix", "[parameters('greeting')]" ] } ],
        "distribute": [ { "type": "ManagedImage", "runOutputName": "relay", "location": "westeurope", "imageId": "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/images/providers/Microsoft.Compute/images/relay" } ]
      }
    }
  ]
}
TEMPLATE
}
