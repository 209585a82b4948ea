"""What makes the start of the program quick: models and patterns compiled when they are first used, and byte code kept."""
