"""The asynchronous processes: the run's states, create, cancel and delete as durable workflows, and the feed."""
