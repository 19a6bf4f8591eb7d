"""Every argument and every input field of the contract, given values it cannot take, in each way to give one."""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import (
    GraphQLArgument,
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    OperationType,
    build_schema,
    get_named_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
    is_required_argument,
    is_required_input_field,
)

from schema.preparation import RequestRefused
from schema.schema import SCHEMA

CONTRACT: GraphQLSchema = build_schema(SCHEMA.as_str())

GOOD = {"String": "x", "ID": "x", "Int": 1, "Boolean": True, "Date": "2024-12-31", "Decimal": "1.00"}
GOOD["DateTime"] = "2024-12-31T23:59:59Z"
BAD: dict[str, list[Any]] = {
    "String": [5, True, {"a": None}, 1.5],
    "ID": [1.5, True, {"a": None}],
    "Int": ["1", 1.5, True, 1 << 31, {}],
    "Boolean": ["true", 1, {"a": None}],
    "Date": ["", "today", "2024-02-30", "20241231", 20241231, True, {"a": None}],
    "DateTime": ["", "today", "2024-12-31", "2024-12-31T23:59:59", "2024-02-30T00:00:00Z", 20241231, True, {"a": None}],
    "Decimal": ["", "1,50", "1e5", "NaN", 1.5, True, {"a": None}],
}
BAD_WORDS = ["NO_SUCH_WORD", "", 5, True, {"a": None}]

DECIMALS = ("amount", "exchangeRate", "homeAmount", *(
    f"{name}{end}" for name in ("amount", "homeAmount", "total") for end in ("From", "To")
))  # fmt: skip

PYTHON = re.compile(r"\bNone\b|\bTrue\b|\bFalse\b|Undefined|isoformat|object at|Decimal\(|datetime|\{'|Expected value")


@dataclass(frozen=True)
class Word:
    """A word of an enum, which is written without quotes into a document."""

    text: str


@dataclass(frozen=True)
class Place:
    """An argument of a field, and what stands around it: the operation, the way to the field, its other arguments."""

    operation: str
    way: tuple[str, ...]
    field: str
    argument: str
    type: Any
    others: str

    def document(self, value: str, variables: str = "") -> str:
        """A document that gives the argument this value."""
        arguments = ", ".join(filter(None, (f"{self.argument}: {value}", self.others)))
        selection = f"{self.field}({arguments}) {{ __typename }}"
        for parent in reversed(self.way):
            selection = f"{parent} {{ {selection} }}"
        return f"{self.operation}{variables} {{ {selection} }}"


def places() -> Iterator[Place]:
    """Every argument that there is, once for each type that has it."""
    roots = {
        "query": CONTRACT.query_type,
        "mutation": CONTRACT.mutation_type,
        "subscription": CONTRACT.subscription_type,
    }
    seen = set()
    waiting: list[tuple[str, tuple[str, ...], Any]] = [(name, (), root) for name, root in roots.items()]
    while waiting:
        operation, way, kind = waiting.pop(0)
        if kind.name in seen:
            continue
        seen.add(kind.name)
        for name, field in getattr(kind, "fields", {}).items():
            for argument, definition in field.args.items():
                yield Place(operation, way, name, argument, definition.type, _required(field.args, but=argument))
            inner = get_named_type(field.type)
            if is_composite_type(inner):
                required = _required(field.args)
                waiting.append((operation, (*way, f"{name}({required})" if required else name), inner))
        if kind.name == "Node":
            possible = CONTRACT.get_possible_types(kind)
            waiting.extend((operation, (*way, f"... on {one.name}"), one) for one in possible)


def _required(arguments: dict[str, GraphQLArgument], but: str = "") -> str:
    needed = {name: one.type for name, one in arguments.items() if name != but and is_required_argument(one)}
    return ", ".join(f"{name}: {literal(good(kind))}" for name, kind in needed.items())


def good(kind: Any) -> Any:
    """A value that the type takes, with the required fields alone."""
    if is_non_null_type(kind):
        return good(kind.of_type)
    if is_list_type(kind):
        return [good(kind.of_type)]
    if isinstance(kind, GraphQLInputObjectType):
        return {name: good(field.type) for name, field in kind.fields.items() if is_required_input_field(field)}
    if isinstance(kind, GraphQLEnumType):
        return Word(next(iter(kind.values)))
    return GOOD[kind.name]


