"""The established REST interface: the same runs, for clients that were written for it."""
