# Forms of modules that are used by others: lists and objects with defaults, what may be null, one or none of a resource.
variable "tags" {
  type    = map(string)
  default = null
}

variable "regions" {
  type    = list(string)
  default = ["westeurope", "northeurope"]
}

variable "sizes" {
  type = map(object({ vm = string, disk = optional(number, 64) }))
  default = {
    small = { vm = "Standard_D2s_v5" }
    large = { vm = "Standard_D8s_v5", disk = 256 }
  }
}

variable "size" {
  type    = string
  default = "small"
}

variable "plan" {
  type    = object({ name = string, product = string, publisher = string })
  default = null
}

variable "image" {
  type    = object({ sku = optional(string), version = optional(string, "latest") })
  default = {}
}

variable "create" {
  type    = bool
  default = true
}

resource "azurerm_shared_image" "this" {
  count               = var.create ? 1 : 0
  name                = "optional"
  gallery_name        = "golden"
  resource_group_name = "rg-images"
  location            = "westeurope"
  os_type             = "Linux"
  hyper_v_generation  = "V2"
}

resource "azapi_resource" "optional" {
  type      = "Microsoft.VirtualMachineImages/imageTemplates@2024-02-01"
  name      = "optional"
  location  = "uksouth"
  parent_id = one(azurerm_resource_group.this[*].id)
  tags      = var.tags
  body = {
    properties = {
      vmProfile = {
        vmSize       = var.sizes[var.size].vm
        osDiskSizeGB = try(var.sizes[var.size].disk, 30)
      }
      source = merge(
        { type = "PlatformImage", publisher = "Canonical", offer = "ubuntu-24_04-lts", sku = coalesce(var.image.sku, "server"), version = var.image.version },
        var.plan == null ? {} : { planInfo = { planName = var.plan.name, planProduct = var.plan.product, planPublisher = var.plan.publisher } },
      )
      customize = [{ type = "Shell", name = "list", inline = ["echo ${join(" ", values(azurerm_storage_account.all)[*].name)}"] }]
      distribute = [{
        type               = "SharedImage"
        galleryImageId     = one(azurerm_shared_image.this[*].id)
        runOutputName      = "optional"
        replicationRegions = var.regions
        artifactTags       = merge(var.tags, { sizes = join(",", keys(var.sizes)), small = can(var.sizes.small) })
      }]
    }
  }
}
