"""ARM expressions as HCL that means the same, with Packer's own functions."""
