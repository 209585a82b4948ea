# The body as JSON in a heredoc, as the oldest modules have it.
variable "image_builder_id" {
  description = "The identity of Image Builder"
}

variable "disk" {
  type    = number
  default = 48
}

resource "azapi_resource" "jump" {
  type      = "Microsoft.VirtualMachineImages/imageTemplates@2020-02-14"
  name      = "jump"
  parent_id = azurerm_resource_group.rg.id
  location  = azurerm_resource_group.rg.location

  body = <<-EOF
    {
      "identity": {
        "type": "UserAssigned",
        "userAssignedIdentities": { "${var.image_builder_id}": {} }
      },
      "properties": {
        "vmProfile": { "vmSize": "Standard_D2s_v3", "osDiskSizeGB": ${var.disk} },
        "source": { "type": "PlatformImage", "publisher": "Canonical", "offer": "0001-com-ubuntu-server-jammy", "sku": "22_04-lts-gen2", "version": "latest" },
        "customize": [
          { "type": "Shell", "name": "tools", "inline": ["echo ${azurerm_resource_group.rg.name} > /etc/where", "echo $${SHELL}", "[ -d /opt ] || mkdir /opt"] }
        ],
        "distribute": [
          { "type": "SharedImage", "runOutputName": "jump", "galleryImageId": "${azurerm_shared_image.jump.id}", "replicationRegions": ${jsonencode(["westeurope"])} }
        ]
      }
    }
  EOF
}
