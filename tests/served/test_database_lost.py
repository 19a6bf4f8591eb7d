"""A database that is lost under a subscription: a stated error, and no outcome is lost or sent twice on resuming."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import psycopg
import pytest
from psycopg import sql
from sqlmodel import select

from gateway.application import Application
from storage.cancellations import EntryCancelOutcome
from storage.database import Database
from tests.clients.halfway import stopping_after
from tests.support.client import Client
from tests.support.ledger import line, post
from tests.support.postgresql import PostgreSQL
from tests.support.served import served
from tests.support.subscriber import PATIENCE_SECONDS, Refused, follow, websocket

OUTCOMES = """subscription($run: String!, $after: String) {
  entryCancelOutcomes(number: $run, after: $after) { cursor sequence remainingCount }
}"""
UPDATES = "subscription($run: String!) { journalRunUpdates(number: $run) { status } }"
ENTRIES = 9
BEFORE = 4


class Switch:
    """Refuses and ends every connection to the one database, as a server does that stops; and admits them again."""

    def __init__(self, url: str) -> None:
        plain = url.replace("+psycopg", "")
        self._name = plain.rpartition("/")[2]
        self._admin = f"{plain.rpartition('/')[0]}/postgres"

    def off(self) -> None:
        self._allow("false")
        with psycopg.connect(self._admin, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [self._name]
            )

    def on(self) -> None:
        self._allow("true")

    def _allow(self, word: str) -> None:
        with psycopg.connect(self._admin, autocommit=True) as connection:
            statement = sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}")
            connection.execute(statement.format(sql.Identifier(self._name), sql.SQL(word)))


@pytest.fixture
def gateway(postgresql: PostgreSQL, templates: Any) -> Iterator[tuple[Client, Switch]]:
    """A gateway on PostgreSQL, and the switch of its database."""
    url = postgresql.create_database(templates.url(postgresql, filled=True))
    database = Database(url)
    switch = Switch(url)
    try:
        with served(Application(database), database) as client:
            yield client, switch
    finally:
        switch.on()
        database.close()
        postgresql.drop_database(url)


async def outcomes(client: Client, run: str, after: str | None = None) -> tuple[list[dict[str, Any]], Refused | None]:
    """The outcomes up to the end, or up to an error."""
    seen: list[dict[str, Any]] = []
    async with aclosing(follow(websocket, client.url, OUTCOMES, run=run, after=after)) as followed:
        try:
            async for outcome in followed:
                seen.append(outcome)  # noqa: PERF401  (what was seen stays at the error)
        except Refused as refused:
            return seen, refused
    return seen, None


def test_a_lost_database_ends_a_subscription_with_an_error_from_which_it_is_resumed(
    gateway: tuple[Client, Switch], caplog: pytest.LogCaptureFixture
) -> None:
    client, switch = gateway
    post(client.database, [line(str(n), segment_country=str(n)) for n in range(ENTRIES)])
    run = client.completed()["number"]

    async def lose_and_resume() -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            with stopping_after(BEFORE) as go_on:
                following = asyncio.create_task(outcomes(client, run))
                await asyncio.to_thread(client.cancel, run)
                while len(await asyncio.to_thread(tried, client.database)) < BEFORE:
                    await asyncio.sleep(0.02)
                await asyncio.sleep(0.5)
                switch.off()
                first, refused = await following
                assert [outcome["sequence"] for outcome in first] == list(range(1, BEFORE + 1))
                assert refused is not None
                assert refused.code == "SERVICE_UNAVAILABLE"
                assert refused.message == (
                    "The ledger's database is unavailable. Reconnect, and pass the last cursor as `after` to resume."
                )
                switch.on()
                go_on.set()
            second, error = await outcomes(client, run, first[-1]["cursor"])
            assert error is None
            assert [outcome["sequence"] for outcome in second] == list(range(BEFORE + 1, ENTRIES + 1))
            assert second[-1]["remainingCount"] == 0

    asyncio.run(lose_and_resume())
    # The connection's loss is logged, but not as a fault of the server.
    lines = [record for record in caplog.records if record.name.startswith(("schema", "resolvers"))]
    assert any("failed during a query" in record.getMessage() for record in lines)
    assert not any(record.exc_info for record in lines if record.levelno >= logging.ERROR)


def tried(database: Database) -> list[EntryCancelOutcome]:
    """The outcomes so far."""
    with database.read() as session:
        return list(session.exec(select(EntryCancelOutcome)))


def test_an_update_interrupted_by_a_lost_database_says_how_to_go_on(gateway: tuple[Client, Switch]) -> None:
    client, switch = gateway
    run = client.completed()["number"]

    async def lose() -> Refused:
        async with (
            asyncio.timeout(PATIENCE_SECONDS),
            aclosing(follow(websocket, client.url, UPDATES, run=run)) as followed,
        ):
            assert await anext(followed) == {"status": "COMPLETED"}
            switch.off()
            with pytest.raises(Refused) as refused:
                await anext(followed)
            return refused.value

    refused = asyncio.run(lose())
    switch.on()
    assert refused.code == "SERVICE_UNAVAILABLE"
    assert refused.message == "The ledger's database is unavailable. Reconnect; the run as it is then comes first."
