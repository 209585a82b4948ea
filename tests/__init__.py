"""Tests of aib2packer."""
