"""The validation of the image: what validates it, and the build that boots it for that."""
