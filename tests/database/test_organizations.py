"""To a caller limited to some organisations, what belongs to others does not exist.

The same documents are asked of the whole ledger by such a caller, and by one without limits of a copy from which
everything else has been removed: the answers are the same, by each way and on each database.
"""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from graphql import build_schema
from sqlalchemy import text
from sqlmodel import select

from gateway.application import Application
from resolvers.context import Gateway
from schema.schema import SCHEMA
from storage.database import Database
from storage.journal_entries import JournalEntry
from storage.journal_runs import JournalRun
from storage.words import Permission, TransferStatus
from tests.conftest import Templates
from tests.support.answers import Caller, Way, answer, difference
from tests.support.compare import first_seed
from tests.support.direct_runs import DECEMBER, cancel_now, run_now
from tests.support.known_values import KnownValues
from tests.support.ledger import line, post
from tests.support.postgresql import PostgreSQL
from tests.support.random_documents import Asked, random_document

DOCUMENTS = int(os.environ.get("DOCUMENTS") or 60)

EVERYBODY = Caller("all permissions", frozenset(Permission))
CONTRACT = build_schema(SCHEMA.as_str())

NORTH, SOUTH, EAST = "North", 'S"outh', "Ea\\st"

PRUNED = [
    "DELETE FROM journal_entry WHERE organization_label IS NULL OR organization_label NOT IN ({own})",
    "DELETE FROM journal_entry_item WHERE journal_entry_id NOT IN (SELECT id FROM journal_entry)",
    "DELETE FROM journal_run WHERE number NOT IN ({runs})",
    "DELETE FROM cancellation WHERE journal_run_id NOT IN (SELECT id FROM journal_run)",
    "DELETE FROM entry_cancel_outcome WHERE cancellation_id NOT IN (SELECT id FROM cancellation)",
    "DELETE FROM deletion WHERE deleted = 'JournalRun' AND number NOT IN ({runs})",
    "DELETE FROM deletion WHERE deleted <> 'JournalRun'"
    " AND (organization_label IS NULL OR organization_label NOT IN ({own}))",
    "UPDATE deletion SET journal_run_number = NULL WHERE journal_run_number NOT IN ({runs})",
    "DELETE FROM posting_key WHERE organization IS NULL OR organization NOT IN ({own})",
    "DELETE FROM posting_bucket WHERE posting_key_id NOT IN (SELECT id FROM posting_key)",
    "DELETE FROM billing_transaction WHERE posting_bucket_id NOT IN (SELECT id FROM posting_bucket)",
    "DELETE FROM bucket_transaction WHERE transaction_row_id NOT IN (SELECT id FROM billing_transaction)",
]
"""What removes everything of others."""


def fill_for_three(database: Database) -> None:
    """Runs over one organisation, over two, and over all; some cancelled, some with what nets to zero or is free."""

    def transactions(batch: str) -> None:
        countries = {"UK": "10.00", "France": "-2.50"}
        lines = [
            line(f"{batch} {organization}{country}{twice}", organization=organization, segment_country=country,
                 amount=amount, document_number=f"Document of {organization}")
            for organization in (NORTH, SOUTH, EAST, "")
            for country, amount in countries.items()
            for twice in range(2)
        ]  # fmt: skip
        lines += [
            line(f"{batch} {organization}{amount}", organization=organization, segment_country="Spain", amount=amount)
            for organization in (NORTH, SOUTH, EAST, "")
            for amount in ("7.00", "-7.00")
        ]
        post(database, lines)

    def run(*labels: str) -> JournalRun:
        return run_now(database, draft=replace(DECEMBER, organization_labels=list(labels)))

    transactions("first")
    for labels in ([NORTH], [SOUTH, NORTH], [EAST]):
        number = run(*labels).number
        with database.write() as session:
            entry = session.exec(select(JournalEntry).where(JournalEntry.journal_run_id == int(number[3:]))).first()
            if entry is not None:
                entry.transferred_to_accounting = TransferStatus.YES
        cancel_now(database, number)
    run(SOUTH)
    run()
    transactions("second")
    run(NORTH)
    run()
    transactions("third")


def prune(database: Database, organizations: frozenset[str], runs: frozenset[str]) -> None:
    """Remove what does not belong to these organisations."""
    named = {
        name: ", ".join("'" + value.replace("'", "''") + "'" for value in sorted(values)) or "''"
        for name, values in (("own", organizations), ("runs", runs))
    }
    statements = [statement.format(**named) for statement in PRUNED]
    # An own entry keeps the id of a run that is no longer there, which foreign keys would not allow.
    if database.is_sqlite:
        with closing(sqlite3.connect(database.url.database or "")) as connection:
            connection.executescript(";".join(statements))
        return
    with database.write() as session:
        for statement in ["SET LOCAL session_replication_role = replica", *statements]:
            session.connection().execute(text(statement))


