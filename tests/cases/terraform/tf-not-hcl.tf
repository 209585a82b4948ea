resource "azapi_resource" "broken" {
  type = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name = = "broken"
}
