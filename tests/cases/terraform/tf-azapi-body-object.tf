# One image, everything in one file: azapi 2.x, the body as an object.
terraform {
  required_providers {
    azapi = {
      source  = "Azure/azapi"
      version = "~> 2.0"
    }
  }
}

variable "location" {
  type        = string
  description = "Where the image is built."
  default     = "swedencentral"
}

variable "vm_size" {
  type        = string
  description = "Size of the machine that builds the image."
  default     = "Standard_D4s_v5"

  validation {
    condition     = startswith(var.vm_size, "Standard_")
    error_message = "A size begins with Standard_."
  }
}

variable "disk_gb" {
  type    = number
  default = 64

  validation {
    condition     = var.disk_gb >= 30 && var.disk_gb <= 1024
    error_message = "The disk has 30 to 1024 GB."
  }
}

resource "azurerm_resource_group" "images" {
  name     = "rg-images"
  location = var.location
}

resource "azurerm_user_assigned_identity" "builder" {
  name                = "id-builder"
  location            = azurerm_resource_group.images.location
  resource_group_name = azurerm_resource_group.images.name
}

resource "azurerm_shared_image" "bastion" {
  name                   = "bastion"
  gallery_name           = "golden"
  resource_group_name    = azurerm_resource_group.images.name
  location               = azurerm_resource_group.images.location
  os_type                = "Linux"
  hyper_v_generation     = "V2"
  trusted_launch_enabled = true

  identifier {
    publisher = "contoso"
    offer     = "bastion"
    sku       = "24"
  }
}

resource "azapi_resource" "bastion" {
  type      = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name      = "bastion"
  parent_id = azurerm_resource_group.images.id
  location  = azurerm_resource_group.images.location
  tags      = { team = "platform" }

  identity {
    type         = "UserAssigned"
    identity_ids = [azurerm_user_assigned_identity.builder.id]
  }

  body = {
    properties = {
      buildTimeoutInMinutes = 90
      vmProfile = {
        vmSize       = var.vm_size
        osDiskSizeGB = var.disk_gb
        vnetConfig = {
          subnetId = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/hub/providers/Microsoft.Network/virtualNetworks/hub/subnets/build"
        }
      }
      source = {
        type      = "PlatformImage"
        publisher = "Canonical"
        offer     = "ubuntu-24_04-lts"
        sku       = "server"
        version   = "latest"
      }
      customize = [
        {
          type = "Shell"
          name = "hardening"
          inline = [
            "apt-get update",
            "apt-get install -y ufw && ufw default deny incoming",
            "echo built in ${var.location}, home is $${HOME} > /etc/motd",
          ]
        },
      ]
      distribute = [
        {
          type           = "SharedImage"
          galleryImageId = azurerm_shared_image.bastion.id
          runOutputName  = "bastion"
          artifactTags   = { source = "terraform" }
          targetRegions  = [{ name = var.location, replicaCount = 1 }]
        },
      ]
    }
  }

  schema_validation_enabled = false

  timeouts {
    create = "3h"
  }
}
