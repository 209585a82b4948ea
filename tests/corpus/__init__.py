"""Real public templates, where they lie beside the checkout."""
