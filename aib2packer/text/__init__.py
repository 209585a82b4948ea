"""Source text with positions, the secrets in it, checksums, and patterns of file names."""
