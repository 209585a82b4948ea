terraform {
  required_version = ">= 1.5"
  required_providers {
    azapi   = { source = "Azure/azapi", version = "~> 1.13" }
    azurerm = { source = "hashicorp/azurerm", version = "~> 3.100" }
  }
}

provider "azurerm" {
  features {}
}

variable "location" {
  type        = string
  description = "Where everything is"
  default     = "westeurope"

  validation {
    condition     = contains(["westeurope", "northeurope"], var.location)
    error_message = "In Europe only."
  }
}

variable "images" {
  description = "The images, by name"
  type = map(object({
    publisher = string
    offer     = string
    sku       = string
    size      = optional(string, "Standard_D2s_v5")
    disk      = optional(number)
    tags      = optional(map(string), {})
  }))
  default = {
    web = { publisher = "Canonical", offer = "ubuntu-24_04-lts", sku = "server" }
    job = { publisher = "Canonical", offer = "ubuntu-24_04-lts", sku = "server", size = "Standard_D4s_v5", disk = 64, tags = { team = "jobs" } }
  }
}

data "azurerm_client_config" "current" {}

resource "azurerm_resource_group" "images" {
  name     = "rg-images"
  location = var.location
}

resource "azurerm_user_assigned_identity" "aib" {
  name                = "id-aib"
  location            = azurerm_resource_group.images.location
  resource_group_name = azurerm_resource_group.images.name
}

resource "azurerm_role_assignment" "aib" {
  scope                = azurerm_resource_group.images.id
  role_definition_name = "Contributor"
  principal_id         = azurerm_user_assigned_identity.aib.principal_id
}

resource "azurerm_shared_image_gallery" "golden" {
  name                = "golden"
  location            = azurerm_resource_group.images.location
  resource_group_name = azurerm_resource_group.images.name
}

resource "azurerm_shared_image" "this" {
  for_each            = var.images
  name                = each.key
  gallery_name        = azurerm_shared_image_gallery.golden.name
  resource_group_name = azurerm_resource_group.images.name
  location            = azurerm_resource_group.images.location
  os_type             = "Linux"
  hyper_v_generation  = "V2"

  identifier {
    publisher = "contoso"
    offer     = "linux"
    sku       = each.key
  }
}

resource "azapi_resource" "template" {
  for_each  = var.images
  type      = "Microsoft.VirtualMachineImages/imageTemplates@2022-02-14"
  name      = "it-${each.key}"
  parent_id = azurerm_resource_group.images.id
  location  = azurerm_resource_group.images.location
  tags      = merge({ managed-by = "terraform" }, each.value.tags)

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.aib.id]
  }

  body = jsonencode({
    properties = {
      buildTimeoutInMinutes = 120
      vmProfile = {
        vmSize       = each.value.size
        osDiskSizeGB = each.value.disk
        userAssignedIdentities = [azurerm_user_assigned_identity.aib.id]
      }
      source = {
        type      = "PlatformImage"
        publisher = each.value.publisher
        offer     = each.value.offer
        sku       = each.value.sku
        version   = "latest"
      }
      customize = [
        {
          type   = "Shell"
          name   = "update"
          inline = ["sudo apt-get update", "sudo apt-get -y upgrade"]
        },
      ]
      distribute = [
        {
          type           = "SharedImage"
          galleryImageId = azurerm_shared_image.this[each.key].id
          runOutputName  = each.key
          targetRegions = [for region in ["westeurope", "northeurope"] : {
            name         = region
            replicaCount = 1
          }]
          artifactTags = {
            source = "azure-vm-image-builder"
            built  = data.azurerm_client_config.current.tenant_id
          }
        }
      ]
    }
  })

  depends_on = [azurerm_role_assignment.aib]
}

resource "azapi_resource_action" "run" {
  for_each    = azapi_resource.template
  type        = "Microsoft.VirtualMachineImages/imageTemplates@2022-02-14"
  resource_id = each.value.id
  action      = "run"
}

output "ids" {
  value = { for key, one in azapi_resource.template : key => one.id }
}
