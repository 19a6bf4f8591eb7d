"""Room for operations that Python executes: while it makes their objects, the event loop does nothing else."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Room:
    """Up to a cost in total, operations are executed next to each other; others wait, first come, first served."""

    def __init__(self, size: int) -> None:
        self._size = self._free = size
        self._waiting: deque[tuple[asyncio.Future[None], int]] = deque()

    @asynccontextmanager
    async def taken(self, cost: int) -> AsyncIterator[None]:
        """Wait for room for that cost, which is taken inside. What is larger than all of it takes all."""
        cost = min(cost, self._size)
        if self._waiting or cost > self._free:
            await self._turn(cost)
        else:
            self._free -= cost
        try:
            yield
        finally:
            self._give_back(cost)

    async def _turn(self, cost: int) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((turn, cost))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._give_back(cost)
            else:
                self._waiting.remove((turn, cost))
                self._admit()
            raise

    def _give_back(self, cost: int) -> None:
        self._free += cost
        self._admit()

    def _admit(self) -> None:
        while self._waiting and self._waiting[0][1] <= self._free:
            turn, cost = self._waiting.popleft()
            self._free -= cost
            turn.set_result(None)
