"""What people need to run a build: instructions, rights, network, the header, MIGRATION.md and pipelines."""
