"""The end of an operation: what it has begun ends with it."""

import asyncio
from collections.abc import Awaitable, Callable
from inspect import CORO_CREATED, getcoroutinestate
from types import CoroutineType
from typing import Any, TypeGuard

from graphql.execution import Executor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

_IsAwaitable = Callable[[Any], TypeGuard[Awaitable[Any]]]


class EndingExecutor(StrawberryGraphQLCoreExecutionContext):
    """Ends what an operation has begun with the operation.

    Where a field fails, graphql-core goes on with others in the background, or abandons their coroutines before they
    begin: Python would write a warning for each into the log. tests/rules/test_executor.py fails when this is no longer
    needed.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._is_awaitable = self.is_awaitable
        self._note_awaitables()

    def _note_awaitables(self) -> None:
        self._noted: list[Awaitable[Any]] = []
        self.is_awaitable = _noting(self._is_awaitable, self._noted)

    def build_per_event_executor(self, payload: Any) -> Executor[Any]:
        """The executor of a subscription's event."""
        executor = super().build_per_event_executor(payload)
        assert isinstance(executor, EndingExecutor)
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


def _noting(is_awaitable: _IsAwaitable, noted: list[Awaitable[Any]]) -> _IsAwaitable:
    """The same as `is_awaitable`, but it notes each that is."""

    def is_noted(value: Any) -> TypeGuard[Awaitable[Any]]:
        if not is_awaitable(value):
            return False
        noted.append(value)
        return True

    return is_noted
