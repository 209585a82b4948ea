"""Tests of aib2packer.provenance."""
