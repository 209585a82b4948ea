"""`python -m aib2packer`."""

from aib2packer.cli import main

main(prog_name="aib2packer")
