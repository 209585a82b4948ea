"""A Windows VM that records: it listens to WinRM, is told what to run, and runs nothing."""
