"""Whether the servers answer the same, compared before anything is timed."""

import base64
import binascii
import json
from typing import Any


class AnswersDiffer(Exception):
    """A server answers something else than the gateway. The text says where."""


def data_of(status: int, body: bytes) -> Any:
    """The data of an answer without errors. Raises AnswersDiffer for any other answer."""
    answer = json.loads(body)
    if status != 200 or answer.get("errors"):
        raise AnswersDiffer(f"status {status}: {body[:500].decode(errors='replace')}")
    return plain(answer["data"])


def plain(value: Any) -> Any:
    """The data with plain ids and cursors, whether the gateway wrote them in base64 or as they are."""
    if isinstance(value, list):
        return [plain(one) for one in value]
    if not isinstance(value, dict):
        return value
    coded = ("id", "cursor", "startCursor", "endCursor")
    return {key: _plain_text(one) if key in coded else plain(one) for key, one in value.items()}


def difference(expected: Any, found: Any, path: str = "data") -> str | None:
    """Where and how they first differ, if they do. The order of members counts."""
    if isinstance(expected, dict) and isinstance(found, dict):
        if list(expected) != list(found):
            return f"{path} has {list(found)}, not {list(expected)}"
        parts = ((f"{path}.{key}", expected[key], found[key]) for key in expected)
    elif isinstance(expected, list) and isinstance(found, list):
        if len(expected) != len(found):
            return f"{path} has {len(found)} values, not {len(expected)}"
        parts = ((f"{path}[{n}]", *pair) for n, pair in enumerate(zip(expected, found, strict=True)))
    else:
        return None if expected == found else f"{path} is {found!r}, not {expected!r}"
    return next((told for where, one, other in parts if (told := difference(one, other, where))), None)


def rows_in(value: Any) -> int:
    """The number of members of lists."""
    if isinstance(value, dict):
        return sum(map(rows_in, value.values()))
    return len(value) + sum(map(rows_in, value)) if isinstance(value, list) else 0


def values_in(value: Any) -> int:
    """The number of scalars."""
    if isinstance(value, dict):
        return sum(map(values_in, value.values()))
    return sum(map(values_in, value)) if isinstance(value, list) else 1


def _plain_text(text: Any) -> Any:
    try:
        decoded = base64.urlsafe_b64decode(text).decode()
        return ":".join(map(str, json.loads(decoded))) if decoded.startswith("[") else decoded.partition(":")[2]
    except (TypeError, binascii.Error, ValueError):
        return text
