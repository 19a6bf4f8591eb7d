"""Work of exports in threads: one step after another, and stopped when nobody waits for it any more."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from storage.deadline import current_deadline

EXPORT_SECONDS = 600.0
"""How long it may take to read an export, also by a client that takes it as a stream."""

Result = TypeVar("Result")

_END = object()


class Threads:
    """Threads for exports alone, so that no other request waits for one."""

    def __init__(self, count: int) -> None:
        self._executor = ThreadPoolExecutor(count, "export")

    async def call(self, function: Callable[[], Result]) -> Result:
        """Call the function. If this is cancelled, so is what the function asks the database; its end is awaited."""
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._executor, copy_context().run, function)
        try:
            return await asyncio.shield(future)
        except asyncio.CancelledError:
            if (limit := current_deadline()) is not None:
                await loop.run_in_executor(None, limit.end)
            await asyncio.wait([future])
            # Nobody wants to know any more.
            future.exception()
            raise

    async def each(self, generator: Generator[Result]) -> AsyncGenerator[Result]:
        """What the generator yields, each in a thread; it is closed at the end."""
        try:
            while (found := await self.call(lambda: next(generator, _END))) is not _END:
                yield found  # type: ignore[misc]  # it is not the end
        finally:
            await self.call(generator.close)

    def close(self) -> None:
        """Wait for what is at work, and end the threads."""
        self._executor.shutdown()
