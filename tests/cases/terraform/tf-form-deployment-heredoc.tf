variable "size" {
  type    = string
  default = "Standard_D2s_v5"
}

variable "image" {
  type = string
}

locals {
  prefix = "contoso"
}

resource "azurerm_resource_group_template_deployment" "web" {
  name                = "web"
  resource_group_name = "rg-images"
  deployment_mode     = "Incremental"
  template_content    = <<TEMPLATE
{
  "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
  "contentVersion": "1.0.0.0",
  "resources": [
    {
      "type": "Microsoft.VirtualMachineImages/imageTemplates",
      "apiVersion": "2024-02-01",
      "name": "${local.prefix}-web",
      "location": "westeurope",
      "properties": {
        "buildTimeoutInMinutes": ${60 + 30},
        "vmProfile": { "vmSize": "${var.size}" },
        "source": { "type": "PlatformImage", "publisher": "Canonical", "offer": "ubuntu-24_04-lts", "sku": "server", "version": "latest" },
        "customize": [ { "type": "Shell", "inline": [ "id" ] } ],
        "distribute": [ { "type": "ManagedImage", "runOutputName": "relay", "location": "westeurope", "imageId": "[resourceId('Microsoft.Compute/images', '${local.prefix}-${var.image}')]" } ]
      }
    }
  ]
}
TEMPLATE
}
