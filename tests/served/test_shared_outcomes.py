"""Many who follow one cancellation: what is shared is the work, and each still gets everything once and in order."""

import asyncio
import json
import socket
from collections.abc import Callable
from contextlib import aclosing
from functools import partial
from typing import Any

import pytest
from graphql import Executor
from websockets.asyncio.client import ClientConnection, connect
from websockets.frames import Frame
from websockets.typing import Subprotocol

from gateway.application import Application
from gateway.graphql import subscriptions
from resolvers.access import create_api_key
from runs import feed, workflows
from runs.cancel import cancel_batch
from runs.shared import Batch
from storage.cancellations import OUTCOMES, EntryCancelOutcome
from storage.database import Database
from storage.words import Permission
from tests.support.client import Client
from tests.support.halfway import stopping_after
from tests.support.ledger import line, post
from tests.support.served import served
from tests.support.subscriber import PATIENCE_SECONDS, TRANSPORTS, Transport, follow, websocket
from tests.support.websocket import send, subscribe

SIZE = 450
PROTOCOL = Subprotocol("graphql-transport-ws")
DOCUMENT = """subscription($run: String!, $after: String) {
  entryCancelOutcomes(number: $run, after: $after) {
    cursor sequence cancelledCount remainingCount journalEntry { number status }
  }
}"""


@pytest.fixture
def executed(monkeypatch: pytest.MonkeyPatch) -> list[Batch[Any]]:
    """The batches that are executed from now on."""
    batches: list[Batch[Any]] = []
    execute = subscriptions.execute_events

    async def counted(executor: Executor[Any], batch: Batch[Any], cost: int) -> list[bytes]:
        batches.append(batch)
        return await execute(executor, batch, cost)

    monkeypatch.setattr(subscriptions, "execute_events", counted)
    return batches


def run_of(client: Client, size: int = SIZE) -> str:
    """A completed run of this many entries."""
    post(client.database, [line(str(n), segment_country=f"{n:04}") for n in range(size)])
    number: str = client.completed()["number"]
    return number


async def all_of(client: Client, run: str, after: str | None = None, transport: Transport = websocket) -> list[Any]:
    """Everything up to the end."""
    async with (
        asyncio.timeout(PATIENCE_SECONDS),
        aclosing(follow(transport, client.url, DOCUMENT, run=run, after=after)) as followed,
    ):
        return [outcome async for outcome in followed]


