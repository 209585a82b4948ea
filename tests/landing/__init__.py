"""Putting a build into a folder that has builds."""
