"""Tests of findings and how they are shown."""
