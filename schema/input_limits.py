"""Lengths of lists, filters in filters, and unknown names in input values, found before anything is done with them.

It takes time that is linear in the values.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from graphql import (
    GraphQLInputObjectType,
    GraphQLInputType,
    ListValueNode,
    ObjectValueNode,
    get_named_type,
    get_nullable_type,
    is_input_object_type,
    is_list_type,
)
from graphql.pyutils import did_you_mean, suggestion_list

LIST_LENGTH_MAX = 1_000
"""The values of one list."""

DEPTH_MAX = 10
"""The input objects that are inside each other, as filters can be."""

FILTERS_MAX = 100
"""The filters of one argument: itself, and those in it."""

UNKNOWN_NAMES_MAX = 5
"""The unknown names that are told; with each comes a search for similar ones."""

_TOLD = 5
_LONGEST_SUGGESTED = 100

_NESTED = (list, dict, ListValueNode, ObjectValueNode)

Path = tuple[str | int, ...]
Fault = tuple[str, Path]
"""What is wrong, and where within the value."""


def faults(value: object, of: GraphQLInputType, name: str) -> list[Fault]:
    """What is beyond a limit, or else the unknown names if there are too many, in a value of that type and name.

    The value is one of JSON or of a document.
    """
    walk = _Walk(name)
    walk.enter(value, of, ())
    if walk.filters > FILTERS_MAX:
        return [(too_many_filters(name, walk.filters), ())]
    if walk.beyond or walk.unknown_names <= UNKNOWN_NAMES_MAX:
        return walk.beyond
    rest = f"There are {walk.unknown_names:,} unknown names; these are the first {UNKNOWN_NAMES_MAX}."
    return [*(_unknown(*each) for each in walk.unknown), (rest, ())]


def too_deep(name: str) -> str:
    """The refusal of objects that are inside each other too deeply."""
    return f"{name} has more than {DEPTH_MAX} objects inside each other here; the maximum is {DEPTH_MAX}."


def too_many_filters(name: str, filters: int) -> str:
    """The refusal of too many filters in a filter."""
    return f"{name} has {filters:,} filters, itself and those in it; the maximum is {FILTERS_MAX}."


@dataclass(slots=True)
class _Walk:
    name: str
    beyond: list[Fault] = field(default_factory=list)
    filters: int = 0
    depth: int = 0
    unknown: list[tuple[GraphQLInputObjectType, str, Path]] = field(default_factory=list)
    unknown_names: int = 0

    def enter(self, value: object, of: GraphQLInputType, path: Path) -> None:
        nullable = get_nullable_type(of)
        if is_list_type(nullable):
            self._enter_list(value, nullable.of_type, path)
        elif is_input_object_type(nullable):
            self._enter_deeper(value, nullable, path)

    def _enter_list(self, value: object, of: GraphQLInputType, path: Path) -> None:
        values = _values(value)
        if values is None:
            self.enter(value, of, path)  # a single value stands for a list of one
        elif len(values) > LIST_LENGTH_MAX:
            name = next((part for part in reversed(path) if isinstance(part, str)), self.name)
            told = f"{name} has {len(values):,} values; the maximum is {LIST_LENGTH_MAX:,}. Send fewer at once."
            self.beyond.append((told, path))
        elif is_list_type(get_nullable_type(of)) or is_input_object_type(get_named_type(of)):
            for index, each in enumerate(values):
                if len(self.beyond) == _TOLD:
                    return
                self.enter(each, of, (*path, index))

    def _enter_deeper(self, value: object, of: GraphQLInputObjectType, path: Path) -> None:
        self.filters += "and" in of.fields
        if self.depth == DEPTH_MAX:
            self.beyond.append((too_deep(self.name), path))
        elif len(self.beyond) < _TOLD:
            self.depth += 1
            self._enter_object(_fields(value), of, path)
            self.depth -= 1

    def _enter_object(self, fields: Iterable[tuple[str, object]], of: GraphQLInputObjectType, path: Path) -> None:
        known = of.fields
        for name, value in fields:
            if name in known:
                if isinstance(value, _NESTED):
                    self.enter(value, known[name].type, (*path, name))
                continue
            self.unknown_names += 1
            if len(self.unknown) < UNKNOWN_NAMES_MAX:
                self.unknown.append((of, name, path))


def _values(value: object) -> Sequence[object] | None:
    if isinstance(value, ListValueNode):
        return value.values
    return value if isinstance(value, list) else None


def _fields(value: object) -> Iterable[tuple[str, object]]:
    if isinstance(value, ObjectValueNode):
        return [(each.name.value, each.value) for each in value.fields]
    return value.items() if isinstance(value, dict) else ()


def _unknown(of: GraphQLInputObjectType, name: str, path: Path) -> Fault:
    near = suggestion_list(name, list(of.fields)) if len(name) <= _LONGEST_SUGGESTED else []
    shown = name if len(name) <= _LONGEST_SUGGESTED else f"{name[:_LONGEST_SUGGESTED]}..."
    message = f"{of.name} has no field {shown!r}."
    return f"{message}{did_you_mean(near)}", (*path, shown)
