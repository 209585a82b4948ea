"""A run of the program without a command line: which inputs, converting them, writing files, and comparing them."""
