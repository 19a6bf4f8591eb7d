"""What an operation has begun ends with it, whichever field fails, and whenever."""

import asyncio
import gc
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import strawberry
from graphql.execution import Executor as CoreExecutor
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from schema.executor import Executor

DOCUMENTS = (
    "{ refused(turns: %d) things { one two things { one two } } }",
    "{ things { refused(turns: %d) things { one two things { one two } } } }",
    "{ things { things { one things { two } refused(turns: %d) } wrong } }",
    "{ here { things { refused(turns: %d) } two wrong } }",
)
TURNS = 12
"""Of the event loop: more than the deepest of the documents needs to begin."""


@strawberry.type
class Thing:
    @strawberry.field
    async def one(self) -> int:
        return 1

    @strawberry.field
    async def two(self) -> int:
        await asyncio.sleep(0)
        return 2

    @strawberry.field
    async def things(self) -> list["Thing"]:
        return [Thing(), Thing()]

    @strawberry.field
    def here(self) -> list["Thing"]:
        return [Thing(), Thing()]

    @strawberry.field
    async def refused(self, turns: int) -> int:
        for _ in range(turns):
            await asyncio.sleep(0)
        raise ValueError("refused")

    @strawberry.field
    def wrong(self) -> int:
        raise ValueError("wrong")


@strawberry.type
class Query(Thing):
    pass


@pytest.fixture(autouse=True)
def _unlogged() -> Any:
    """Strawberry logs each error."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


@contextmanager
def warned() -> Iterator[list[str]]:
    """What Python warns of inside, and of what is garbage afterwards."""
    messages: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield messages
        gc.collect()
    messages += [str(warning.message) for warning in caught]


def left_behind(executor: type[CoreExecutor[Any]], document: str) -> list[str]:
    """What is still running when the document is answered, and what Python warns of."""
    schema = strawberry.Schema(Query, execution_context_class=executor)
    left: list[str] = []

    async def answer() -> None:
        result = await schema.execute(document, root_value=Query())
        assert result.errors, document
        left.extend(str(task) for task in asyncio.all_tasks() - {asyncio.current_task()})

    with warned() as messages:
        asyncio.run(answer())
    return left + messages


@pytest.mark.parametrize("document", DOCUMENTS)
def test_nothing_is_left_behind(document: str) -> None:
    for turns in range(TURNS):
        assert left_behind(Executor, document % turns) == []


def test_graphql_core_leaves_coroutines_behind() -> None:
    """If this fails, graphql-core has changed: remove schema/ending.py."""
    assert left_behind(StrawberryGraphQLCoreExecutionContext, DOCUMENTS[0] % 1)


def test_an_operation_that_is_cancelled_leaves_nothing_behind() -> None:
    """As when its client leaves or it takes too long."""
    schema = strawberry.Schema(Query, execution_context_class=Executor)

    async def answer(turns: int) -> None:
        executing = asyncio.ensure_future(schema.execute(DOCUMENTS[1] % 100, root_value=Query()))
        for _ in range(turns):
            await asyncio.sleep(0)
        executing.cancel()
        await asyncio.wait([executing])
        assert executing.cancelled()

    with warned() as messages:
        for turns in range(2 * TURNS):
            asyncio.run(answer(turns))
    assert messages == []
