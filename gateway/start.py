"""The entry point."""

from gateway.loading import loading


def main() -> None:
    """Load the command line and run it."""
    with loading():
        from gateway.command_line import main as run

    run()
