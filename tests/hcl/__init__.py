"""The printer of HCL."""
