"""The base of errors that are shown to the people who run the gateway."""


class OperatorError(Exception):
    """Whoever runs the command can fix this. The text says what is wrong, and what would be right."""
