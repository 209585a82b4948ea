"""Tests of fetching, against a real web server on loopback."""
