# Copy this file to values.pkrvars.hcl, fill it in, and give it to Packer: -var-file=values.pkrvars.hcl

# Azure region of the build. The template took the region of its resource group.
# location = "..."

# Resource group that the template was deployed to.
# resource_group_name = "..."

# Compute gallery that receives the image
# gallery_name = "..."

# A secret, which belongs in no file: export PKR_VAR_apps_url=...
