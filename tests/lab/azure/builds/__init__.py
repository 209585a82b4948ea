"""Converted builds on the simulated Azure: what they do there, and what AIB would have left."""
