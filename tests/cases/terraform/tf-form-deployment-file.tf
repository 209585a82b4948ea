variable "image_name" {
  type    = string
  default = "web"
}

variable "template_parameters" {
  type = object({
    vmSize = string
    diskGB = number
  })
  default = {
    vmSize = "Standard_D2s_v5"
    diskGB = 64
  }
}

data "azurerm_subscription" "current" {}

resource "azurerm_resource_group_template_deployment" "aib" {
  name                = "aib-${var.image_name}"
  resource_group_name = "rg-images"
  deployment_mode     = "Incremental"
  template_content    = file("${path.module}/azuredeploy.json")
  parameters_content = jsonencode({
    imageName = { value = var.image_name }
    vmSize    = { value = var.template_parameters.vmSize }
    diskGB    = { value = var.template_parameters.diskGB }
    galleryId = { value = "${data.azurerm_subscription.current.id}/resourceGroups/rg-images/providers/Microsoft.Compute/galleries/golden/images/web" }
  })
  tags = { a = "b" }
}
