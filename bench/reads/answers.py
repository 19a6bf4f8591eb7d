"""Whether the servers answer the same, compared before anything is timed."""

import json
from typing import Any


class AnswersDiffer(Exception):
    """A server answers something else than the gateway. The text says where."""


def data_of(status: int, body: bytes) -> Any:
    """The data of an answer without errors. Raises AnswersDiffer for any other answer."""
    answer = json.loads(body)
    if status != 200 or answer.get("errors"):
        raise AnswersDiffer(f"status {status}: {body[:500].decode(errors='replace')}")
    return answer["data"]


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
