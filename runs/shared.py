"""Work that is done once for all who ask for it at the same time."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from itertools import count
from typing import Any, Generic, TypeVar, cast

Result = TypeVar("Result")
Row = TypeVar("Row")

WORK_KEPT_MAX = 100

_moments = count()

_going_on: set[asyncio.Task[Any]] = set()
"""The tasks at work, of every event loop."""


def moment() -> int:
    """This moment, by a clock that counts: it is later than every moment asked for before."""
    return next(_moments)


async def settled() -> None:
    """Wait until no work goes on, which may have no one left who waits for it. The database is closed afterwards."""
    while tasks := [task for task in _going_on if task.get_loop() is asyncio.get_running_loop()]:
        await asyncio.wait(tasks)


@dataclass(frozen=True, slots=True)
class _Work:
    began: int
    task: asyncio.Task[Any]


class Shared:
    """Results of asynchronous work by key; at most so many of them, the newest."""

    def __init__(self, kept_max: int = WORK_KEPT_MAX) -> None:
        self._kept_max = kept_max
        self._kept: dict[Hashable, _Work] = {}

    async def once(self, key: Hashable, since: int, work: Callable[[], Coroutine[Any, Any, Result]]) -> Result:
        """The result of work with this key that began after the moment `since`; done now, if there is none.

        Who asks while older work goes on waits until it has ended, so that all of them share the next. Raises what the
        work raises, to all who wait for it; the next to ask has it done again.
        """
        while True:
            found = self._kept.get(key)
            if found is None or found.began > since or found.task.done():
                break
            await asyncio.wait([found.task])
        if found is None or found.began < since:
            found = _Work(moment(), asyncio.create_task(work()))
            self._keep(key, found)
        if found.task.done():
            return cast("Result", found.task.result())
        # One who no longer waits must not end the work of the others.
        return cast("Result", await asyncio.shield(found.task))

    def _keep(self, key: Hashable, work: _Work) -> None:
        self._kept.pop(key, None)
        self._kept[key] = work
        if len(self._kept) > self._kept_max:
            del self._kept[next(iter(self._kept))]

        def ended(task: asyncio.Task[Any]) -> None:
            _going_on.discard(task)
            if (task.cancelled() or task.exception() is not None) and self._kept.get(key) is work:
                del self._kept[key]

        _going_on.add(work.task)
        work.task.add_done_callback(ended)


@dataclass(frozen=True, slots=True)
class Span:
    """Consecutive outcomes of a cancellation: those after one sequence number, up to and with another."""

    cancellation_id: int
    after: int
    last: int

    @property
    def size(self) -> int:
        """The number of outcomes."""
        return self.last - self.after


@dataclass(frozen=True, slots=True)
class Batch(Generic[Row]):
    """Events that followers get together, at least one, and the work that they share on these events.

    `rows` reads the rows of the events; there are none if they are being deleted. `span` says which events they are,
    for those who have no need of the rows themselves. Shared work calls `grown` with the bytes of its result, by which
    batches are kept.
    """

    rows: Callable[[], Coroutine[Any, Any, list[Row]]]
    shared: Shared
    span: Span | None = None
    grown: Callable[[int], None] = lambda _size: None

    @classmethod
    def of(cls, row: Row) -> "Batch[Row]":
        """The batch of one event, whose row has been read."""

        async def rows() -> list[Row]:
            return [row]

        return cls(rows, Shared())
