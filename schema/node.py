"""Objects that can be fetched again by an id alone."""

import base64
import binascii

import strawberry

from resolvers.errors import RequestError


@strawberry.interface(description="An object that can be fetched again by its id.")
class Node:
    @strawberry.field(description="Identifies the object among all objects of the gateway.")
    def id(self) -> strawberry.ID:
        raise NotImplementedError


def to_id(type_name: str, key: object) -> strawberry.ID:
    """The id of the object of that type and number."""
    return strawberry.ID(base64.urlsafe_b64encode(f"{type_name}:{key}".encode()).decode())


def from_id(node_id: str) -> tuple[str, str]:
    """The type and the number that an id stands for. Raises RequestError for anything that is no id."""
    try:
        type_name, _, key = base64.urlsafe_b64decode(node_id.encode()).decode().partition(":")
    except (binascii.Error, UnicodeError, ValueError):
        type_name, key = "", ""
    if not key:
        raise RequestError(f"{node_id!r} is no id; pass one that the gateway gave you.")
    return type_name, key
