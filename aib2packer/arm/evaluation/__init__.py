"""Partial evaluation of ARM expressions: what is known is computed, the rest stays a symbol."""
