"""Azure Resource Manager: a store of resources, and the rules of each type of them."""
