"""Executing an operation by Strawberry's executor, which may take neither long nor much of the event loop."""

import asyncio
from collections.abc import Awaitable, Callable

from graphql import GraphQLError
from strawberry.types import ExecutionResult

from resolvers.context import TOO_SLOW, UNAVAILABLE
from resolvers.errors import RequestError, TooSlow, Unavailable
from schema.info import RequestContext
from storage.database import DatabaseError, UnfitText
from storage.deadline import REQUEST_SECONDS, Deadline, deadline
from storage.pages import BadCursor

EXECUTOR_SECONDS = 10.0
"""How long the executor may take, with all that it reads."""

Execute = Callable[[], Awaitable[ExecutionResult]]


async def change(execute: Execute) -> ExecutionResult:
    """Execute a mutation. It goes on if its client leaves: it has begun to change the ledger."""
    with deadline(REQUEST_SECONDS):
        return await execute()


async def query(execute: Execute, context: RequestContext, cost: int) -> ExecutionResult:
    """Execute a query when there is room for it. It ends at its deadline, and when its client has left."""
    with deadline(EXECUTOR_SECONDS) as limit:
        try:
            async with asyncio.timeout(EXECUTOR_SECONDS), context.room.taken(cost):
                return await _while_wanted(execute, context, limit)
        except TimeoutError:
            error = GraphQLError(TOO_SLOW, extensions={"code": TooSlow.code})
            return ExecutionResult(data=None, errors=[error])


async def _while_wanted(execute: Execute, context: RequestContext, limit: Deadline) -> ExecutionResult:
    if context.left is None:
        return await execute()
    executing, leaving = asyncio.ensure_future(execute()), asyncio.ensure_future(context.left())
    try:
        await asyncio.wait([executing, leaving], return_when=asyncio.FIRST_COMPLETED)
        if not executing.done():
            return ExecutionResult(data=None, errors=[])  # nobody will read it
        return executing.result()
    finally:
        leaving.cancel()
        if not executing.done():
            limit.end()
            executing.cancel()


def refusal(reason: Exception) -> GraphQLError | None:
    """What is wrong with an operation that a plan could not answer; None if it is only that there is no plan."""
    match reason:
        case GraphQLError():
            return reason
        case RequestError():
            fault: Exception = reason
        case BadCursor():
            fault = RequestError(str(reason), reason.argument)
        case UnfitText():
            fault = RequestError(str(reason))
        case DatabaseError():
            fault = Unavailable(UNAVAILABLE)
        case _:
            return None
    return GraphQLError(str(fault), original_error=fault)
