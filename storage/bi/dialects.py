"""What the two databases write differently in views. Every function takes SQL and returns SQL."""

from typing import Protocol

from storage.bi.catalogue import Kind
from storage.documents.json_sql import JsonSql, PostgresqlJson, SqliteJson


class Dialect(Protocol):
    """One database's way."""

    json: JsonSql

    def null(self, kind: Kind) -> str:
        """A null in a column of that kind."""

    def amount(self, minor: str, digits: str) -> str:
        """An exact amount, from minor units: a number, or on SQLite, which has no decimals, a text."""

    def amount_order(self, minor: str, digits: str) -> list[str]:
        """What an amount is ordered and compared by: one exact number, or whole units and ten thousandths."""

    def text_order(self, text: str) -> str:
        """What a text is ordered and compared by: its code points."""

    nulls: str
    """What follows a column in ORDER BY, so that null comes first."""

    nulls_descending: str
    """What follows it in descending order, so that null comes last."""

    def position(self, text: str, part: str) -> str:
        """Where a text has the part, from 1; 0 if it does not."""

    def entry_segments(self, values: str) -> str:
        """The object of a column with a list of segments."""

    def entry_segment(self, values: str, name: str) -> str:
        """The value of one of them, by its name."""


class SqliteDialect:
    """SQLite 3.38 and later."""

    json: JsonSql = SqliteJson()
    nulls = ""
    nulls_descending = " DESC"

    def null(self, kind: Kind) -> str:
        return "NULL"

    def amount(self, minor: str, digits: str) -> str:
        return f"({self.json.amount(minor, digits, nullable=True)})"

    def amount_order(self, minor: str, digits: str) -> list[str]:
        # Both truncate towards zero, and neither leaves 64 bits.
        unit = f"CASE {digits} WHEN 2 THEN 100 WHEN 0 THEN 1 WHEN 3 THEN 1000 WHEN 4 THEN 10000 WHEN 1 THEN 10 END"
        return [f"({minor}) / ({unit})", f"({minor}) % ({unit}) * 10000 / ({unit})"]

    def text_order(self, text: str) -> str:
        return text

    def position(self, text: str, part: str) -> str:
        return f"instr({text}, {part})"

    def entry_segments(self, values: str) -> str:
        return f"(SELECT json_group_object(value ->> '$.name', value ->> '$.value') FROM json_each({values}))"

    def entry_segment(self, values: str, name: str) -> str:
        return f"(SELECT value ->> '$.value' FROM json_each({values}) WHERE value ->> '$.name' = {name})"


class PostgresqlDialect:
    """PostgreSQL."""

    json: JsonSql = PostgresqlJson()
    nulls = " NULLS FIRST"
    nulls_descending = " DESC NULLS LAST"

    def null(self, kind: Kind) -> str:
        return f"NULL::{_TYPES[kind]}"

    def amount(self, minor: str, digits: str) -> str:
        # The product of exact numbers has the decimals of its factors, trailing zeros included.
        factors = {2: "0.01", 0: "1", 3: "0.001", 4: "0.0001", 1: "0.1"}
        whens = " ".join(f"WHEN {places} THEN {factor}" for places, factor in factors.items())
        return f"({minor} * CASE {digits} {whens} END)"

    def amount_order(self, minor: str, digits: str) -> list[str]:
        return [self.amount(minor, digits)]

    def text_order(self, text: str) -> str:
        return f'({text}) COLLATE "C"'

    def position(self, text: str, part: str) -> str:
        return f"strpos({text}, {part})"

    def entry_segments(self, values: str) -> str:
        pairs = "json_object_agg(segment ->> 'name', segment -> 'value')"
        return f"(SELECT coalesce({pairs}, '{{}}'::json) FROM json_array_elements({values}) AS segment)"

    def entry_segment(self, values: str, name: str) -> str:
        segments = f"json_array_elements({values}) AS segment"
        return f"(SELECT segment ->> 'value' FROM {segments} WHERE segment ->> 'name' = {name})"


_TYPES = {
    Kind.TEXT: "text",
    Kind.INTEGER: "bigint",
    Kind.AMOUNT: "numeric",
    Kind.DATE: "date",
    Kind.MOMENT: "timestamptz",
    Kind.BOOLEAN: "boolean",
    Kind.JSON: "json",
}

SQLITE, POSTGRESQL = SqliteDialect(), PostgresqlDialect()
