"""What Packer says of the output."""
