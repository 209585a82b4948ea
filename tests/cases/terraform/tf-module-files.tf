# A module in several files: variables, locals, scripts and values beside it.
resource "azapi_resource" "build" {
  type      = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name      = local.name
  location  = var.location
  parent_id = var.resource_group_id
  tags      = local.tags

  identity {
    type         = "UserAssigned"
    identity_ids = var.identity_ids
  }

  body = {
    properties = {
      buildTimeoutInMinutes = var.timeout
      vmProfile             = { vmSize = var.size }
      source                = local.source
      customize = [
        { type = "Shell", name = "install", inline = [file("${path.module}/scripts/install.sh")] },
        { type = "File", name = "config", sourceUri = "https://contoso.blob.core.windows.net/files/app.conf", destination = "/tmp/app.conf", sha256Checksum = "0000000000000000000000000000000000000000000000000000000000000001" },
      ]
      distribute = [{
        type           = "SharedImage"
        runOutputName  = local.name
        galleryImageId = var.image_definition_id
        targetRegions  = [for region in var.regions : { name = region }]
        versioning     = { scheme = "Latest", major = 1 }
      }]
    }
  }
}

resource "azapi_resource_action" "run" {
  type        = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  resource_id = azapi_resource.build.id
  action      = "run"
}

resource "azapi_resource" "trigger" {
  type      = "Microsoft.VirtualMachineImages/imageTemplates/triggers@2024-02-01"
  name      = "on-new-source"
  parent_id = azapi_resource.build.id
  body      = { properties = { kind = "SourceImage" } }
}
