"""Following a run: its current state, then every change, until it is deleted."""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, aclosing, contextmanager, suppress
from threading import Event
from typing import Any

import httpx
import pytest

from runs import feed, supervisor, workflows
from runs.feed import Feed
from tests.support.client import Client
from tests.support.costs import without_cost
from tests.support.ledger import line, post
from tests.support.postgresql import PostgreSQL
from tests.support.subscriber import PATIENCE_SECONDS, TRANSPORTS, Refused, Transport, follow
from tests.support.subscriptions import UPDATES

ALL = "subscription { journalRunUpdates { number status } }"
LIFE = ["PENDING", "PROCESSING", "COMPLETED", "CANCEL_IN_PROGRESS", "CANCELLED", "DELETE_IN_PROGRESS"]


async def states(client: Client, run: str, transport: Transport) -> list[dict[str, Any]]:
    """Every state of the run that the subscription sends, until it is deleted."""
    async with asyncio.timeout(PATIENCE_SECONDS), aclosing(follow(transport, client.url, UPDATES, run=run)) as followed:
        return [state async for state in followed]


def test_every_transport_sends_the_run_at_once_and_at_every_change_until_it_is_deleted(client: Client) -> None:
    post(client.database, [line(str(n), segment_country=str(n)) for n in range(250)])
    run = client.create()["journalRun"]["number"]

    async def live() -> list[list[dict[str, Any]]]:
        followers = [asyncio.create_task(states(client, run, transport)) for transport in TRANSPORTS.values()]
        await asyncio.to_thread(client.wait, run, "COMPLETED")
        await asyncio.sleep(1)
        assert not any(follower.done() for follower in followers)
        await asyncio.to_thread(client.cancel, run)
        await asyncio.to_thread(client.wait, run, "CANCELLED")
        await asyncio.to_thread(client.delete, run)
        return await asyncio.gather(*followers)

    for seen in asyncio.run(live()):
        assert seen
        assert {state["number"] for state in seen} == {run}
        # A change that is overtaken by the next before it could be read is told with it, so some may be missing.
        places = [LIFE.index(state["status"]) for state in seen]
        assert places == sorted(places)
        assert {"COMPLETED", "CANCEL_IN_PROGRESS"} <= {state["status"] for state in seen}
        completed = next(state for state in seen if state["status"] == "COMPLETED")
        assert completed["totalJournalEntryCount"] == 250
        assert completed["cancellation"] is None
        cancelled = [state["cancellation"]["cancelledCount"] for state in seen if state["cancellation"]]
        assert cancelled == sorted(cancelled)


def test_a_run_that_does_not_change_is_sent_once(client: Client) -> None:
    run = client.completed()["number"]

    async def follow_all() -> list[str]:
        async with AsyncExitStack() as stack:
            followers = [
                await stack.enter_async_context(aclosing(follow(transport, client.url, UPDATES, run=run)))
                for transport in TRANSPORTS.values()
            ]
            first = [(await anext(followed))["status"] for followed in followers]
            following = [asyncio.ensure_future(anext(followed)) for followed in followers]
            # Changes of another run are not sent.
            await asyncio.to_thread(client.completed)
            sent, waiting = await asyncio.wait(following, timeout=1)
            assert not sent
            for one in waiting:
                one.cancel()
            await asyncio.wait(waiting)
            return first

    assert asyncio.run(follow_all()) == ["COMPLETED"] * len(TRANSPORTS)


@contextmanager
def all_updates(client: Client, transport: Transport) -> Iterator[list[tuple[str, str]]]:
    """Inside, the number and status of each update of any run are appended to the list."""
    seen: list[tuple[str, str]] = []
    ended = Event()

    async def collect() -> None:
        async with aclosing(follow(transport, client.url, ALL)) as followed:
            following = asyncio.create_task(_append(followed, seen))
            while not ended.is_set() and not following.done():
                await asyncio.sleep(0.05)
            assert not following.done(), "the subscription ended by itself"
            following.cancel()
            with suppress(asyncio.CancelledError):
                await following

    with ThreadPoolExecutor(1) as pool:
        collecting = pool.submit(asyncio.run, collect())
        try:
            until(lambda: bool(client.completed() and seen))  # until it has subscribed, nothing is sent
            yield seen
        finally:
            ended.set()
            collecting.result(PATIENCE_SECONDS)


async def _append(followed: AsyncGenerator[Any, None], seen: list[tuple[str, str]]) -> None:
    async for state in followed:
        seen.append((state["number"], state["status"]))  # noqa: PERF401  (what was seen stays at the end)


def of(seen: list[tuple[str, str]], number: str) -> list[str]:
    """The statuses of that run."""
    return [status for run, status in seen if run == number]


