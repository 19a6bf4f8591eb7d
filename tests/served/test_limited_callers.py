"""A caller limited to some organisations: what it may change, follow and be told, in both interfaces."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from gateway.application import Application
from storage.database import Database
from storage.words import Permission
from tests.support.client import Client
from tests.support.ledger import line, post
from tests.support.rest import Rest
from tests.support.served import served
from tests.support.subscriber import Refused, follow, websocket
from tests.support.subscriptions import UPDATES
from tests.support.tokens import new_token

ALL_UPDATES = "subscription { journalRunUpdates { number } }"


@dataclass(frozen=True)
class Callers:
    """One with all permissions in the whole ledger, and one with all permissions in the organisation North."""

    whole: Client
    north: Client
    rest: Rest
    token: str


@pytest.fixture
def callers(database: Database) -> Iterator[Callers]:
    """Of a ledger with the organisations North and South, and transactions of none."""
    post(database, [line("North", organization="North"), line("South", organization="South"), line("nobody's")])
    with ExitStack() as stack:
        url = stack.enter_context(served(Application(database, require_api_key=True), database)).url
        whole = new_token(database, *Permission, name="Whole")[1]
        north = new_token(database, *Permission, name="North", organizations=["North"])[1]
        rest = Rest(url, north)
        stack.callback(rest.http.close)
        clients = [stack.enter_context(Client(url, database, token)) for token in (whole, north)]
        yield Callers(clients[0], clients[1], rest, north)


def told(payload: dict[str, Any]) -> list[tuple[str, str]]:
    """The codes and messages of the errors."""
    return [(error["code"], error["message"]) for error in payload["errors"]]


def test_a_run_collects_only_organisations_of_its_caller(callers: Callers) -> None:
    assert told(callers.north.create()) == [("REQUIRED", "Name the organisations to collect; you may collect: North.")]
    assert told(callers.north.create(organizationLabels=["South"])) == [
        ("UNKNOWN", "There is no organisation 'South'; the organisations are: North.")
    ]
    run = callers.north.completed(organizationLabels=["North"])
    assert (run["transactionCount"], run["organizationLabels"]) == (1, ["North"])
    assert callers.rest.run(run["number"])["organizationLabels"] == [{"organizationName": "North"}]


def test_runs_and_entries_of_others_are_unknown_to_every_change(callers: Callers) -> None:
    south = callers.whole.completed(organizationLabels=["South"])["number"]
    everything = callers.whole.completed()["number"]
    (entry,) = callers.whole.entries(south)
    for number in (south, everything):
        unknown = f"There is no journal run {number!r}."
        assert callers.north.run(number) is None
        assert told(callers.north.cancel(number)) == [("UNKNOWN", unknown)]
        assert told(callers.north.delete(number)) == [("UNKNOWN", unknown)]
        (reason,) = callers.rest.run(number)["reasons"]
        assert reason["message"] == unknown
        (reason,) = callers.rest.send("GET", f"/v1/journal-entries/journal-runs/{number}")["reasons"]
        assert reason["message"] == unknown
        (reason,) = callers.rest.send("PUT", f"/v1/journal-runs/{number}/cancel")["reasons"]
        assert reason["message"] == unknown
    unknown = f"There is no journal entry {entry['number']!r}."
    for payload in (
        callers.north.transfer([entry["number"]]),
        callers.north.update_entry(entry["number"], notes="Seen"),
        callers.north.cancel_entry(entry["number"]),
    ):
        assert told(payload) == [("UNKNOWN", unknown)]
    for path in ("", "/cancel", "/basic-information"):
        method, body = ("PUT", {"notes": "Seen"}) if path.endswith("n") else ("PUT" if path else "GET", None)
        (reason,) = callers.rest.send(method, f"/v1/journal-entries/{entry['number']}{path}", body)["reasons"]
        assert reason["message"] == unknown
    assert callers.whole.entries(south) == [entry]


def test_an_own_entry_of_a_run_over_all_can_be_changed_and_is_followed_by_those_who_see_the_run(
    callers: Callers,
) -> None:
    number = callers.whole.completed()["number"]
    document = "{ journalEntries { totalCount nodes { number organizationLabel journalRun { number } } } }"
    found = callers.north.query(document)["journalEntries"]
    (entry,) = found["nodes"]
    assert (found["totalCount"], entry["organizationLabel"], entry["journalRun"]) == (1, "North", None)
    assert told(callers.north.update_entry(entry["number"], notes="Ours")) == []
    revision = "SELECT revision FROM journal_run"
    with callers.whole.database.read() as session:
        before = session.connection().exec_driver_sql(revision).scalar_one()
    assert told(callers.north.cancel_entry(entry["number"])) == []
    with callers.whole.database.read() as session:
        assert session.connection().exec_driver_sql(revision).scalar_one() == before + 1
    live = "query($number: String!) { journalRun(number: $number) { liveJournalEntryCount } }"
    assert callers.whole.query(live, {"number": number})["journalRun"] == {"liveJournalEntryCount": 2}


def test_a_run_of_others_in_the_way_has_no_name(callers: Callers) -> None:
    callers.whole.completed(organizationLabels=["South"])
    set_status = "UPDATE journal_run SET status = '{}'"
    with callers.whole.database.write() as session:
        session.connection().exec_driver_sql(set_status.format("Pending"))
    assert told(callers.north.create(organizationLabels=["North"])) == [
        (
            "RUN_IN_PROGRESS",
            "Another journal run is in progress; only one run can be Pending or Processing: wait until it has ended.",
        )
    ]
    with callers.whole.database.write() as session:
        session.connection().exec_driver_sql(set_status.format("Completed"))


def test_an_idempotency_key_of_others_is_free(callers: Callers) -> None:
    first = callers.whole.completed(organizationLabels=["South"], idempotencyKey="December")
    run = callers.north.completed(organizationLabels=["North"], idempotencyKey="December")
    assert run["number"] != first["number"]
    again = callers.north.create(organizationLabels=["North"], idempotencyKey="December")
    assert again["journalRun"]["number"] == run["number"]
    assert callers.whole.create(organizationLabels=["South"], idempotencyKey="December")["journalRun"] == first


TRANSACTION = {
    "transactionId": "new",
    "transactionType": "INVOICE_ITEM",
    "transactionDate": "2024-12-05",
    "amount": "10.00",
    "currency": "GBP",
    "debitAccount": "Accounts Receivable",
    "creditAccount": "Sales",
    "segments": [{"name": "country", "value": "UK"}],
}


def test_only_transactions_of_its_organisations_are_recorded(callers: Callers) -> None:
    def record(**values: Any) -> list[tuple[str, str]]:
        return told(callers.north.record([{**TRANSACTION, **values}]))

    # Also where it repeats one of others to the letter.
    assert record(transactionId="South", organizationLabel="South") == [
        ("UNKNOWN", "You may not record transactions of organisation 'South'; you may record those of: North.")
    ]
    assert record(transactionId="nobody's") == [("REQUIRED", "It is required; you may record those of: North.")]
    assert record(transactionId="South", organizationLabel="North", amount="0.001") == [
        ("CONFLICT", "'South' was recorded before with other content; it never changes.")
    ]
    assert record(organizationLabel="North") == []
    assert callers.north.record([{**TRANSACTION, "organizationLabel": "North"}])["duplicates"] == 1
    document = '{ transactions { totalCount } transaction(transactionId: "South") { amount } }'
    assert callers.north.query(document) == {"transactions": {"totalCount": 2}, "transaction": None}
    node = '{ node(id: "Transaction:South") { id } other: node(id: "Transaction:North") { id } }'
    assert callers.north.query(node) == {"node": None, "other": {"id": "Transaction:North"}}


def test_runs_of_others_cannot_be_followed(callers: Callers) -> None:
    async def go() -> tuple[list[str], str]:
        transport = partial(websocket, token=callers.token)
        async with aclosing(follow(transport, callers.north.url, ALL_UPDATES)) as followed:
            first = asyncio.ensure_future(anext(followed))
            await asyncio.sleep(0.5)
            south = await asyncio.to_thread(callers.whole.completed, organizationLabels=["South"])
            north = await asyncio.to_thread(callers.north.completed, organizationLabels=["North"])
            seen = [(await first)["number"]]
            assert north["number"] != south["number"]
        async with aclosing(follow(transport, callers.north.url, UPDATES, run=south["number"])) as followed:
            with pytest.raises(Refused) as refused:
                await anext(followed)
        assert refused.value.code == "NOT_FOUND"
        async with aclosing(follow(transport, callers.north.url, UPDATES, run=north["number"])) as followed:
            assert (await anext(followed))["status"] == "COMPLETED"
        return seen, north["number"]

    seen, north = asyncio.run(go())
    assert seen == [north]
