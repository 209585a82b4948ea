# Copy this file to values.pkrvars.hcl, fill it in, and give it to Packer: -var-file=values.pkrvars.hcl

# Subscription that the build VM runs in.
# subscription_id = "..."

# A secret, which belongs in no file: export PKR_VAR_token=...

# network = "..."
