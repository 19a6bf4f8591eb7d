"""The executor of operations that go the stock way, in which an object may be JSON already."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from inspect import CORO_CREATED, getcoroutinestate
from types import CoroutineType
from typing import Any, TypeGuard

import orjson
from graphql import DocumentNode, GraphQLError, GraphQLSchema, OperationDefinitionNode
from graphql.execution import Executor as CoreExecutor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.coercion import Coerced


class Executor(StrawberryGraphQLCoreExecutionContext):
    """Passes on what a resolver has had written by the database, and takes variables that are coerced already.

    Ends what an operation has begun with the operation. Where a field fails, graphql-core goes on with others in the
    background, or abandons their coroutines before they begin: Python would write a warning for each into the log.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._is_awaitable = self.is_awaitable
        self._note_awaitables()

    def _note_awaitables(self) -> None:
        self._noted: list[Awaitable[Any]] = []
        self.is_awaitable = _noting(self._is_awaitable, self._noted)

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

    def build_per_event_executor(self, payload: Any) -> CoreExecutor[Any]:
        """The executor of a subscription's event."""
        executor = super().build_per_event_executor(payload)
        assert isinstance(executor, Executor)
        executor._note_awaitables()
        return executor

    def execute_operation(self, serially: bool | None = None) -> Any:
        """The result of the operation, or an awaitable of it."""
        result = super().execute_operation(serially)
        return self._ended(result) if self._noted else result

    async def _ended(self, result: Any) -> Any:
        try:
            return await result if self._is_awaitable(result) else result
        finally:
            for future in (background := list(self.background_futures)):
                future.cancel()
            await asyncio.gather(*background, return_exceptions=True)
            for noted in self._noted:
                if isinstance(noted, CoroutineType) and getcoroutinestate(noted) == CORO_CREATED:
                    noted.close()
            self._noted.clear()

    def complete_list_item_value(self, item: Any, completed: list[Any], *args: Any) -> bool:
        """Add the value of an item to those that are complete. Returns whether it must be awaited."""
        awaited = super().complete_list_item_value(item, completed, *args)
        if awaited:
            self._noted.append(completed[-1])
        return awaited

    def complete_value(self, return_type: Any, details: Any, info: Any, path: Any, result: Any, position: Any) -> Any:
        """The value as it is sent."""
        if isinstance(result, orjson.Fragment):
            return result
        return super().complete_value(return_type, details, info, path, result, position)


def _noting(
    is_awaitable: Callable[[Any], TypeGuard[Awaitable[Any]]], noted: list[Awaitable[Any]]
) -> Callable[[Any], TypeGuard[Awaitable[Any]]]:
    """The same as `is_awaitable`, but it notes each that is."""

    def is_noted(value: Any) -> TypeGuard[Awaitable[Any]]:
        if not is_awaitable(value):
            return False
        noted.append(value)
        return True

    return is_noted
