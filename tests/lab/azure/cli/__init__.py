"""The real Azure CLI, on the simulated Azure."""
