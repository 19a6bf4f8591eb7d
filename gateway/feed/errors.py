"""The refusal of a feed as a whole."""

from storage.errors import OperatorError


class FeedError(OperatorError):
    """The feed cannot be read; the text says what is wrong, where, and how to correct it."""

    def __init__(self, name: str, line: int | None, message: str) -> None:
        super().__init__(name, line, message)
        self.name = name
        self.line = line
        self.message = message

    def __str__(self) -> str:
        place = self.name if self.line is None else f"{self.name}, line {self.line}"
        return f"{place}: {self.message}"
