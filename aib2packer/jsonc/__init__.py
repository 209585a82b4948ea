"""JSON as ARM tools read it, with a span on every key and value, and what is wrong with a text that is no JSON."""
