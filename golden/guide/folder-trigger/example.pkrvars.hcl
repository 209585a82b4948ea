# Copy this file to values.pkrvars.hcl, fill it in, and give it to Packer: -var-file=values.pkrvars.hcl

# The parameter token of the template, which has no default. Whoever runs Packer gives it.
# A secret, which belongs in no file: export PKR_VAR_token=...

# The parameter network of the template, which has no default. Whoever runs Packer gives it.
# network = "..."
