"""What a query may cost: the rows of its answer, and the time of its statement; and how its way is counted."""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from gateway.application import Application
from storage import asking
from storage.database import Database
from tests.support.client import Client
from tests.support.ledger import line, post
from tests.support.served import served
from tests.support.subscriber import TRANSPORTS

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

NESTED = "journalRuns(first: %d) { nodes { journalEntries(first: %d) { nodes { number } } } }"
PAYLOAD = """mutation { cancelJournalRun(input: { number: "JR-1" }) {
  journalRun { journalEntries(first: 1000) { nodes { transactions(first: 1000) { nodes { id } } } } } } }"""


@sqlite
def test_page_sizes_multiply_up_to_a_limit(client: Client) -> None:
    assert client.query(f"{{ {NESTED % (99, 1000)} }}") == {"journalRuns": {"nodes": []}}
    assert client.query("{ journalRuns(first: 1000) { nodes { number } } journalEntries(first: 1000) { totalCount } }")
    (error,) = client.send(f"{{ {NESTED % (100, 1000)} }}")["errors"]
    assert error["message"] == (
        "The operation would cost 100,201; the maximum is 100,000. The largest part is `journalRuns` with 100,201:"
        " journalRuns 100 x journalEntries 1,000. Ask for smaller pages with `first` or `last`, or ask in several"
        " operations."
    )
    assert error["extensions"] == {"code": "QUERY_TOO_LARGE", "cost": 100_201, "maximum": 100_000}


@sqlite
@pytest.mark.parametrize(
    "document",
    [
        f"{{ a: {NESTED % (60, 1000)} b: {NESTED % (60, 1000)} }}",
        f"{{ ...all }} fragment all on Query {{ {NESTED % (1000, 1000)} }}",
        '{ node(id: "JR-1") { ... on JournalRun { journalEntries(last: 1000) { edges { node {'
        " transactions(first: 50) { nodes { id } edges { cursor } } } } } } } }",
        "query($n: Int = 1000) { journalRuns(first: $n) { nodes { journalEntries(last: $n) { nodes { id } } } } }",
        "{ journalRuns(first: 1000) { nodes { "
        + " ".join(f"c{n}: takenTransactionCount" for n in range(10))
        + " } } }",
        "{ "
        + " ".join(f"b{n}: journalEntries(first: 1000) {{ nodes {{ segments {{ name }} }} }}" for n in range(25))
        + " }",
        PAYLOAD,
    ],
)
def test_no_form_of_a_document_escapes_the_limit(client: Client, document: str) -> None:
    answer = client.send(document)
    assert answer.get("data") is None
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["QUERY_TOO_LARGE"]


@sqlite
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_an_event_of_a_subscription_has_a_limit(client: Client, transport: str) -> None:
    nested = "journalEntries(first: 100) { nodes { transactions(first: %d) { nodes { id } } } }"

    async def first(size: int) -> Any:
        document = f"subscription($run: String!) {{ journalRunUpdates(number: $run) {{ {nested % size} }} }}"
        async with asyncio.timeout(20), aclosing(TRANSPORTS[transport](client.url, document, {"run": "JR-1"})) as found:
            return await anext(found)

    def refusal(size: int) -> str:
        try:
            return str(asyncio.run(first(size)))
        except Exception as error:  # a WebSocket refuses an operation by an `error` message
            return str(error)

    assert "There is no journal run" in refusal(9)
    assert "The operation would cost 1,702; the maximum is 1,500." in refusal(15)


@contextmanager
def never_ready(database: Database) -> Iterator[None]:
    """Inside, no statement that reads runs ends in time."""
    if database.is_sqlite:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(asking, "STEPS_BETWEEN_LOOKS", 1)
            patch.setattr(asking, "monotonic", iter(range(0, 10**9, 60)).__next__)
            yield
    else:
        with database.writer.begin() as locking:
            locking.execute(text("LOCK TABLE journal_run IN ACCESS EXCLUSIVE MODE"))
            yield


def test_a_statement_is_cancelled_at_its_deadline(database: Database, database_url: str) -> None:
    hurried = Database(database_url, answer_seconds=1)
    with served(Application(hurried), hurried) as client:
        document = '{ runs: journalRuns { nodes { number } } one: journalRun(number: "JR-1") { number } }'
        assert client.query(document) == {"runs": {"nodes": []}, "one": None}
        with never_ready(database):
            answer = client.send(document)
        assert client.query(document) == {"runs": {"nodes": []}, "one": None}
    (error,) = answer["errors"]
    assert (answer["data"], error["path"], error["extensions"]) == (None, ["runs"], {"code": "DEADLINE_EXCEEDED"})
    assert "took too long" in error["message"]


def answered(client: Client) -> dict[str, float]:
    """The queries so far, by how they were answered."""
    lines = httpx.get(f"{client.url}/metrics").text.splitlines()
    counted = [one.rsplit(" ", 1) for one in lines if one.startswith("journal_gateway_queries_total")]
    return {name.partition('"')[2].rstrip('"}'): float(number) for name, number in counted}


@sqlite
def test_how_queries_are_answered_is_counted(client: Client) -> None:
    post(client.database, [line("1")])
    before = answered(client)
    documents = {
        "plan": "{ journalRuns { totalCount } transactions { nodes { amount } } viewer { name } }",
        "arguments refused": "{ journalRuns(first: -1) { totalCount } }",
        "introspection": "{ __schema { queryType { name } } journalRuns { totalCount } }",
    }
    for document in documents.values():
        client.send(document)
    after = answered(client)
    assert {name: after[name] - before.get(name, 0) for name in documents} == dict.fromkeys(documents, 1)
