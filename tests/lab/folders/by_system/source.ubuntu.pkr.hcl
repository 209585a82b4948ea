source "azure-arm" "ubuntu" {
  client_id       = var.client_id
  client_secret   = var.client_secret
  subscription_id = var.subscription_id
  tenant_id       = var.tenant_id

  location        = "swedencentral"
  vm_size         = "Standard_D2s_v5"
  os_type         = "Linux"
  image_publisher = "Canonical"
  image_offer     = var.image_offer
  image_sku       = var.image_sku
  azure_tags      = var.tags

  managed_image_name                = "ubuntu"
  managed_image_resource_group_name = "images"
}
