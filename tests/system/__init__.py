"""Files that are read, and programs that are looked for."""
