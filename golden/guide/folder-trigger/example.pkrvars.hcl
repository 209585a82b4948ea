# Copy this file to values.pkrvars.hcl, fill it in, and give it to Packer: -var-file=values.pkrvars.hcl

# Value in the commands of the step register. The parameter token of the template has no default. Whoever runs Packer gives it.
# A secret, which belongs in no file: export PKR_VAR_token='...'

# Virtual network of the build VM. The parameter network of the template has no default. Whoever runs Packer gives it.
# network = "..."
