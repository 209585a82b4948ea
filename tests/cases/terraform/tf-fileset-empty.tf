# A pattern that no file fits: Terraform makes no step of it, without a word.
resource "azapi_resource" "web" {
  type     = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name     = "web"
  location = "westeurope"
  body = {
    properties = {
      source = { type = "PlatformImage", publisher = "Canonical", offer = "ubuntu-24_04-lts", sku = "server", version = "latest" }
      customize = concat(
        [{ type = "Shell", inline = ["echo hello"] }],
        [for script in fileset(path.module, "*.bash") : { type = "Shell", inline = ["bash ${script}"] }]
      )
      distribute = [{ type = "VHD", runOutputName = "web" }]
    }
  }
}
