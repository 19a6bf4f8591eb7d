"""How long the executor may take, and what ends it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from unittest.mock import Mock

import pytest
from strawberry.types import ExecutionResult

from schema import executing
from schema.room import Room
from storage.deadline import Deadline, current_deadline


def outcome(left: Callable[[], Awaitable[None]] | None) -> tuple[ExecutionResult, list[Deadline | None], bool]:
    """The result of a query that never ends, the deadline for its statements, and whether it was cancelled."""
    seen: list[Deadline | None] = []
    cancelled: list[bool] = []

    async def execute() -> Any:
        seen.append(current_deadline())
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            cancelled.append(True)
            raise

    async def go() -> ExecutionResult:
        found = await executing.query(execute, Mock(room=Room(10), left=left), 5)
        await asyncio.sleep(0)
        return found

    return asyncio.run(go()), seen, bool(cancelled)


def test_the_executor_ends_at_its_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executing, "EXECUTOR_SECONDS", 0.05)
    result, (limit,), cancelled = outcome(None)
    assert cancelled
    assert limit is not None
    assert limit.has_passed()
    (error,) = result.errors or []
    assert (error.extensions, error.message.startswith("The query took too long")) == (
        {"code": "DEADLINE_EXCEEDED"},
        True,
    )


def test_the_executor_ends_when_its_client_leaves() -> None:
    async def left() -> None:
        await asyncio.sleep(0.01)

    _, (limit,), cancelled = outcome(left)
    assert cancelled
    assert limit is not None
    assert limit.has_passed()  # so that the database cancels the statement too
