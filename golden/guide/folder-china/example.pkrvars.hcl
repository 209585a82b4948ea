# Copy this file to values.pkrvars.hcl, fill it in, and give it to Packer: -var-file=values.pkrvars.hcl

# Storage account that receives the VHD, in the subscription of the build.
# vhd_storage_account = "..."

# Resource group of the storage account that receives the VHD.
# vhd_resource_group_name = "..."
