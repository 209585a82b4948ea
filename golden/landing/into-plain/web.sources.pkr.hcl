source "azure-arm" "web" {
  # On a laptop with the account of the Azure CLI; in GitHub Actions as the client there, with identity tokens of the job.
  use_azure_cli_auth = var.use_azure_cli_auth && (var.client_id == "" || var.oidc_request_url == "")
  tenant_id          = var.oidc_request_url == "" ? null : var.tenant_id
  client_id          = var.client_id
  oidc_request_url   = var.oidc_request_url
  oidc_request_token = var.oidc_request_token
  subscription_id    = var.subscription_id

  # Source image
  os_type         = "Linux"
  image_publisher = "Canonical"
  image_offer     = "ubuntu-24_04-lts"
  image_sku       = "server"
  image_version   = "latest"

  # Build VM
  location                     = "westeurope"
  temp_resource_group_name     = local.web_temporary_group_name
  vm_size                      = var.web_vm_size
  security_type                = local.web_trusted_launch ? "TrustedLaunch" : null
  secure_boot_enabled          = local.web_trusted_launch
  vtpm_enabled                 = local.web_trusted_launch
  allowed_inbound_ip_addresses = var.web_allowed_inbound_ip_addresses

  # What azure-arm waits for in Azure has 15 minutes each, unless it is said; Image Builder had one limit for all.
  polling_duration_timeout = "240m"

  # Distribution
  # The gallery version is made of this image. It lies in the resource group of the build, and goes with it.
  managed_image_name                = local.web_trusted_launch ? null : local.web_temporary_image_name
  managed_image_resource_group_name = local.web_trusted_launch ? null : local.web_temporary_group_name

  shared_image_gallery_destination {
    subscription   = "22222222-2222-2222-2222-222222222222"
    resource_group = "images"
    gallery_name   = "golden"
    image_name     = "web"
    image_version  = local.web_image_version

    target_region {
      name = "westeurope"
    }
  }
  shared_image_gallery_timeout = "240m"

  azure_tags = {
    owner = var.web_owner
  }
}
