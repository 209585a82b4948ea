"""What became of every setting of a template, and where every line of the output comes from."""
