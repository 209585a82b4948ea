team    = "web"
vm_size = "Standard_D4s_v5"
disk    = 128
preview = false
