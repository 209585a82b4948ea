"""What a build needs around it: rights of the account that runs it, and what it must reach over the network."""
