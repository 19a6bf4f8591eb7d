"""The executor of operations that go the stock way, in which an object may be JSON already."""

from dataclasses import replace
from typing import Any

import orjson
from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode
from graphql.execution import Executor as CoreExecutor

from schema.coercion import Coerced
from schema.ending import EndingExecutor


class Executor(EndingExecutor):
    """Passes on what a resolver has had written by the database, and takes variables that are coerced already."""

    @classmethod
    def build(
        cls,
        schema: GraphQLSchema,
        document: DocumentNode,
        root_value: Any = None,
        context_value: Any = None,
        raw_variable_values: dict[str, Any] | None = None,
        *args: Any,
        **options: Any,
    ) -> list[GraphQLError] | CoreExecutor[Any]:
        """The executor of an operation, or why it cannot be executed."""
        if not isinstance(raw_variable_values, Coerced):
            return super().build(schema, document, root_value, context_value, raw_variable_values, *args, **options)
        # Without definitions of variables, none is coerced.
        definitions = tuple(
            replace(each, variable_definitions=()) if isinstance(each, OperationDefinitionNode) else each
            for each in document.definitions
        )
        bare = DocumentNode(definitions=definitions)
        built = super().build(schema, bare, root_value, context_value, {}, *args, **options)
        if not isinstance(built, list):
            built.operation, built.variable_values = raw_variable_values.operation, raw_variable_values.coerced
        return built

    def complete_value(self, return_type: Any, details: Any, info: Any, path: Any, result: Any, position: Any) -> Any:
        """The value as it is sent."""
        if isinstance(result, orjson.Fragment):
            return result
        return super().complete_value(return_type, details, info, path, result, position)
