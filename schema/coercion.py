"""The values of an operation's variables, by functions that are made once for each input type.

graphql-core asks for the type of each value again, which takes most of the time of a large mutation. It stays the one
that refuses values: what is not surely valid here is left to it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputField,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLSchema,
    GraphQLString,
    OperationDefinitionNode,
    VariableDefinitionNode,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource
from graphql.pyutils import Undefined

from schema.input_limits import LIST_LENGTH_MAX

Coerce = Callable[[Any], Any]
"""The value of a variable or of a part of it, coerced. Raises an exception if it is not surely valid."""


class Doubtful(Exception):
    """The value may be invalid, or is of a type that is left to graphql-core."""


class Coerced(dict[str, Any]):
    """The variables of a request as they were sent, and their coerced values in the operation."""

    def __init__(self, given: Mapping[str, Any], operation: OperationDefinitionNode, values: VariableValues) -> None:
        super().__init__(given)
        self.operation = operation
        self.coerced = values


class Coercion:
    """Coerces the variables of one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._of: dict[str, Coerce] = {}

    def values(self, definitions: Iterable[VariableDefinitionNode], given: Mapping[str, Any]) -> VariableValues | None:
        """What graphql-core makes of these variables; None if one is not surely valid, or takes its default."""
        sources: dict[str, VariableValueSource] = {}
        coerced: dict[str, Any] = {}
        for definition in definitions:
            signature = get_variable_signature(self._schema, definition)
            if isinstance(signature, GraphQLError):
                return None
            value = given.get(signature.name, Undefined)
            sources[signature.name] = VariableValueSource(signature, value)
            if value is Undefined:
                if is_non_null_type(signature.type) or definition.default_value is not None:
                    return None
                continue
            try:
                coerced[signature.name] = self._coerce(signature.type)(value)
            except Exception:  # whatever a scalar raises, graphql-core finds it again and words it
                return None
        return VariableValues(sources, coerced)

    def _coerce(self, of: GraphQLInputType) -> Coerce:
        coerce = self._of.get(name := str(of))
        if coerce is None:
            coerce = self._of[name] = _coerce(of, ())
        return coerce


def _coerce(of: Any, inside: tuple[Any, ...]) -> Coerce:
    """The function that coerces a value of that type. `inside` are the input objects around it."""
    if is_non_null_type(of):
        return _non_null(of.of_type, inside)
    if of is GraphQLString:
        return _optional_string
    coerce = _non_null(of, inside)
    return lambda value: None if value is None else coerce(value)


def _non_null(of: Any, inside: tuple[Any, ...]) -> Coerce:
    """The function that coerces a value of that type, and raises for null."""
    if is_list_type(of):
        return _list(_coerce(of.of_type, inside))
    if is_input_object_type(of):
        return _object(of, inside)
    if of is GraphQLString:
        return _string
    if isinstance(of, GraphQLEnumType):
        return {name: of.coerce_input_value(name) for name in of.values}.__getitem__
    return _leaf(of.coerce_input_value)


def _list(coerce: Coerce) -> Coerce:
    def coerce_list(value: Any) -> list[Any]:
        if type(value) is not list or len(value) > LIST_LENGTH_MAX:
            raise Doubtful
        return [coerce(each) for each in value]

    return coerce_list


def _object(of: GraphQLInputObjectType, inside: tuple[Any, ...]) -> Coerce:
    if of in inside or of.is_one_of or any(map(_is_changed, of.fields.values())):
        return _doubtful
    fields = {name: _coerce(field.type, (*inside, of)) for name, field in of.fields.items()}
    required = {name for name, field in of.fields.items() if is_required_input_field(field)}

    def coerce_object(value: Any) -> Any:
        if type(value) is not dict or not required <= value.keys():
            raise Doubtful
        return {name: fields[name](given) for name, given in value.items()}

    return coerce_object


def _is_changed(field: GraphQLInputField) -> bool:
    """Whether the field's name or a value that is left out is replaced."""
    return field.out_name is not None or field.default is not None or field.default_value is not Undefined


def _leaf(coerce: Coerce) -> Coerce:
    try:
        coerce(None)
    except Exception:
        return coerce

    def coerce_leaf(value: Any) -> Any:
        if value is None:
            raise Doubtful
        return coerce(value)

    return coerce_leaf


def _optional_string(value: Any) -> str | None:
    if value is not None and type(value) is not str:
        raise Doubtful
    return value


def _string(value: Any) -> str:
    if type(value) is not str:
        raise Doubtful
    return value


def _doubtful(_: Any) -> Any:
    raise Doubtful
