"""The established REST interface: the same runs, for existing clients."""
