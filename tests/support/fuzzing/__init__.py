"""Inputs that nobody would send in good faith, and what must not come of them."""
