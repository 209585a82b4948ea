# Values that several builds share. Uncomment a line to give its value to all of them, and pass
# -var-file=estate.pkrvars.hcl before the files of a single build: the last value counts. Packer
# reads *.auto.pkrvars.hcl before everything else, so pass such a file again after this one.

# For linux/base, linux/web.
# Who pays for the build. Whoever runs Packer gives it.
# team = "..."

# For linux/base, linux/database, linux/legacy, linux/web, windows/desktop.
# Gallery of the image.
# The gallery_golden_22222222 must be a resource id:
# /subscriptions/.../resourceGroups/.../providers/Microsoft.Compute/galleries/...
# gallery_golden_22222222 = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/images/providers/Microsoft.Compute/galleries/golden"

# For linux/base, linux/database, linux/legacy, linux/web, windows/desktop.
# Whether Image Builder still builds, too: those who ask for the latest version then pass this one over.
# side_by_side = false

# For linux/database, linux/legacy, windows/desktop.
# Who may reach the build VM, which has a public address. Empty: anybody.
# allowed_inbound_ip_addresses = []

# For linux/base, linux/web.
# Where the build VMs are.
# The subnet must be a resource id:
# /subscriptions/.../resourceGroups/.../providers/Microsoft.Network/virtualNetworks/.../subnets/...
# subnet = "/subscriptions/22222222-2222-2222-2222-222222222222/resourceGroups/network/providers/Microsoft.Network/virtualNetworks/builds/subnets/packer"
