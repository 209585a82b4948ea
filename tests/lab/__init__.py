"""The real Packer judges what the converter wrote."""
