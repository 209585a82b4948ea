variable "packages" {
  type    = list(string)
  default = ["git", "curl"]
}

variable "debug" {
  type    = bool
  default = false
}

locals {
  install = <<-EOT
    %{ for package in var.packages ~}
    apt-get -y install ${package}
    %{ endfor ~}
  EOT
}

resource "azapi_resource" "web" {
  type     = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name     = "web"
  location = "westeurope"
  body = {
    properties = {
      source     = { type = "PlatformImage", publisher = "Canonical", offer = "ubuntu-24_04-lts", sku = "server" }
      customize  = [{ type = "Shell", inline = [local.install, "set %{ if var.debug }-x%{ else }+x%{ endif }"] }]
      distribute = [{ type = "VHD", runOutputName = "web" }]
    }
  }
}
