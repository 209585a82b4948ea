"""The forms that image templates come in: printed by tools, read from Azure, wrapped into others; and what is none of them."""
