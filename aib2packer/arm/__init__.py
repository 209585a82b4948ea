"""The ARM side: from a JSON document to plain image template resources."""
