"""The room `azure/`: facts about the clouds."""
