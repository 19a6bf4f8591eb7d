"""Work that is done once for all who ask for it at the same time, and never for one who needs it newer."""

import asyncio
from collections.abc import Callable
from typing import Any

from runs.shared import Shared, moment, settled


def working(log: list[int], wait: asyncio.Event | None = None) -> Callable[[], Any]:
    """Work that counts how often it is done."""

    async def work() -> int:
        if wait is not None:
            await wait.wait()
        log.append(len(log))
        return len(log)

    return work


def test_work_is_shared_by_those_it_is_new_enough_for() -> None:
    async def go() -> None:
        shared, log, wait = Shared(), list[int](), asyncio.Event()
        since = moment()
        early = [asyncio.create_task(shared.once("a", since, working(log, wait))) for _ in range(3)]
        await asyncio.sleep(0)
        late = [asyncio.create_task(shared.once("a", moment(), working(log))) for _ in range(3)]
        await asyncio.sleep(0)
        early[0].cancel()  # does not end the work of the others
        wait.set()
        assert await asyncio.gather(*early[1:]) == [1, 1]
        assert await asyncio.gather(*late) == [2, 2, 2]
        assert await shared.once("a", since, working(log)) == 2
        assert await shared.once("b", since, working(log)) == 3

    asyncio.run(go())


def test_work_that_fails_is_done_again() -> None:
    async def fail() -> int:
        raise ValueError

    async def go() -> None:
        shared, log = Shared(), list[int]()
        since = moment()
        failing = [asyncio.create_task(shared.once("a", since, fail)) for _ in range(2)]
        assert [type(error) for error in await asyncio.gather(*failing, return_exceptions=True)] == [ValueError] * 2
        assert await shared.once("a", since, working(log)) == 1

    asyncio.run(go())


def test_only_the_newest_work_is_kept() -> None:
    async def go() -> None:
        shared, log = Shared(kept_max=2), list[int]()
        since = moment()
        for key in "abc":
            await shared.once(key, since, working(log))
        assert await shared.once("c", since, working(log)) == 3
        assert await shared.once("a", since, working(log)) == 4

    asyncio.run(go())


def test_work_that_no_one_waits_for_is_waited_for_in_the_end() -> None:
    async def go() -> None:
        shared, log, wait = Shared(), list[int](), asyncio.Event()
        asking = asyncio.create_task(shared.once("a", moment(), working(log, wait)))
        await asyncio.sleep(0)
        asking.cancel()
        asyncio.get_running_loop().call_later(0.05, wait.set)
        await settled()
        assert log == [0]

    asyncio.run(go())
