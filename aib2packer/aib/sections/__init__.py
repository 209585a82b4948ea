"""The sections of an image template, one file each: source, customize, distribute, validate, vmProfile and identity."""
