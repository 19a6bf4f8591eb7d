"""Errors for invalid input values: a code, the path of the field, and a message that a form can show beside it."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLInputType,
    GraphQLSchema,
    ListValueNode,
    Node,
    ObjectValueNode,
    OperationDefinitionNode,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    VisitorAction,
    type_from_ast,
    validate_input_literal,
    validate_input_value,
)
from graphql.language import SKIP, Visitor, visit
from graphql.pyutils import Undefined, inspect
from graphql.validation import ValuesOfCorrectTypeRule

from schema.input_limits import Path, faults

BAD_USER_INPUT = "BAD_USER_INPUT"

LONGEST_MESSAGE = 1_000
"""The characters of an error's message, which may repeat a value."""

_MOST_ERRORS = 50


class InputLiterals(ValuesOfCorrectTypeRule):
    """The specification's "Values of Correct Type", for values that are written into the document."""

    _place: str | None = None

    def enter_argument(self, node: ArgumentNode, *_: Any) -> None:
        """Remember the argument that the next values belong to."""
        self._place = node.name.value

    def enter_variable_definition(self, node: VariableDefinitionNode, *_: Any) -> None:
        """Remember the variable that the next default value belongs to."""
        self._place = node.variable.name.value

    def is_valid_value_node(self, node: ValueNode, input_type: GraphQLInputType | None) -> VisitorAction:
        """Report every fault of the value."""

        def report(error: GraphQLError, path: list[str | int]) -> None:
            root = () if self._place is None else (self._place,)
            placed = [each for each in error.nodes or () if each.loc]  # a copy, as of a list for an enum, has no place
            self.report_error(_error(error, (*root, *path), placed or [node]))

        if input_type is None:
            return SKIP
        beyond = faults(node, input_type, self._place or "")
        for message, path in beyond:
            report(GraphQLError(message), list(path))
        if not beyond:
            validate_input_literal(node, input_type, report)
        return SKIP


def limit_errors(
    schema: GraphQLSchema, document: DocumentNode, definition: OperationDefinitionNode, given: Mapping[str, Any]
) -> list[GraphQLError]:
    """The errors in the values of an operation's variables that are too large to be looked at one by one."""
    places: dict[str, Path] | None = None
    errors = []
    for variable in definition.variable_definitions or () if given else ():
        name = variable.variable.name.value
        value, input_type = given.get(name), type_from_ast(schema, variable.type)
        if not isinstance(value, list | dict) or not faults(value, input_type, name):  # type: ignore[arg-type]
            continue
        places = _places(document, definition) if places is None else places
        root = places.get(name, (name,))
        for message, path in faults(value, input_type, str(root[-1])):  # type: ignore[arg-type]
            errors.append(_error(GraphQLError(message), (*root, *path), [variable]))
    return errors[:_MOST_ERRORS]


def variable_errors(
    schema: GraphQLSchema, document: DocumentNode, definition: OperationDefinitionNode, given: Mapping[str, Any]
) -> list[GraphQLError]:
    """The errors in the values of an operation's variables, 50 at most."""
    errors: list[GraphQLError] = []
    places = _places(document, definition)
    for variable in definition.variable_definitions or ():
        name = variable.variable.name.value
        input_type = type_from_ast(schema, variable.type)
        value = given.get(name, Undefined)
        if value is Undefined and variable.default_value is not None:
            continue
        root = places.get(name, (name,))

        def report(
            error: GraphQLError,
            path: list[str | int],
            root: Path = root,
            node: VariableDefinitionNode = variable,
            value: object = value,
        ) -> None:
            _write_as_json(error, _within_value(value, path))
            errors.append(_error(error, (*root, *path), [node]))
            if len(errors) == _MOST_ERRORS:
                raise _Enough

        try:
            validate_input_value(value, input_type, report)  # type: ignore[arg-type]  # a valid document's are input types
        except _Enough:
            break
    return errors


class _Enough(Exception):
    """The errors found so far are told, and no others."""


_ARGUMENT = re.compile(r"Argument '(.+?)' has invalid value(?: at (\S+))?: (.*)", re.DOTALL)


