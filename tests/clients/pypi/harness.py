"""Shared by every program here: its arguments, the documents it sends, and how it reports responses."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

given = json.loads(sys.argv[1])
url: str = given["url"]
token: str = given["token"]
run: str = given["run"]

documents: dict[str, str] = given["documents"]
RUN, CANCEL, OUTCOMES = documents["run"], documents["cancel"], documents["outcomes"]

Answer = dict[str, Any]
Ask = Callable[[str, dict[str, Any]], Awaitable[Answer]]
Show = Callable[[Answer], None]
Follow = Callable[..., Coroutine[Any, Any, None]]


def tell(kind: str, value: Any) -> None:
    """Report to the test that started this program."""
    print(json.dumps([kind, value]), flush=True)  # noqa: T201


async def play(ask: Ask, follow: Follow) -> None:
    """Query, have a mutation refused, follow the run's cancellation, and follow it again from its end."""
    last: Answer = {}

    def show(outcome: Answer) -> None:
        last.update(outcome)
        tell("outcome", outcome)

    tell("run", await ask(RUN, {"number": run}))
    tell("refused", await ask(CANCEL, {"number": "JR-99999999"}))
    followed = asyncio.create_task(follow(run, show))
    tell("cancelling", await ask(CANCEL, {"number": run}))
    await followed
    tell("completed", None)
    await follow(run, lambda outcome: tell("too many", outcome), last["cursor"])
    tell("completed again", None)
