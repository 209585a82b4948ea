"""What a build is made of."""
