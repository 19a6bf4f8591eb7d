"""The way from asynchronous code to the ledger: SQL is synchronous and runs in threads."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from time import monotonic
from typing import Concatenate, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from sqlmodel import Session

from storage.database import CONNECTIONS_KEPT, Database, DatabaseBusy

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")
Asked = TypeVar("Asked")

CHANGES_MAX = 40
"""Changes that are in progress or waiting; one more is refused at once."""

CHANGE_WAIT_SECONDS = 10.0
"""How long a change may wait: for its turn and then for another writer of the database."""

_PARALLEL_READS = 16
_PARALLEL_CHANGES = 8
_PARALLEL_REPORTS = 6


class Statements:
    """Runs functions with a session of the ledger in threads.

    Reads, changes and checks have a queue each, so that none of them waits for the others; so have single statements,
    and those for reports, which may take long.
    """

    def __init__(
        self,
        database: Database,
        *,
        parallel_reads: int = _PARALLEL_READS,
        parallel_changes: int = _PARALLEL_CHANGES,
        changes_max: int = CHANGES_MAX,
        change_wait_seconds: float | None = None,
    ) -> None:
        """`changes_max` counts the changes in progress and those that wait, each for at most `change_wait_seconds`."""
        self._database = database
        self._reads = CapacityLimiter(parallel_reads)
        self._checks = CapacityLimiter(1)
        self._changing = CapacityLimiter(parallel_changes)
        self._changes = 0
        self._changes_max = changes_max
        self._change_wait_seconds = CHANGE_WAIT_SECONDS if change_wait_seconds is None else change_wait_seconds
        self._threads = ThreadPoolExecutor(CONNECTIONS_KEPT, "ask")
        self._reports = ThreadPoolExecutor(_PARALLEL_REPORTS, "report")

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

        return await to_thread.run_sync(work, limiter=self._reads)

    async def ask(self, function: Callable[[Database, Asked], Result], asked: Asked) -> Result:
        """Call the function with the database, which it asks one statement. Raises what `Database.ask` raises."""
        # Not by anyio: what it adds takes as long as a small statement does.
        return await asyncio.get_running_loop().run_in_executor(self._threads, function, self._database, asked)

    async def report(self, function: Callable[[Database], Result]) -> Result:
        """Call the function with the database, which it asks statements for a report. Raises what it raises."""
        context = copy_context()  # with the deadline
        return await asyncio.get_running_loop().run_in_executor(self._reports, context.run, function, self._database)

    async def check(self, function: Callable[[Database], None]) -> None:
        """Call the function with the database itself, such as a check whether it can be used. Raises what it raises."""
        await to_thread.run_sync(function, self._database, limiter=self._checks)

    async def write(
        self,
        function: Callable[Concatenate[Session, Arguments], Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Call the function in one transaction: everything it writes is committed, or nothing.

        Raises what `Database.write` raises; DatabaseBusy also, and at once, if too many changes are waiting.
        """
        ends = monotonic() + self._change_wait_seconds

        def work() -> Result:
            left = ends - monotonic()
            if left <= 0:
                raise DatabaseBusy
            with self._database.write(wait_seconds=left) as session:
                return function(session, *args, **kwargs)

        if self._changes >= self._changes_max:
            raise DatabaseBusy
        self._changes += 1
        try:
            return await to_thread.run_sync(work, limiter=self._changing)
        finally:
            self._changes -= 1


def statements_for_access(database: Database) -> Statements:
    """The queues for identifying callers and issuing tokens, which never wait for what callers read and change."""
    return Statements(database, parallel_reads=4, parallel_changes=2, changes_max=20, change_wait_seconds=2.0)
