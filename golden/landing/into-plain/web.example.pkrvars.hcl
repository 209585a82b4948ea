# Copy this file to web.values.auto.pkrvars.hcl and fill it in: Packer reads it by itself

# The parameter vmSize of the template, which has no default. Whoever runs Packer gives it.
# web_vm_size = "..."
