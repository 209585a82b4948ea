"""Builds and pages as text: the Jinja2 templates, and what their filters leave."""
