"""Journal runs: their states, durable workflows that create, cancel and delete them, and the feed of changes."""