def test_subscribers_with_different_starts_get_the_same_sequence(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also when little is kept, so that most read again by themselves."""
    monkeypatch.setattr(feed, "OUTCOMES_PER_BATCH", 7)
    monkeypatch.setattr(feed, "BATCHES_KEPT_MAX", 3)
    monkeypatch.setattr(workflows, "cancel_batch", partial(cancel_batch, first=5, largest=5))
    run = run_of(client)

    async def go() -> tuple[list[Any], list[tuple[int, list[Any]]]]:
        first = asyncio.create_task(all_of(client, run))
        await asyncio.to_thread(client.cancel, run)
        following = []
        for start in range(30):
            transport = list(TRANSPORTS.values())[start % 3]
            sequence = 0 if start % 2 else start * 3
            after = None
            if sequence:
                after = OUTCOMES.cursor(EntryCancelOutcome.model_construct(cancellation_id=1, sequence=sequence))
            following.append((sequence, asyncio.create_task(all_of(client, run, after, transport))))
            await asyncio.sleep(0.01)
        return await first, [(sequence, await task) for sequence, task in following]

    whole, others = asyncio.run(go())
    assert [outcome["sequence"] for outcome in whole] == list(range(1, SIZE + 1))
    for sequence, found in others:
        assert found == whole[sequence:]


def test_an_event_is_executed_once_for_all_who_follow_it_live(client: Client, executed: list[Batch[Any]]) -> None:
    run = run_of(client)

    async def go() -> list[list[Any]]:
        # A cursor of a cancellation that is none decides nothing, and its variable does not matter for the events.
        nowhere = OUTCOMES.cursor(EntryCancelOutcome.model_construct(cancellation_id=0, sequence=5))
        followers = [asyncio.create_task(all_of(client, run, nowhere if n % 2 else None)) for n in range(20)]
        await asyncio.sleep(1.5)
        await asyncio.to_thread(client.cancel, run)
        return await asyncio.gather(*followers)

    found = asyncio.run(go())
    assert all(one == found[0] for one in found)
    spans = [batch.span for batch in executed]
    assert len(set(spans)) == len(spans)
    assert sum(span.size for span in spans if span) == SIZE


def test_what_was_executed_before_is_not_given_to_those_who_come_later(
    client: Client, executed: list[Batch[Any]]
) -> None:
    run = run_of(client, 3)

    async def go() -> tuple[list[Any], list[Any]]:
        with stopping_after(2) as go_on:
            client.cancel(run)
            # Someone follows all the time, so that what has been executed is kept.
            async with aclosing(follow(websocket, client.url, DOCUMENT, run=run)) as followed:
                before = [await anext(followed), await anext(followed)]
                (entry, *_) = client.entries(run)
                with client.database.write() as session:
                    session.connection().exec_driver_sql(
                        f"UPDATE journal_entry SET status = 'Created' WHERE number = '{entry['number']}'"  # noqa: S608
                    )
                async with aclosing(follow(websocket, client.url, DOCUMENT, run=run)) as later:
                    after = [await anext(later), await anext(later)]
                with client.database.write() as session:
                    session.connection().exec_driver_sql(
                        f"UPDATE journal_entry SET status = 'Cancelled' WHERE number = '{entry['number']}'"  # noqa: S608
                    )
            go_on.set()
            await asyncio.to_thread(client.wait, run, "CANCELLED")
        return before, after

    before, after = asyncio.run(go())
    assert [outcome["journalEntry"]["status"] for outcome in before] == ["CANCELLED", "CANCELLED"]
    assert [outcome["journalEntry"]["status"] for outcome in after] == ["CREATED", "CANCELLED"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_callers_never_share_results(database: Database, executed: list[Batch[Any]]) -> None:
    views = {Permission.VIEW_JOURNAL_RUNS, Permission.VIEW_JOURNAL_ENTRIES}
    with served(Application(database), database) as client:
        run = run_of(client, 3)
        tokens: list[str | None] = [None]
        for name, permissions in (("one", views), ("two", views), ("three", views | {Permission.CREATE_JOURNAL_RUN})):
            key, secret = create_api_key(database, name, permissions, actor="test")
            tokens.append(_token(client, key.client_id, secret))

        async def follow_as(token: str | None) -> list[Any]:
            async with aclosing(websocket(client.url, DOCUMENT, {"run": run}, token)) as payloads:
                return [payload async for payload in payloads]

        async def go() -> list[list[Any]]:
            followers = [asyncio.create_task(follow_as(token)) for token in (*tokens, *tokens)]
            await asyncio.sleep(1)
            await asyncio.to_thread(client.cancel, run)
            return await asyncio.gather(*followers)

        found = asyncio.run(go())
    assert all(len(one) == 3 for one in found)
    # Once for each caller, however many connections each has.
    assert [batch.span.size for batch in executed if batch.span] == [3] * len(tokens)


def _token(client: Client, client_id: str, secret: str) -> str:
    form = {"client_id": client_id, "client_secret": secret, "grant_type": "client_credentials"}
    answer = client._http.post("/oauth/token", data=form)
    token: str = answer.json()["access_token"]
    return token


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("compression", [None, "deflate"])
def test_each_outcome_is_a_message_of_its_own_compressed_if_that_was_agreed(
    client: Client, monkeypatch: pytest.MonkeyPatch, compression: str | None
) -> None:
    run = run_of(client)
    client.cancel(run)
    client.wait(run, "CANCELLED")
    frames: list[Frame] = []

    async def go() -> list[int]:
        url = client.url.replace("http", "ws", 1) + "/graphql"
        async with connect(url, subprotocols=[PROTOCOL], compression=compression) as connection:
            await send(connection, {"type": "connection_init"})
            await connection.recv()
            for extension in connection.protocol.extensions:
                monkeypatch.setattr(extension, "decode", partial(_recorded, frames, extension.decode))
            await send(connection, subscribe(query=DOCUMENT, variables={"run": run}))
            return await _sequences(connection)

    assert asyncio.run(go()) == list(range(1, SIZE + 1))
    assert sum(frame.rsv1 for frame in frames) == (0 if compression is None else SIZE + 1)


def _recorded(frames: list[Frame], decode: Callable[..., Frame], frame: Frame, **options: Any) -> Frame:
    frames.append(frame)
    return decode(frame, **options)


# More than the buffers of a connection hold: each outcome is a failure, whose message is told 95 times.
LARGE = DOCUMENT.replace("cursor", " ".join(f"a{n}: message" for n in range(95)))


async def slow(client: Client, run: str, subscribed: asyncio.Event, read_on: asyncio.Event) -> list[int]:
    """Subscribe and read nothing until told; returns the sequence numbers that arrive then."""
    receiver = socket.socket()
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    receiver.connect(("127.0.0.1", int(client.url.rpartition(":")[2])))
    url = client.url.replace("http", "ws", 1) + "/graphql"
    async with connect(url, sock=receiver, subprotocols=[PROTOCOL], max_queue=1, compression=None) as connection:
        await send(connection, {"type": "connection_init"})
        await connection.recv()
        await send(connection, subscribe(query=LARGE, variables={"run": run}))
        subscribed.set()
        await read_on.wait()
        return await _sequences(connection)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_subscriber_that_reads_nothing_delays_no_other_and_gets_everything_later(
    database: Database, monkeypatch: pytest.MonkeyPatch, executed: list[Batch[Any]]
) -> None:
    monkeypatch.setattr(feed, "BATCHES_KEPT_MAX", 1)
    application = Application(database)

    async def go(client: Client, run: str) -> list[int]:
        subscribed, read_on = asyncio.Event(), asyncio.Event()
        lagging = asyncio.create_task(slow(client, run, subscribed, read_on))
        await subscribed.wait()
        followers = [asyncio.create_task(all_of(client, run)) for _ in range(5)]
        await asyncio.sleep(0.5)
        await asyncio.to_thread(client.cancel, run)
        for other in await asyncio.gather(*followers):
            assert [outcome["sequence"] for outcome in other] == list(range(1, SIZE + 1))
        assert application.feed._followed, "the slow subscriber had everything sent to it"
        read_on.set()
        return await lagging

    with served(application, database) as client:
        run = run_of(client)
        client.transfer([entry["number"] for entry in client.entries(run)])
        assert asyncio.run(go(client, run)) == list(range(1, SIZE + 1))
    assert not application.feed._followed


async def _sequences(connection: ClientConnection) -> list[int]:
    found: list[int] = []
    async for text in connection:
        message = json.loads(text)
        if message["type"] == "complete":
            break
        found.append(message["payload"]["data"]["entryCancelOutcomes"]["sequence"])
    return found
