"""What every customizer needs: texts that arrive byte for byte, uploads, downloads, and the generalize step."""
