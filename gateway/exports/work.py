"""What is done for a client: it ends when the client leaves, and when the gateway stops."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from starlette.types import Receive

from resolvers.errors import Unavailable

STOPPING = "The gateway is stopping; try again in a moment."


class Work:
    """What all requests have begun. A task of its own is cancelled once; Starlette's would be again and again."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    async def while_connected(self, receive: Receive, coroutine: Coroutine[Any, Any, None]) -> None:
        """Run it, and raise what it raises; if the client closes its connection before, it is cancelled and awaited.

        Raises Unavailable if it is cancelled otherwise.
        """
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        gone = asyncio.create_task(_disconnected(receive))
        try:
            await asyncio.wait({task, gone}, return_when=asyncio.FIRST_COMPLETED)
            has_gone = gone.done()
        finally:
            gone.cancel()
            if not task.done():
                task.cancel()
                await asyncio.wait({task})
        if not task.cancelled():
            task.result()
        elif not has_gone:
            raise Unavailable(STOPPING)

    async def close(self) -> None:
        """Cancel all, and wait for their ends."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
