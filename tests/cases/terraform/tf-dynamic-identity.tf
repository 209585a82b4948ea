# Forms of a registry module: a dynamic identity, what is secret, what is optional.
variable "managed_identities" {
  type = object({
    user_assigned_resource_ids = optional(set(string), [])
  })
  default = {
    user_assigned_resource_ids = ["/subscriptions/11111111-1111-1111-1111-111111111111/resourceGroups/images/providers/Microsoft.ManagedIdentity/userAssignedIdentities/builder"]
  }
}

variable "registration_key" {
  type      = string
  sensitive = true
}

variable "subnet_id" {
  type    = string
  default = null
}

variable "size" {
  type = object({
    large = optional(string)
  })
}

variable "proxy" {
  type    = bool
  default = false
}

locals {
  managed_identities = {
    user_assigned = length(var.managed_identities.user_assigned_resource_ids) > 0 ? {
      this = { ids = var.managed_identities.user_assigned_resource_ids }
    } : {}
  }
  proxy_steps = var.proxy ? [{ type = "Shell", name = "proxy", inline = ["echo proxy"] }] : []
}

resource "azapi_resource" "this" {
  type      = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name      = "it-agent"
  location  = data.azurerm_resource_group.this.location
  parent_id = data.azurerm_resource_group.this.id

  dynamic "identity" {
    for_each = local.managed_identities.user_assigned
    content {
      type         = "UserAssigned"
      identity_ids = identity.value.ids
    }
  }

  body = {
    properties = {
      vmProfile = merge(
        { vmSize = try(var.size.large, "Standard_D8s_v5") },
        var.subnet_id == null ? {} : { vnetConfig = { subnetId = var.subnet_id } },
      )
      source = {
        type      = "PlatformImage"
        publisher = "Canonical"
        offer     = "ubuntu-24_04-lts"
        sku       = "server"
        version   = coalesce("", "latest")
      }
      customize = concat(local.proxy_steps, [{
        type   = "Shell"
        name   = "register"
        inline = ["register --proxy ${var.proxy} --key '${var.registration_key}' --count ${length(["a", "b"])}"]
      }])
      distribute = [{
        type          = "VHD"
        runOutputName = "agent"
      }]
    }
  }

  lifecycle {
    ignore_changes = [tags]
  }
}
