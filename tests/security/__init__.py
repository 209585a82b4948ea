"""Templates that try to break out."""
