variable "location" {
  type = string
}

variable "resource_group_id" {
  type = string
}

variable "identity_ids" {
  type        = list(string)
  description = "Identities of the build."
}

variable "timeout" {
  type    = number
  default = 120
}

variable "size" {
  type     = string
  default  = "Standard_D4s_v5"
  nullable = false
}

variable "image_definition_id" {
  type        = string
  description = "The image definition to distribute to."

  validation {
    condition     = can(regex("/galleries/[^/]+/images/[^/]+$", var.image_definition_id))
    error_message = "Give the id of an image definition."
  }

  validation {
    condition     = provider::azapi::parse_resource_id("Microsoft.Compute/galleries/images", var.image_definition_id).name != ""
    error_message = "Give the id of an image definition."
  }
}

variable "regions" {
  type    = set(string)
  default = ["westeurope"]
}
