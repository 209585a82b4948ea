"""Reading templates."""
