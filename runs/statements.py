"""The way from asynchronous code to the ledger: SQL is synchronous and runs in threads."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Concatenate, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from sqlmodel import Session

from storage.database import Database

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")
Asked = TypeVar("Asked")

_PARALLEL_MAX = 20


class Statements:
    """Runs functions with a session of the ledger, at most 20 at a time, and 20 single statements beside them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._limiter = CapacityLimiter(_PARALLEL_MAX)
        self._threads = ThreadPoolExecutor(_PARALLEL_MAX, "ask")

    async def read(
        self,
        function: Callable[Concatenate[Session, Arguments], Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Call the function with a read-only session. Raises what `Database.read` raises."""

        def work() -> Result:
            with self._database.read() as session:
                return function(session, *args, **kwargs)

        return await to_thread.run_sync(work, limiter=self._limiter)

    async def ask(self, function: Callable[[Database, Asked], Result], asked: Asked) -> Result:
        """Call the function with the database, which it asks one statement. Raises what `Database.ask` raises."""
        # Not by anyio: what it adds takes as long as a small statement does.
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, self._database, asked)

    async def check(self, function: Callable[[Database], None]) -> None:
        """Call the function with the database itself, such as a check whether it can be used. Raises what it raises."""
        await to_thread.run_sync(function, self._database, limiter=self._limiter)

    async def write(
        self,
        function: Callable[Concatenate[Session, Arguments], Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Call the function in one transaction: everything it writes is committed, or nothing.

        Raises what `Database.write` raises.
        """

        def work() -> Result:
            with self._database.write() as session:
                return function(session, *args, **kwargs)

        return await to_thread.run_sync(work, limiter=self._limiter)
