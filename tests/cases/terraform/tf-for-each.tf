# One resource, several images: a map of objects.
variable "images" {
  type = map(object({
    sku      = string
    size     = optional(string, "Standard_D2s_v5")
    packages = optional(list(string), [])
  }))
  default = {
    web = {
      sku      = "server"
      packages = ["nginx", "certbot"]
    }
    runner = {
      sku  = "minimal"
      size = "Standard_D8s_v5"
    }
  }
}

resource "azapi_resource" "image" {
  for_each  = var.images
  type      = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name      = "it-${each.key}"
  location  = "westeurope"
  parent_id = azurerm_resource_group.images.id

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.builder.id]
  }

  body = {
    properties = {
      vmProfile = { vmSize = each.value.size }
      source = {
        type      = "PlatformImage"
        publisher = "Canonical"
        offer     = "ubuntu-24_04-lts"
        sku       = each.value.sku
        version   = "latest"
      }
      customize = [{
        type   = "Shell"
        name   = "packages"
        inline = concat(["apt-get update"], [for package in each.value.packages : "apt-get install -y ${package}"])
      }]
      distribute = [{
        type           = "SharedImage"
        runOutputName  = each.key
        galleryImageId = azurerm_shared_image.image[each.key].id
        targetRegions  = [{ name = "westeurope" }]
      }]
    }
  }
}
