variable "name" { type = string }
variable "location" { type = string }
variable "gallery" { type = string }
variable "tags" { type = map(string) }

variable "size" {
  type    = string
  default = "Standard_D2s_v5"
}

resource "azapi_resource" "this" {
  type      = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name      = var.name
  location  = var.location
  parent_id = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/images"
  tags      = merge(var.tags, { module = "image" })

  body = jsondecode(templatefile("${path.module}/templates/image.json.tftpl", {
    name    = var.name
    gallery = var.gallery
    size    = var.size
    regions = [var.location, "northeurope"]
  }))
}
