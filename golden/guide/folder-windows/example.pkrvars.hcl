# Copy this file to values.pkrvars.hcl, fill it in, and give it to Packer: -var-file=values.pkrvars.hcl

# Region of the build and of the image. The template took the region of its resource group. Whoever runs Packer gives it.
# location = "..."

# Resource group that the template was deployed to. Whoever runs Packer gives it.
# resource_group_name = "..."

# Compute gallery that receives the image. Whoever runs Packer gives it.
# gallery_name = "..."

# Value in the commands of the step apps. The parameter appsUrl of the template has no default. Whoever runs Packer gives it.
# A secret, which belongs in no file: export PKR_VAR_apps_url='...'
