"""The sort keys of a list, as SQL: its ORDER BY, and the conditions that a row is beyond a position."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from storage.documents.json_sql import JsonSql
from storage.documents.shape import Column
from storage.pages import Bound, Key

Bind = Callable[[object], str]


@dataclass(frozen=True, slots=True)
class Sorting:
    """The keys in the order of the list, or backwards."""

    json: JsonSql
    keys: Sequence[Key[Any]]
    backwards: bool = False

    def clause(self, column: Column) -> str:
        """The ORDER BY."""
        return ", ".join(self._key(key, column) for key in self.keys)

    @property
    def last_direction(self) -> str:
        """The direction of the last key."""
        return " DESC" if self.keys[-1].is_descending(backwards=self.backwards) else ""

    def is_rising(self, bound: Bound) -> bool:
        """Whether rows beyond the bound have a higher value of the last key, if they differ in no other."""
        return not self.keys[-1].is_descending(backwards=not bound.after)

    def beyond(self, bound: Bound, column: Column, bind: Bind, *, groups: bool = False) -> str:
        """The condition that a row is beyond the bound. For `groups`, the last key is not asked."""
        pairs = list(zip(self.keys, bound.key, strict=True))[: -1 if groups else None]
        directions = {key.is_descending(backwards=not bound.after) for key, _ in pairs}
        if len(directions) == 1 and not any(key.nullable for key, _ in pairs):
            # One comparison, along an index if there is one.
            columns = ", ".join(self._column(key, column) for key, _ in pairs)
            values = ", ".join(bind(value) for _, value in pairs)
            return f"({columns}) {'<' if directions.pop() else '>'}{'=' if groups else ''} ({values})"
        condition = "TRUE" if groups else "FALSE"
        for key, value in reversed(pairs):
            condition = self._beyond(key, self._column(key, column), value, bound, bind, condition)
        return condition

    def _beyond(self, key: Key[Any], column: str, value: object, bound: Bound, bind: Bind, rest: str) -> str:
        """The condition that a row is beyond the bound by this key, or equal in it and beyond it by the rest."""
        if value is None:
            beyond = "FALSE" if bound.after else f"{column} IS NOT NULL"
            return f"({beyond} OR {column} IS NULL AND {rest})"
        bound_value = bind(value)
        beyond = f"{column} {'<' if key.is_descending(backwards=not bound.after) else '>'} {bound_value}"
        if key.nullable and bound.after:
            beyond += f" OR {column} IS NULL"
        return f"({beyond} OR {column} = {bound_value} AND {rest})"

    def _key(self, key: Key[Any], column: Column) -> str:
        direction = " DESC" if key.is_descending(backwards=self.backwards) else ""
        empty = (" NULLS FIRST" if self.backwards else " NULLS LAST") if key.nullable else ""
        return f"{self._column(key, column)}{direction}{empty}"

    def _column(self, key: Key[Any], column: Column) -> str:
        return self.json.sorted_text(column(key.name)) if key.of is str else column(key.name)
