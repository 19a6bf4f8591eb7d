"""Following a run: its current state, then every change, until it is deleted."""

import asyncio
import time
from contextlib import aclosing, suppress
from typing import Any

import httpx
import pytest

from tests.support.client import Client
from tests.support.ledger import line, post
from tests.support.subscriber import PATIENCE_SECONDS, TRANSPORTS, Refused, Transport, follow

UPDATES = """subscription($run: String!) {
  journalRunUpdates(number: $run) {
    number status totalJournalEntryCount cancellation { cancelledCount remainingCount finishedAt }
  }
}"""
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

    async def follow_one(transport: Transport) -> list[Any]:
        seen = []
        async with aclosing(follow(transport, client.url, UPDATES, run=run)) as followed:
            with suppress(TimeoutError):
                async with asyncio.timeout(2):
                    async for state in followed:
                        seen.append(state["status"])  # noqa: PERF401  (what was seen stays at the timeout)
        return seen

    async def follow_all() -> list[list[Any]]:
        followers = [asyncio.create_task(follow_one(transport)) for transport in TRANSPORTS.values()]
        # Changes of another run are not sent.
        await asyncio.to_thread(client.completed)
        return await asyncio.gather(*followers)

    assert asyncio.run(follow_all()) == [["COMPLETED"]] * len(TRANSPORTS)


@pytest.mark.parametrize("transport", TRANSPORTS.values(), ids=TRANSPORTS)
def test_without_a_number_every_run_is_followed_new_ones_included(client: Client, transport: Transport) -> None:
    quiet = client.completed()["number"]
    document = "subscription { journalRunUpdates { number status } }"

    async def follow_all() -> list[tuple[str, str]]:
        seen: list[tuple[str, str]] = []
        async with asyncio.timeout(PATIENCE_SECONDS), aclosing(follow(transport, client.url, document)) as followed:
            asking = asyncio.create_task(asyncio.to_thread(live))
            async for run in followed:
                seen.append((run["number"], run["status"]))
                if run["status"] == "DELETE_IN_PROGRESS":
                    break
            await asking
        return seen

    def live() -> None:
        time.sleep(1)  # the subscription has begun
        post(client.database, [line(str(n), segment_country=str(n)) for n in range(3)])
        run = client.create()["journalRun"]["number"]
        client.wait(run, "COMPLETED")
        client.cancel(run)
        client.wait(run, "CANCELLED")
        client.delete(run)

    seen = asyncio.run(follow_all())
    (number,) = {number for number, _ in seen}
    assert number != quiet
    places = [LIFE.index(status) for _, status in seen]
    assert places == sorted(places)
    assert {"COMPLETED", "CANCELLED"} <= {status for _, status in seen}


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
    with httpx.Client(base_url=client.url, timeout=10) as connection:
        head = connection.head("/graphql", params={"query": document}, headers={"Accept": accept})
        assert (head.status_code, head.headers["content-type"].partition(";")[0]) == (200, accept.partition(";")[0])
        # By the same connection, which an answer without end would keep busy.
        again = connection.get("/graphql", params={"query": "{ __typename }"})
        assert again.json() == {"data": {"__typename": "Query"}}
