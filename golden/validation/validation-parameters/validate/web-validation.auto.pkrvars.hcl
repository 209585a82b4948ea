vm_size = "Standard_D4s_v5"
port    = 8080
