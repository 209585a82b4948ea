# Copy this file to values.pkrvars.hcl, fill it in, and give it to Packer: -var-file=values.pkrvars.hcl

# A secret, which belongs in no file: export PKR_VAR_token=...

# network = "..."
