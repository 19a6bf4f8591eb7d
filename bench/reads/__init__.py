"""How fast reads are, next to other ways to serve the same ledger."""
