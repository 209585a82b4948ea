# Copy this file to desktop.values.auto.pkrvars.hcl and fill it in: Packer reads it by itself

# Size of the build VM. The parameter vmSize of the template has no default. Whoever runs Packer gives it.
# desktop_vm_size = "..."

# Of the builds that are here: all.pkr.hcl:14.
# subscription_id = "..."

# Of the builds that are here: all.pkr.hcl:28.
# team = "..."
