"""What Strawberry keeps of its own definitions in graphql-core's types and fields."""

from typing import Any

from graphql import GraphQLField, GraphQLNamedType
from strawberry.extensions.field_extension import FieldExtension


def definition_of(defined: GraphQLField | GraphQLNamedType) -> Any:
    """Strawberry's definition of the field or type; None for those of GraphQL itself, such as introspection."""
    return defined.extensions.get("strawberry-definition")


def has_extension(field: GraphQLField, extension: type[FieldExtension]) -> bool:
    """Whether the field has an extension of that type."""
    return any(isinstance(one, extension) for one in getattr(definition_of(field), "extensions", ()))
