"""Tests of what a run of several templates leaves for all of them."""
