"""What a caller may ask: input is validated here, and look-ups are batched."""
