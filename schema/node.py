"""Objects that can be fetched by their global id."""

import base64
import binascii
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


def to_id(type_name: str, key: object) -> strawberry.ID:
    """The global id of the object with that type and key."""
    return strawberry.ID(base64.urlsafe_b64encode(f"{type_name}:{key}".encode()).decode())


def from_id(node_id: str) -> tuple[str, str]:
    """The type and the key in a global id. Raises RequestError for an invalid id."""
    try:
        type_name, _, key = base64.urlsafe_b64decode(node_id.encode()).decode().partition(":")
    except (binascii.Error, UnicodeError, ValueError):
        type_name, key = "", ""
    if not key:
        raise RequestError(f"{node_id!r} is not a valid id; use an id that the gateway returned.", "id")
    return type_name, key
