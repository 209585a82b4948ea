"""Terraform: configurations, states and plans, turned into the deployment templates that say the same."""
