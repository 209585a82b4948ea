data "azurerm_client_config" "current" {}

data "azurerm_shared_image_version" "base" {
  name                = "latest"
  image_name          = "base"
  gallery_name        = "golden"
  resource_group_name = "rg-images"
}

data "azurerm_subnet" "build" {
  name                 = "build"
  virtual_network_name = "vnet"
  resource_group_name  = "rg-net"
}

data "azurerm_key_vault_secret" "token" {
  name         = "token"
  key_vault_id = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/r/providers/Microsoft.KeyVault/vaults/v"
}

data "terraform_remote_state" "hub" {
  backend = "azurerm"
  config  = {}
}

resource "random_string" "suffix" {
  length  = 6
  special = false
}

resource "azapi_resource" "base" {
  type      = "Microsoft.VirtualMachineImages/imageTemplates@2022-07-01"
  name      = "web-${random_string.suffix.result}"
  parent_id = "/subscriptions/${data.azurerm_client_config.current.subscription_id}/resourceGroups/rg-images"
  location  = data.terraform_remote_state.hub.outputs.location
  tags = {
    owner = data.terraform_remote_state.hub.outputs.owner
  }
  identity {
    type         = "UserAssigned"
    identity_ids = [data.terraform_remote_state.hub.outputs.identity_id]
  }
  body = jsonencode({
    properties = {
      stagingResourceGroup = "/subscriptions/${data.azurerm_client_config.current.subscription_id}/resourceGroups/rg-staging"
      vmProfile = {
        vmSize     = "Standard_D2s_v5"
        vnetConfig = { subnetId = data.azurerm_subnet.build.id }
      }
      source = { type = "SharedImageVersion", imageVersionId = data.azurerm_shared_image_version.base.id }
      customize = [
        { type = "Shell", name = "token", inline = ["curl -H 'Authorization: Bearer ${data.azurerm_key_vault_secret.token.value}' https://example.com/x"] },
      ]
      distribute = [
        { type = "VHD", runOutputName = "vhd" },
        { type = "SharedImage", galleryImageId = trimsuffix(data.azurerm_shared_image_version.base.id, "/versions/latest"), runOutputName = "sig", replicationRegions = ["westeurope"] },
      ]
    }
  })
}
