"""The Packer side: what a build says, how a template becomes one, and how it is printed."""
