# Types as modules write them: objects with attributes that may be left out, maps of objects, lists in objects.
locals {
  api_version = "2024-02-01"
}

variable "image" {
  type = object({
    publisher = string
    offer     = string
    sku       = string
    version   = optional(string, "latest")
  })
  description = "What the image starts from."
}

variable "environment" {
  type    = string
  default = "dev"
}

variable "sizes" {
  type = map(object({ size = string, disk = number }))
}

variable "publish" {
  type = object({
    regions  = set(string)
    replicas = number
    silent   = bool
  })

  validation {
    condition     = var.publish.replicas >= 1 && var.publish.replicas <= 100
    error_message = "between 1 and 100 replicas"
  }
}

variable "rg_id" {}

variable "common_tags" {}

variable "not_for_the_image" {
  type = string
}

resource "azurerm_resource_group" "images" {
  name     = "rg-images"
  location = "westeurope"
}

resource "azapi_resource" "web" {
  type      = "Microsoft.VirtualMachineImages/imageTemplates@${local.api_version}"
  parent_id = var.rg_id
  name      = "web"
  location  = "westeurope"
  tags      = merge(azurerm_resource_group.images.tags, var.common_tags, { image = "web" })

  identity {
    type         = "UserAssigned"
    identity_ids = ["/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/images/providers/Microsoft.ManagedIdentity/userAssignedIdentities/aib"]
  }

  body = {
    properties = {
      source = {
        type      = "PlatformImage"
        publisher = var.image.publisher
        offer     = var.image.offer
        sku       = var.image["sku"]
        version   = var.image.version
      }
      vmProfile = {
        vmSize       = var.sizes[var.environment].size
        osDiskSizeGB = var.sizes[var.environment].disk
      }
      customize = [{ type = "Shell", name = "id", inline = ["id"] }]
      distribute = [{
        type               = "SharedImage"
        galleryImageId     = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/images/providers/Microsoft.Compute/galleries/golden/images/web"
        runOutputName      = "web"
        replicationRegions = var.publish.regions
        excludeFromLatest  = var.publish.silent
        artifactTags       = azurerm_resource_group.images.tags
      }]
    }
  }
}
