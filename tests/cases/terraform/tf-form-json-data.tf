locals {
  config = jsondecode(file("${path.module}/images.json"))
  images = { for image in local.config.images : image.name => image }
}

resource "azapi_resource" "image" {
  for_each = local.images

  type      = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name      = each.key
  location  = lookup(each.value, "location", "westeurope")
  parent_id = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-images"
  body = {
    properties = {
      vmProfile = { vmSize = try(each.value.size, "Standard_D2s_v5") }
      source    = merge({ type = "PlatformImage", version = "latest" }, each.value.source)
      customize = [for index, step in try(each.value.steps, []) : {
        type   = "Shell"
        name   = format("step-%02d", index + 1)
        inline = split("\n", trimspace(step))
      }]
      distribute = [{
        type           = "SharedImage"
        galleryImageId = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-images/providers/Microsoft.Compute/galleries/golden/images/${each.key}"
        runOutputName  = each.key
        targetRegions  = [for region in coalesce(each.value.regions, ["westeurope"]) : { name = region }]
      }]
    }
  }
}
