variable "name" { type = string }
variable "resource_group_id" { type = string }
variable "location" { type = string }
variable "identity_id" { type = string }
variable "commands" {
  type    = list(string)
  default = []
}
variable "source_image" {
  type = object({
    publisher = string
    offer     = string
    sku       = string
    version   = optional(string, "latest")
  })
}
variable "vm_size" {
  type    = string
  default = "Standard_D2s_v5"
}
