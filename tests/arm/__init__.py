"""ARM documents and expressions."""
