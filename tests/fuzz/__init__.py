"""Mutated inputs: whatever stands in a file, there is HCL or an error that says why not."""
