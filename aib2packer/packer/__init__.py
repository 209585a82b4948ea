"""The Packer side: what a build says, and how a template becomes one."""
