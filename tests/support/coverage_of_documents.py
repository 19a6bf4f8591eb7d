"""What documents select: the fields of each type, the arguments of fields, and the fields of inputs."""

from collections.abc import Iterator
from typing import Any

from graphql import (
    FieldNode,
    GraphQLSchema,
    ObjectFieldNode,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    is_composite_type,
    is_input_object_type,
    is_interface_type,
    is_introspection_type,
    parse,
    visit,
)


class Selected(Visitor):
    """Collects `Type.field`, `Type.field(argument)` and `Input.field` of every document that it visits."""

    def __init__(self, contract: GraphQLSchema) -> None:
        super().__init__()
        self.found: set[str] = set()
        self._contract = contract
        self._types = TypeInfo(contract)

    def add(self, document: str) -> None:
        """Add what this document selects."""
        self._types = TypeInfo(self._contract)
        visit(parse(document), TypeInfoVisitor(self._types, self))

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        """Add a field, with its arguments."""
        parent = self._types.get_parent_type()
        if parent is not None:
            name = f"{parent.name}.{node.name.value}"
            self.found |= {name, *(f"{name}({argument.name.value})" for argument in node.arguments or ())}

    def enter_object_field(self, node: ObjectFieldNode, *_: Any) -> None:
        """Add a field of an input."""
        parent = get_named_type(self._types.get_parent_input_type())
        if is_input_object_type(parent):
            self.found.add(f"{parent.name}.{node.name.value}")


def selectable(contract: GraphQLSchema) -> set[str]:
    """Everything that a query can select."""
    return set(_walk(contract, contract.query_type, set()))


def _walk(contract: GraphQLSchema, kind: Any, seen: set[str]) -> Iterator[str]:
    if kind.name in seen or is_introspection_type(kind):
        return
    seen.add(kind.name)
    if is_interface_type(kind):
        for possible in contract.get_possible_types(kind):
            yield from _walk(contract, possible, seen)
    for name, field in getattr(kind, "fields", {}).items():
        yield f"{kind.name}.{name}"
        inner: list[Any] = [get_named_type(field.type)]
        for argument, definition in getattr(field, "args", {}).items():
            yield f"{kind.name}.{name}({argument})"
            inner.append(get_named_type(definition.type))
        for one in inner:
            if is_composite_type(one) or is_input_object_type(one):
                yield from _walk(contract, one, seen)
