"""The image that a build starts from."""
