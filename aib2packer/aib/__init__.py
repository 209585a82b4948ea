"""What an image template says, alike for every API version and every form it comes in."""
