"""Objects that can be fetched by their global id."""

from typing import ClassVar

import strawberry

from resolvers.errors import RequestError


@strawberry.interface(description="An object that can be fetched by its global id.")
class Node:
    row: ClassVar[type]
    """The rows that resolvers return for this type."""

    @classmethod
    def is_type_of(cls, value: object, _info: object) -> bool:
        """Whether the value belongs to this type."""
        return isinstance(value, cls.row)

    @strawberry.field(description="Global id.")
    def id(self) -> strawberry.ID:
        raise NotImplementedError


NUMBERED = {"JR-": "JournalRun", "JE-": "JournalEntry"}
"""Runs and entries: their global id is their number. Of every other type it is the type and the key."""


def to_id(type_name: str, key: object) -> strawberry.ID:
    """The global id of the object with that type and key, such as `AccountingCode:Cash`."""
    return strawberry.ID(f"{type_name}:{key}")


def from_id(node_id: str) -> tuple[str, str]:
    """The type and the key in a global id; the type may be an unknown one. Raises RequestError for an invalid id."""
    numbered = NUMBERED.get(node_id[:3])
    if numbered is not None:
        return numbered, node_id
    type_name, _, key = node_id.partition(":")
    if not key or type_name in NUMBERED.values():
        raise RequestError(f"{node_id!r} is not a valid id; use an id that the gateway returned.", "id")
    return type_name, key
