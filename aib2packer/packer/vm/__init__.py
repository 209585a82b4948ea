"""The build VM: its size and network, how Packer signs in to Azure, and how it reaches the VM."""
