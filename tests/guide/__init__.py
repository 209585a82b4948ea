"""What people need to run a build."""
