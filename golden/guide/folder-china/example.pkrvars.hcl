# Copy this file to values.pkrvars.hcl, fill it in, and give it to Packer: -var-file=values.pkrvars.hcl

# Storage account that receives the VHD, in the subscription of the build. Whoever runs Packer gives it.
# vhd_storage_account = "..."

# Resource group of the storage account that receives the VHD. Whoever runs Packer gives it.
# vhd_resource_group_name = "..."
