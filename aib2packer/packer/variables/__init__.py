"""Packer variables and locals: what stands in HCL for what is only known when Packer runs."""
