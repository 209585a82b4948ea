"""What the machine holds that runs a conversion: its files, read with care, and its programs."""