def bad(kind: Any, inside: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any, Any]]:
    """Values that the type does not take: the path of what is wrong with one, what stands there, and the whole.

    `inside` are the types around it, as filters can be in filters; the fields of one of these are not tried again.
    """
    if is_non_null_type(kind):
        yield (), None, None
        yield from bad(kind.of_type, inside)
    elif is_list_type(kind):
        for path, wrong, value in bad(kind.of_type, inside):
            yield ("0", *path), wrong, [value]
            yield ("1", *path), wrong, [good(kind.of_type), value]
    elif isinstance(kind, GraphQLInputObjectType):
        for wrong in ("x", 5, True):
            yield (), wrong, wrong
        yield ("noSuchField",), None, {**good(kind), "noSuchField": 1}
        for name, field in kind.fields.items() if kind not in inside else ():
            if is_required_input_field(field):
                yield (name,), None, {key: value for key, value in good(kind).items() if key != name}
            for path, wrong, value in bad(field.type, (*inside, kind)):
                yield (name, *path), wrong, {**good(kind), name: value}
    else:
        values = BAD_WORDS if isinstance(kind, GraphQLEnumType) else BAD[kind.name]
        for wrong in values:
            yield (), wrong, wrong


def literal(value: Any) -> str:
    """The value as it is written into a document."""
    match value:
        case Word():
            return value.text
        case dict():
            return "{" + ", ".join(f"{name}: {literal(inner)}" for name, inner in value.items()) + "}"
        case list():
            return "[" + ", ".join(map(literal, value)) + "]"
        case _:
            return json.dumps(value)


def in_json(value: Any) -> Any:
    """The value as it is sent for a variable."""
    match value:
        case Word():
            return value.text
        case dict():
            return {name: in_json(inner) for name, inner in value.items()}
        case list():
            return [in_json(inner) for inner in value]
        case _:
            return value


def refused(document: str, **variables: Any) -> list[GraphQLError]:
    """Why the document is not executed with these variables."""

    async def go() -> list[GraphQLError]:
        try:
            operation = SCHEMA.prepare(document, None)
        except RequestRefused as refusal:
            return refusal.errors
        if operation.type is OperationType.SUBSCRIPTION:
            result: Any = await anext(aiter(await SCHEMA.stream(document, variable_values=variables)))
        else:
            result = await SCHEMA.execute(document, variable_values=variables)
        return list(result.errors or [])

    return asyncio.run(go())


def assert_told(errors: list[GraphQLError], field: tuple[str, ...], document: str) -> None:
    """That the value is refused by code and field, in plain words."""
    assert errors, document
    for error in errors:
        assert error.extensions is not None, document
        assert error.extensions["code"] == "BAD_USER_INPUT", (document, error.message)
        assert error.extensions["field"] == list(field), (document, error.message)
        assert not PYTHON.search(error.message), (document, error.message)


PLACES = list(places())


def test_the_arguments_of_the_whole_contract_are_tried() -> None:
    tried = {(place.field, place.argument) for place in PLACES}
    written = sum(
        len(field.args)
        for kind in CONTRACT.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__")
        for field in kind.fields.values()
    )
    assert len(PLACES) == written
    assert {("recordTransactions", "input"), ("entryCancelOutcomes", "after"), ("node", "id")} <= tried


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place.way} {place.field}({place.argument})")
def test_a_bad_value_is_refused_by_the_field_it_belongs_to(place: Place) -> None:
    for path, wrong, value in bad(place.type):
        field = (place.argument, *path)
        by_variable = place.document("$v", f"($v: {place.type})")
        assert_told(refused(by_variable, v=in_json(value)), field, f"{by_variable} {value}")
        if isinstance(wrong, float) and path and path[-1] in DECIMALS:
            continue  # a document writes a number exactly, and JSON does not
        in_document = place.document(literal(value))
        assert_told(refused(in_document), field, in_document)
        by_default = place.document("$v", f"($v: {place.type} = {literal(value)})")
        assert_told(refused(by_default), ("v", *path), by_default)


@pytest.mark.parametrize("place", PLACES, ids=lambda place: f"{place.way} {place.field}({place.argument})")
def test_a_variable_that_fills_a_field_is_refused_by_the_field(place: Place) -> None:
    kind = place.type.of_type if is_non_null_type(place.type) else place.type
    for name, field in kind.fields.items() if isinstance(kind, GraphQLInputObjectType) else ():
        document = place.document(literal({**good(kind), name: Word("$v")}), f"($v: {field.type})")
        for path, _, value in bad(field.type, (kind,)):
            assert_told(refused(document, v=in_json(value)), (place.argument, name, *path), f"{document} {value}")
