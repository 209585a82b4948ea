"""Source text with positions, and JSON read from it."""
