# Switched on by a variable, and once more as two of a kind.
variable "build_images" {
  type    = bool
  default = true
}

variable "staging" {
  type    = string
  default = null
}

data "azurerm_subscription" "current" {}

locals {
  group = "${data.azurerm_subscription.current.id}/resourceGroups/images"
}

resource "azapi_resource" "kiosk" {
  count     = var.build_images ? 1 : 0
  type      = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name      = format("kiosk-%02d", count.index + 1)
  location  = "westeurope"
  parent_id = local.group

  identity {
    type         = "UserAssigned"
    identity_ids = ["${local.group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/builder"]
  }

  body = {
    properties = {
      stagingResourceGroup = var.staging
      source = {
        type      = "PlatformImage"
        publisher = "Canonical"
        offer     = "ubuntu-24_04-lts"
        sku       = "server"
        version   = "latest"
      }
      customize = [
        { type = "Shell", inline = [<<-EOT
          set -eu
          echo kiosk > /etc/role
          echo "${data.azurerm_subscription.current.subscription_id}" > /etc/subscription
          EOT
        ] }
      ]
      distribute = [{
        type          = "ManagedImage"
        runOutputName = "kiosk"
        location      = "westeurope"
        imageId       = "/subscriptions/${data.azurerm_subscription.current.subscription_id}/resourceGroups/images/providers/Microsoft.Compute/images/kiosk"
      }]
    }
  }
}
