"""Errors for invalid input values: a code, the path of the field, and a message that a form can show beside it."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from graphql import (
    ArgumentNode,
    DocumentNode,
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
from graphql.pyutils import Undefined
from graphql.validation import ValuesOfCorrectTypeRule

BAD_USER_INPUT = "BAD_USER_INPUT"

Path = tuple[str | int, ...]

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
            self.report_error(_error(error, (*root, *path), error.nodes or [node]))

        if input_type:
            validate_input_literal(node, input_type, report)
        return SKIP


def variable_errors(
    schema: GraphQLSchema, document: DocumentNode, definition: OperationDefinitionNode, given: Mapping[str, Any]
) -> list[GraphQLError]:
    """The errors in the values of an operation's variables, 50 at most."""
    errors: list[GraphQLError] = []
    for variable in definition.variable_definitions or ():
        name = variable.variable.name.value
        input_type = type_from_ast(schema, variable.type)
        value = given.get(name, Undefined)
        if value is Undefined and variable.default_value is not None:
            continue
        root = next(_uses(document, name), (name,))

        def report(
            error: GraphQLError, path: list[str | int], root: Path = root, node: VariableDefinitionNode = variable
        ) -> None:
            if len(errors) < _MOST_ERRORS:
                errors.append(_error(error, (*root, *path), [node]))

        validate_input_value(value, input_type, report)  # type: ignore[arg-type]  # a valid document's are input types
    return errors


def _error(error: GraphQLError, path: Path, nodes: Any) -> GraphQLError:
    message, inner = _plain(error.message)
    field = [str(part) for part in (*path, *inner)]
    return GraphQLError(message, nodes, extensions={"code": BAD_USER_INPUT, "field": field})


_NULL = re.compile(r"Expected (?:a )?value of non-null type '(.+?)!?' (?:not to be None|to be provided)\.")
_MISSING = re.compile(r"Expected value of type '.+?' to include required field '(.+?)', found: .*", re.DOTALL)
_UNKNOWN = re.compile(
    r"Expected value of type '(.+?)' not to include unknown field '(.+?)'(?:\.( Did you mean .+?\?) Found|, found): .*",
    re.DOTALL,
)
_OTHER = re.compile(
    r"Expected value of type '(.+?)!?'(?:, but encountered error '.*'; found|, found| to be an object, found):"
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
        message = f"{_short(match[2], 100)} is not a valid {match[1]}."
    return _short(message, _LONGEST), ()


def _short(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 30]}... ({len(text):,} characters)"


def _uses(document: DocumentNode, variable: str) -> Iterator[Path]:
    """The paths where the document uses the variable: an argument, and the path within its value."""

    class Uses(Visitor):
        def enter_argument(self, node: ArgumentNode, *_: Any) -> VisitorAction:
            found.extend((node.name.value, *path) for path in _within(node.value, variable))
            return SKIP

    found: list[Path] = []
    visit(document, Uses())
    return iter(found)


def _within(value: Node, variable: str) -> Iterator[Path]:
    match value:
        case VariableNode() if value.name.value == variable:
            yield ()
        case ObjectValueNode():
            for field in value.fields:
                yield from ((field.name.value, *path) for path in _within(field.value, variable))
        case ListValueNode():
            for index, item in enumerate(value.values):
                yield from ((index, *path) for path in _within(item, variable))