def argument_error(error: GraphQLError) -> GraphQLError | None:
    """The error for an argument that was refused while its field was executed; None for any other error.

    This happens to null, as the value of a nullable variable, for an input field that has a default value.
    """
    match = _ARGUMENT.fullmatch(error.message)
    if match is None:
        return None
    message, inner = _plain(match[3])
    field = [match[1], *re.findall(r"\w+", match[2] or ""), *map(str, inner)]
    extensions = {"code": BAD_USER_INPUT, "field": field}
    return GraphQLError(message, error.nodes, path=error.path, extensions=extensions)


def shown(value: object) -> str:
    """A JSON value as shown to users; graphql-core would show it in Python syntax."""
    match value:
        case dict():
            return "an object"
        case list():
            return "a list"
        case _:
            return shortened(json.dumps(value, ensure_ascii=False), 100)


def _write_as_json(error: GraphQLError, value: object) -> None:
    if not isinstance(value, str) and value is not Undefined:
        error.message = error.message.replace(f": {inspect(value)}", f": {shown(value)}")


def _within_value(value: Any, path: Sequence[str | int]) -> object:
    for part in path:
        if isinstance(value, dict | list):  # a single value may stand for a list of one
            value = value[part]  # type: ignore[index]
    return value


def _error(error: GraphQLError, path: Path, nodes: Any) -> GraphQLError:
    message, inner = _plain(error.message)
    field = [str(part) for part in (*path, *inner)]
    return GraphQLError(message, nodes, extensions={"code": BAD_USER_INPUT, "field": field})


_NULL = re.compile(
    r"Expected (?:(?:a )?value of|variable '\$\w+' provided to) non-null type '(.+?)!?'"
    r" (?:not to be None|to be provided|not to be Undefined)\."
)
_MISSING = re.compile(r"Expected value of type '.+?' to include required field '(.+?)', found: .*", re.DOTALL)
_UNKNOWN = re.compile(
    r"Expected value of type '(.+?)' not to include unknown field '(.+?)'(?:\.( Did you mean .+?\?) Found|, found): .*",
    re.DOTALL,
)
_OTHER = re.compile(
    r"Expected value of type '(.+?)!?'(?:, but encountered error '.*'; found|, found|( to be an object), found):"
    r" (.*?)\.?",
    re.DOTALL,
)
_LONGEST = 300


def _plain(message: str) -> tuple[str, Path]:
    """The message of graphql-core without Python terms, and the path of the faulty field within the value."""
    if match := _NULL.fullmatch(message):
        return f"A value of type {match[1]} is required.", ()
    if match := _MISSING.fullmatch(message):
        return "This field is required.", (match[1],)
    if match := _UNKNOWN.fullmatch(message):
        return f"{match[1]} has no field {match[2]!r}.{match[3] or ''}", (match[2],)
    if match := _OTHER.fullmatch(message):
        right = "; give an object with its fields" if match[2] else ""
        message = f"{shortened(match[3], 100)} is not a valid {match[1]}{right}."
    return shortened(message, _LONGEST), ()


def shortened(text: str, longest: int) -> str:
    """The text, shortened to at most that many characters."""
    return text if len(text) <= longest else f"{text[: longest - 30]}... ({len(text):,} characters)"


def _places(document: DocumentNode, definition: OperationDefinitionNode) -> dict[str, Path]:
    """The path where an operation first uses each of its variables: an argument, and the path within its value."""
    found: dict[str, Path] = {}

    class Uses(Visitor):
        def enter_argument(self, node: ArgumentNode, *_: Any) -> VisitorAction:
            for variable, path in _within(node.value):
                found.setdefault(variable, (node.name.value, *path))
            return SKIP

    fragments = [node for node in document.definitions if isinstance(node, FragmentDefinitionNode)]
    for node in (definition, *fragments):
        visit(node, Uses())
    return found


def _within(value: Node) -> Iterator[tuple[str, Path]]:
    match value:
        case VariableNode():
            yield value.name.value, ()
        case ObjectValueNode():
            for field in value.fields:
                yield from ((variable, (field.name.value, *path)) for variable, path in _within(field.value))
        case ListValueNode():
            for index, item in enumerate(value.values):
                yield from ((variable, (index, *path)) for variable, path in _within(item))
