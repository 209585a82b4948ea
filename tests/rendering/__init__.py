"""Builds and pages as text."""
