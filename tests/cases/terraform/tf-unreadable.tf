# What the image needs, and cannot be read: each with its place. What it does not need is not looked at.
locals {
  unused = cidrsubnets("10.0.0.0/8", 8)
}

resource "azapi_resource" "by_function" {
  type     = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name     = "by-function"
  location = cidrsubnets("10.0.0.0/8", 1)
  body     = { properties = {} }
}

resource "azapi_resource" "by_directive" {
  type     = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name     = "by-directive"
  location = "westeurope"
  body     = { properties = { customize = [{ type = "Shell", inline = ["%{if true}echo yes"] }] } }
}

resource "azapi_resource" "by_file" {
  type     = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name     = "by-file"
  location = "westeurope"
  body     = jsondecode(file("${path.module}/not-there.json"))
}

resource "azapi_resource" "by_local" {
  type     = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name     = "by-local"
  location = local.nowhere
  body     = { properties = {} }
}

resource "azapi_resource" "by_json" {
  type     = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name     = "by-json"
  location = "westeurope"
  body     = <<-JSON
    { "properties": { "customize": [ { "type": "Shell", "inline": [ "x" ] } } }
  JSON
}

resource "azurerm_resource_group_template_deployment" "by_spec" {
  name                     = "by-spec"
  resource_group_name      = "images"
  deployment_mode          = "Incremental"
  template_spec_version_id = data.azurerm_template_spec_version.image.id
}
