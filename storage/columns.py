"""Column types that behave the same on SQLite and PostgreSQL."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Enum, Integer, TypeDecorator

Identifier = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit primary key; SQLite assigns row ids only if the type is named INTEGER."""


def wire_enum(words: type[StrEnum]) -> Enum:
    """A text column that holds the wire strings of a vocabulary."""
    return Enum(
        words,
        values_callable=lambda members: [member.value for member in members],
        native_enum=False,
        create_constraint=False,
        length=80,
    )


class UtcDateTime(TypeDecorator[datetime]):
    """A moment in UTC. A naive datetime is refused; what is read is always aware."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment needs its time zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value if value is None else value.astimezone(UTC)
        return value.replace(tzinfo=UTC)


class WordList(TypeDecorator[list[Any]]):
    """A list of words of one vocabulary, stored as a JSON array of wire strings."""

    impl = JSON
    cache_ok = True

    def __init__(self, words: type[StrEnum]) -> None:
        super().__init__()
        self.words = words

    def process_bind_param(self, value: Sequence[StrEnum] | None, dialect: Dialect) -> list[str]:
        return [self.words(word).value for word in value or ()]

    def process_result_value(self, value: list[str] | None, dialect: Dialect) -> list[StrEnum]:
        return [self.words(word) for word in value or ()]


def as_text(moment: datetime) -> str:
    """The moment as SQLite has it in a column; PostgreSQL, which uses UTC here, reads it too."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def now() -> datetime:
    """The current time, in UTC."""
    return datetime.now(UTC)
