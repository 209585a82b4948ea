"""Terraform: configurations, states and plans."""
