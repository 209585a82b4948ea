"""Source text with positions, the secrets in it, and patterns of file names."""
