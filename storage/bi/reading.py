"""Answering questions about views: rows, their number, and long answers in columns."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from storage.bi.questions import Condition, Question, Value
from storage.database import Database

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]


@dataclass(frozen=True, slots=True)
class Row:
    """The values of a row, in the order of the question's columns, and its position in the question's order.

    The values are those of their kinds: str, int, Decimal with its currency's digits, date, datetime in UTC, bool, a
    dict or a list for JSON, and None.
    """

    values: tuple[Any, ...]
    position: Sequence[Value]


def segments_of(database: Database) -> list[str]:
    """The ledger's segments, in the order in which they were defined."""
    raise NotImplementedError


def rows(database: Database, question: Question, organizations: frozenset[str] | None = None) -> list[Row]:
    """The rows that answer the question; with `organizations`, only those that belong to these.

    Raises what `Database.ask` raises.
    """
    raise NotImplementedError


def count(database: Database, view: str, where: Condition, organizations: frozenset[str] | None = None) -> int:
    """The number of rows that meet the condition. Raises what `Database.ask` raises."""
    raise NotImplementedError


def batches(
    database: Database, question: Question, organizations: frozenset[str] | None = None
) -> Iterator["pa.RecordBatch"]:
    """The rows that answer the question, as one moment has them, in columns; memory stays flat however many they are.

    AMOUNT is decimal128(23, 4), MOMENT timestamp in UTC, JSON a text, and so on. Raises what `Database.read` raises.
    """
    raise NotImplementedError


def as_of(database: Database) -> datetime:
    """The moment of the ledger's last change; every row that is read from now on and is not later is in it."""
    raise NotImplementedError
