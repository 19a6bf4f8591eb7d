"""Computed rows as the JSON that is sent, in the words of a plan."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

import orjson

from storage.asking import Unanswerable
from storage.documents.words import Constant, Member, Related, Value


def objects(rows: Sequence[object], members: Sequence[Member]) -> bytes:
    """The rows as a JSON array of objects. Raises Unanswerable for a number that is not an Int."""
    return orjson.dumps([_object(row, members) for row in rows])


def _object(row: object, members: Sequence[Member]) -> dict[str, Any]:
    return {member.key: _member(row, member) for member in members}


def _member(row: object, member: Member) -> Any:
    match member:
        case Constant():
            return member.text
        case Value():
            return _value(getattr(row, member.name))
        case Related():
            return [_object(one, member.members) for one in getattr(row, member.name)]
    raise AssertionError(member)


def _value(value: object) -> Any:
    match value:
        case Enum():
            return value.name
        case Decimal():
            return format(value, "f")
        case date():
            return value.isoformat()
        case int() if not -(2**31) <= value < 2**31:
            raise Unanswerable(f"{value} is beyond 32 bits")
    return value
