# Copy this file to web.values.auto.pkrvars.hcl and fill it in: Packer reads it by itself

# web_vm_size = "..."
