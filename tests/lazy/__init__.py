"""The room `lazy/`: models and patterns that are compiled when they are first used."""
