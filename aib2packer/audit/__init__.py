"""The audit of many templates: what converts, what to act on and to decide, what people need."""
