variable "location" {
  type        = string
  description = "Where images are built."
  default     = "westeurope"
}

variable "image_resource_group" {
  type = string
}

variable "vm_size" {
  type    = string
  default = "Standard_D4s_v5"
}
