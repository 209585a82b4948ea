locals {
  name = "app-${var.location}"
  tags = { owner = "app team", location = var.location }
  source = {
    type      = "PlatformImage"
    publisher = "RedHat"
    offer     = "RHEL"
    sku       = "9-lvm-gen2"
    version   = "latest"
  }
  never_used = cidrsubnets("10.0.0.0/16", 4, 4)
}
