"""Customizers."""
