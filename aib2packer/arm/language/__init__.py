"""The ARM expression language: its grammar, the values of partial evaluation, and their description in words."""