class Ledgers:
    """The whole ledger, and copies of it."""

    def __init__(self, stack: ExitStack, folder: Path, templates: Templates, server: PostgreSQL | None) -> None:
        self._stack, self._folder, self._server = stack, folder, server
        self.whole = self.copy(templates.url(server, filled=True))
        fill_for_three(self.whole)

    def copy(self, url: str) -> Database:
        """A copy of the database."""
        if self._server is None:
            path = self._folder / f"{len(list(self._folder.iterdir()))}.db"
            shutil.copyfile(url.removeprefix("sqlite:///"), path)
            made = f"sqlite:///{path}"
        else:
            made = self._server.create_database(url)
            self._stack.callback(self._server.drop_database, made)
        database = Database(made)
        self._stack.callback(database.close)
        return database

    def only(self, organizations: frozenset[str], runs: frozenset[str]) -> Database:
        """A copy with what belongs to these organisations."""
        self.whole.close()
        url = self.whole.url.render_as_string(hide_password=False)
        pruned = self.copy(url)
        prune(pruned, organizations, runs)
        return pruned


@pytest.fixture(params=["sqlite", "postgresql"])
def ledgers(request: pytest.FixtureRequest, tmp_path: Path, templates: Templates) -> Iterator[Ledgers]:
    """On each database."""
    server = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    with ExitStack() as stack:
        yield Ledgers(stack, tmp_path, templates, server)


LIMITS = [
    (frozenset({NORTH}), frozenset({"JR-00000001", "JR-00000006"})),
    (frozenset({NORTH, SOUTH}), frozenset({"JR-00000001", "JR-00000002", "JR-00000004", "JR-00000006"})),
    (frozenset[str](), frozenset[str]()),
]
"""The organisations of a caller, and the runs that belong to them."""


def known(runner: asyncio.Runner, gateway: Gateway) -> KnownValues:
    """What is in the ledger, also of others."""
    values = KnownValues(CONTRACT)

    async def ask(document: str) -> object:
        found = await answer(Way("whole", gateway), Asked(0, document, {}, None), EVERYBODY)
        assert not found.errors, found.errors
        return orjson.loads(found.data)

    runner.run(values.learn(ask))
    return values


def test_a_limited_caller_gets_what_a_ledger_of_its_own_would_answer(ledgers: Ledgers) -> None:
    seed = first_seed()
    print(f"SEED={seed} DOCUMENTS={DOCUMENTS}")  # noqa: T201  (shown if the test fails)
    copies = [Application(ledgers.only(*limit)).gateway for limit in LIMITS]
    whole = Application(ledgers.whole).gateway
    rows = 0
    with asyncio.Runner() as runner:
        values = known(runner, whole)
        for number in range(DOCUMENTS):
            asked = random_document(CONTRACT, values, seed + number)
            place = asked.seed % len(LIMITS)
            organizations, own = LIMITS[place][0], copies[place]
            for planned in (True, False):
                limited, alone = Way("limited", whole.limited_to(organizations), planned), Way("alone", own, planned)
                given = runner.run(answer(limited, asked, EVERYBODY))
                expected = runner.run(answer(alone, asked, EVERYBODY))
                told = f"seed {asked.seed}, {sorted(organizations)}, planned {planned}\n{asked.document}\n"
                assert given.same(expected), told + difference((alone, expected), (limited, given))
                rows += given.data.count(b'"')
    assert rows > DOCUMENTS


EVERYTHING = """{
  journalRuns { totalCount nodes { number organizationLabels takenTransactionCount netZeroGroupCount
    cancellation { entryCount outcomes { totalCount nodes { message journalEntry { number organizationLabel } } } }
    netZeroTransactions { totalCount nodes { organizationLabel } }
    journalEntries { totalCount nodes { number } } } }
  journalEntries { totalCount nodes { number organizationLabel journalRun { number }
    transactions { totalCount nodes { transactionId journalEntry { number journalRun { number } } } } } }
  transactions { totalCount nodes { transactionId documentNumber organizationLabel } }
  free: transactions(filter: { isJournaled: false }) { totalCount }
}"""


@pytest.mark.parametrize("planned", [True, False], ids=["planned", "stock"])
def test_no_text_of_others_is_in_the_lists_of_everything(ledgers: Ledgers, planned: bool) -> None:
    whole = Application(ledgers.whole).gateway
    for organizations, runs in LIMITS:
        way = Way("limited", whole.limited_to(organizations), planned)
        given = asyncio.run(answer(way, Asked(0, EVERYTHING, {}, None), EVERYBODY))
        assert not given.errors
        data = orjson.loads(given.data)
        assert {run["number"] for run in data["journalRuns"]["nodes"]} == runs
        of_entries = [entry["journalRun"] for entry in data["journalEntries"]["nodes"]]
        assert {run["number"] for run in of_entries if run} == runs
        assert (None in of_entries) == bool(organizations)  # some are of runs over all organisations
        for name in ("journalRuns", "journalEntries", "transactions"):
            assert data[name]["totalCount"] == len(data[name]["nodes"]) >= len(organizations)
        told = given.data.decode()
        for name in (NORTH, 'S\\"outh', "Ea\\\\st"):
            assert (name in told) == (orjson.loads(f'"{name}"') in organizations), name
