# Copy this file to web.values.auto.pkrvars.hcl and fill it in: Packer reads it by itself

# Size of the build VM. The parameter vmSize of the template has no default. Whoever runs Packer gives it.
# web_vm_size = "..."
