variable "landscape" {
  type        = string
  description = "Which environment the image is for, such as prod-eu."
}

variable "machine_size" {
  type = string
}

locals {
  stage = regex("^[a-z]+", var.landscape)
}

resource "azurerm_storage_account" "scripts" {
  name                = "stbuildscripts"
  resource_group_name = "build"
}

resource "azurerm_storage_container" "linux" {
  name               = "linux"
  storage_account_id = azurerm_storage_account.scripts.id
}

resource "azurerm_storage_blob" "harden" {
  name                   = "harden.sh"
  storage_account_name   = azurerm_storage_account.scripts.name
  storage_container_name = azurerm_storage_container.linux.name
  type                   = "Block"
  source                 = "harden.sh"
}

resource "azurerm_shared_image" "web" {
  count               = 1
  name                = "web"
  gallery_name        = "images"
  resource_group_name = "images"
  location            = "westeurope"
  os_type             = "Linux"
  hyper_v_generation  = "V2"
}

resource "azapi_resource" "web" {
  type      = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name      = "web"
  location  = "westeurope"
  parent_id = data.azurerm_resource_group.images.id

  body = {
    properties = {
      buildTimeoutInMinutes = 60 * 3 / 2
      vmProfile             = { vmSize = startswith(var.machine_size, "Standard_") ? var.machine_size : "Standard_${title(var.machine_size)}" }
      source = {
        type      = "PlatformImage"
        publisher = "Canonical"
        offer     = format("%s-%d_04-lts", "ubuntu", 24)
        sku       = trimprefix("Xserver", "X")
        version   = "latest"
      }
      customize = [
        {
          type   = "Shell"
          name   = "setup"
          inline = split("\n", trimspace(templatefile("${path.module}/setup.sh.tftpl", { greeting = "hello", packages = toset(["nginx", "curl"]) })))
        },
        { type = "Shell", name = "harden", scriptUri = azurerm_storage_blob.harden.url },
        {
          type   = "Shell"
          name   = "stage"
          inline = ["echo ${local.stage} > /etc/stage", "echo ${replace(var.landscape, "/[^a-z]+/", "_")} > /etc/environment-name"]
        },
      ]
      distribute = [
        {
          type               = "SharedImage"
          runOutputName      = "web"
          galleryImageId     = one(azurerm_shared_image.web[*].id)
          replicationRegions = azurerm_resource_group.region[*].location
        },
      ]
    }
  }
}
