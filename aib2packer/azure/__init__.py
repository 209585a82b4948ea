"""Facts about Azure that more than one side needs."""
