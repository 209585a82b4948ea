"""Builds and pages as text: HCL by its printer, pages by Jinja2 templates and what their filters leave."""
