# A module of the repository, called twice.
variable "environment" {
  type    = string
  default = "prod"
}

module "agents" {
  source   = "./modules/image"
  for_each = toset(["build", "deploy"])

  name     = "${each.key}-agent"
  tags     = { environment = var.environment }
  gallery  = azurerm_shared_image_gallery.agents.id
  location = "westeurope"
}

module "naming" {
  source  = "Azure/naming/azurerm"
  version = "0.4.2"
}
