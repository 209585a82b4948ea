# The scripts of a folder, whatever they are called; and settings that another resource adds.
locals {
  scripts = fileset("${path.module}/scripts", "*.sh")
  folder  = "${path.module}/scripts"
}

resource "azapi_resource" "scripted" {
  type      = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name      = "scripted"
  location  = "westeurope"
  parent_id = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-images"
  body = {
    properties = {
      source = { type = "PlatformImage", publisher = "Canonical", offer = "ubuntu-24_04-lts", sku = "server", version = "latest" }
      customize = [for script in local.scripts : {
        type   = "Shell"
        name   = trimsuffix(script, ".sh")
        inline = split("\n", trimspace(file("${local.folder}/${script}")))
      }]
      distribute = [{
        type           = "SharedImage"
        galleryImageId = "/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/rg-images/providers/Microsoft.Compute/galleries/golden/images/scripted"
        runOutputName  = "scripted"
        artifactTags   = { for script in local.scripts : script => filesha256("${path.module}/scripts/${script}") }
      }]
    }
  }
}

resource "azapi_update_resource" "size" {
  type        = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  resource_id = azapi_resource.scripted.id
  body = {
    properties = { vmProfile = { vmSize = "Standard_D4s_v5" } }
  }
}
