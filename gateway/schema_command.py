"""`journal-gateway schema`: the GraphQL schema as text."""

import sys

from gateway.loading import loading


def schema() -> None:
    """Print the GraphQL schema."""
    # Loaded only now: it takes longer than to show the help.
    with loading():
        from schema.schema import SCHEMA

    sys.stdout.write(SCHEMA.as_str() + "\n")
