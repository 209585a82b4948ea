variable "environments" {
  type    = set(string)
  default = ["dev", "prod"]
}

variable "disk" {
  type    = object({ gb = number, sku = string })
  default = { gb = 64, sku = "Premium_LRS" }
}

variable "admin_password" {
  type      = string
  sensitive = true
}

resource "azapi_resource" "by_environment" {
  for_each = toset([for name in var.environments : lower(name)])
  type     = "Microsoft.VirtualMachineImages/imageTemplates@2022-02-14"
  name     = "web-${each.value}"
  location = "westeurope"
  tags     = { for key, value in { Environment = each.key, Team = "web" } : lower(key) => upper(value) }
  body = jsonencode({
    properties = {
      vmProfile = { vmSize = each.key == "prod" ? "Standard_D8s_v5" : "Standard_D2s_v5", osDiskSizeGB = var.disk.gb }
      source    = { type = "PlatformImage", publisher = "MicrosoftWindowsServer", offer = "WindowsServer", sku = "2022-datacenter-g2", version = "latest" }
      customize = flatten([
        [{ type = "PowerShell", name = "user", runElevated = true, inline = ["net user builder '${var.admin_password}' /add"] }],
        [for number in range(2) : { type = "WindowsRestart", name = "restart-${number}" }],
        each.key == "prod" ? [{ type = "WindowsUpdate" }] : [],
      ])
      distribute = [{ type = "VHD", runOutputName = join("-", ["web", each.key]) }]
    }
  })
}
