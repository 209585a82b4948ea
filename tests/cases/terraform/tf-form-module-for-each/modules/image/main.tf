resource "azapi_resource" "this" {
  type      = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name      = var.name
  parent_id = var.resource_group_id
  location  = var.location
  identity {
    type         = "UserAssigned"
    identity_ids = [var.identity_id]
  }
  body = {
    properties = {
      vmProfile  = { vmSize = var.vm_size }
      source     = merge(var.source_image, { type = "PlatformImage" })
      customize  = length(var.commands) > 0 ? [{ type = "Shell", name = "commands", inline = var.commands }] : []
      distribute = [{
        type          = "ManagedImage"
        imageId       = "${var.resource_group_id}/providers/Microsoft.Compute/images/${var.name}"
        location      = var.location
        runOutputName = var.name
      }]
    }
  }
}

output "id" {
  value = azapi_resource.this.id
}
