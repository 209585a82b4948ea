"""A run of the program: its inputs, output, and what differs."""
