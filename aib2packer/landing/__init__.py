"""Putting a build into a folder that has builds: what is there, what of it is used, what gets another name, what clashes."""
