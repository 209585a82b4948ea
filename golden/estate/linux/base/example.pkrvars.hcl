# Copy this file to values.pkrvars.hcl, fill it in, and give it to Packer: -var-file=values.pkrvars.hcl

# Who pays for the build. Whoever runs Packer gives it.
# team = "..."
