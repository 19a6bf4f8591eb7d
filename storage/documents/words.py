"""The words for what is wanted: a tree of members, each with its name in the JSON object, its key."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from storage.conditions import Condition
from storage.pages import Bound, Order, Window


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the row."""

    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """A text that is known before. It has only characters of names, so it needs no escape."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Related:
    """The row that this one refers to, or null; or those that belong to it, all of them."""

    key: str
    name: str
    members: Sequence["Member"]


@dataclass(frozen=True, slots=True)
class Paged:
    """One page of a list of the row. `bounds` are the positions of the window's cursors."""

    key: str
    name: str
    order: Order[Any]
    conditions: Sequence[Condition]
    window: Window
    bounds: Sequence[Bound]
    parts: Sequence["Part"]


Member = Value | Constant | Related | Paged


@dataclass(frozen=True, slots=True)
class Nodes:
    """The rows of the page."""

    key: str
    members: Sequence[Member]


@dataclass(frozen=True, slots=True)
class Cursor:
    """The position of a row in its list."""

    key: str


@dataclass(frozen=True, slots=True)
class Node:
    """The row of an edge."""

    key: str
    members: Sequence[Member]


@dataclass(frozen=True, slots=True)
class Edges:
    """The rows of the page with their cursors."""

    key: str
    members: Sequence[Cursor | Node | Constant]


@dataclass(frozen=True, slots=True)
class PageInfo:
    """The position of the page: values named has_next_page, has_previous_page, start_cursor and end_cursor."""

    key: str
    members: Sequence[Value | Constant]


@dataclass(frozen=True, slots=True)
class TotalCount:
    """The number of rows in the whole list."""

    key: str


Part = Nodes | Edges | PageInfo | TotalCount | Constant


@dataclass(frozen=True, slots=True)
class One:
    """The row of that type that meets the condition, or null."""

    key: str
    of: type
    condition: Condition
    members: Sequence[Member]


@dataclass(frozen=True, slots=True)
class Each:
    """The rows of that type that meet the conditions: a document of its own, with a text for each row.

    `key` is the column by which the texts are told apart, a whole number.
    """

    of: type
    conditions: Sequence[Condition]
    key: str
    members: Sequence[Member]


Root = One | Paged
"""What a document begins with. A root's key is the name of its column in the answer."""