def until(condition: Callable[[], bool]) -> None:
    """Wait until it is so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_without_a_number_every_run_is_sent_after_each_change_also_a_new_one(client: Client, transport: str) -> None:
    post(client.database, [line(str(n), segment_country=str(n)) for n in range(3)])
    resting, changing = client.completed()["number"], client.completed()["number"]
    with all_updates(client, TRANSPORTS[transport]) as seen:
        assert of(seen, resting) == of(seen, changing) == []
        created = client.completed()["number"]
        client.cancel(changing)
        until(lambda: "CANCELLED" in of(seen, changing))  # a change right after it would be sent in its place
        client.delete(changing)
        client.wait_until_gone(changing)
        (entry, *_) = client.entries(resting)
        until(lambda: of(seen, created)[-1:] == ["COMPLETED"])
        assert of(seen, resting) == []
        # Fewer live entries are a change of the run.
        client.cancel_entry(entry["number"])
        until(lambda: of(seen, resting) == ["COMPLETED"])
    for number, first in ((created, "PENDING"), (changing, "CANCEL_IN_PROGRESS")):
        places = [LIFE.index(status) for status in of(seen, number)]
        assert places == sorted(places)
        assert places[0] >= LIFE.index(first)


def test_a_run_that_was_at_rest_is_sent_when_only_the_periodic_look_finds_its_change(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Feed, "_wake", lambda _feed, _run_id: None)
    monkeypatch.setattr(feed, "LOOK_AGAIN_SECONDS", 0.5)
    post(client.database, [line("1")])
    run = client.completed()["number"]
    with all_updates(client, TRANSPORTS["websocket"]) as seen:
        client.cancel(run)
        client.wait(run, "CANCELLED")
        until(lambda: of(seen, run)[-1:] == ["CANCELLED"])
    assert seen.count((run, "CANCELLED")) == 1


def test_a_run_that_is_given_up_is_sent_at_once(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(workflows, "make_entries", fail)
    monkeypatch.setattr(supervisor, "ATTEMPTS_MAX", 1)
    monkeypatch.setattr(supervisor, "RETRY_SECONDS_MAX", 0)
    # Far away, so that only a wake-up can be the reason.
    monkeypatch.setattr(feed, "LOOK_AGAIN_SECONDS", 10 * PATIENCE_SECONDS)
    run = client.create()["journalRun"]["number"]

    async def until_error() -> None:
        async with (
            asyncio.timeout(PATIENCE_SECONDS),
            aclosing(follow(TRANSPORTS["websocket"], client.url, UPDATES, run=run)) as followed,
        ):
            async for state in followed:
                if state["status"] == "ERROR":
                    return

    asyncio.run(until_error())


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_updates_interrupted_by_a_lost_database_say_how_to_go_on(client: Client, postgresql: PostgreSQL) -> None:
    run = client.completed()["number"]

    async def lose() -> list[Refused]:
        async with (
            asyncio.timeout(PATIENCE_SECONDS),
            aclosing(follow(TRANSPORTS["websocket"], client.url, UPDATES, run=run)) as one,
            aclosing(follow(TRANSPORTS["websocket"], client.url, ALL)) as every,
        ):
            assert (await anext(one))["status"] == "COMPLETED"
            waiting = [asyncio.ensure_future(anext(followed)) for followed in (one, every)]
            await asyncio.sleep(1)  # long enough that both have subscribed
            with postgresql.unreachable(client.database.url.render_as_string(hide_password=False)):
                errors = await asyncio.gather(*waiting, return_exceptions=True)
        return [error for error in errors if isinstance(error, Refused)]

    lost = "The ledger's database is unavailable. Reconnect"
    assert [(refused.code, refused.message) for refused in asyncio.run(lose())] == [
        ("SERVICE_UNAVAILABLE", f"{lost}; the run as it is then comes first."),
        ("SERVICE_UNAVAILABLE", f"{lost}, then list the runs again."),
    ]


def test_an_unknown_run_is_refused(client: Client) -> None:
    for transport in TRANSPORTS.values():
        with pytest.raises(Refused, match="JR-99999999") as refused:
            asyncio.run(states(client, "JR-99999999", transport))
        assert refused.value.code == "NOT_FOUND"


def test_an_empty_number_is_an_unknown_run_and_not_all_runs(client: Client) -> None:
    with pytest.raises(Refused, match="There is no journal run ''") as refused:
        asyncio.run(states(client, "", TRANSPORTS["websocket"]))
    assert refused.value.code == "NOT_FOUND"


@pytest.mark.parametrize("accept", ["text/event-stream", "multipart/mixed;subscriptionSpec=1.0"])
def test_head_follows_nothing(client: Client, accept: str) -> None:
    document = f'subscription {{ journalRunUpdates(number: "{client.completed()["number"]}") {{ number }} }}'
    with httpx.Client(base_url=client.url) as connection:
        head = connection.head("/graphql", params={"query": document}, headers={"Accept": accept})
        assert (head.status_code, head.headers["content-type"].partition(";")[0]) == (200, accept.partition(";")[0])
        # By the same connection, which an answer without end would keep busy.
        again = connection.get("/graphql", params={"query": "{ __typename }"})
        assert without_cost(again.json()) == {"data": {"__typename": "Query"}}
