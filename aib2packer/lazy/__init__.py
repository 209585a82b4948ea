"""What is compiled when it is first used: models and patterns. The start of the program is quick for it."""
