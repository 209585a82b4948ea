"""Azure, asked by the Azure CLI of the user: image templates, and versions in galleries."""
