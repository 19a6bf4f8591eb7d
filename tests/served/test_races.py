"""Concurrent callers: exactly one wins, the others get the domain's refusal."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from decimal import Decimal
from functools import partial
from threading import Barrier
from typing import Any

from sqlalchemy import text

from storage.database import Database
from tests.support.client import Client
from tests.support.held import held
from tests.support.ledger import line, post

CALLERS = 8
ROUNDS = 5

Call = Callable[[Client], dict[str, Any]]


class Callers:
    """Eight clients, each with its own connection, that call at the same moment."""

    def __init__(self, client: Client, stack: ExitStack) -> None:
        self._clients = [stack.enter_context(Client(client.url, client.database)) for _ in range(CALLERS)]
        self._pool = stack.enter_context(ThreadPoolExecutor(CALLERS))
        for one in self._clients:
            one.wait_until_ready()

    def call(self, *calls: Call) -> list[dict[str, Any]]:
        """The payload that each caller gets; the calls are distributed in turn."""
        barrier = Barrier(CALLERS)

        def one(position: int) -> dict[str, Any]:
            barrier.wait(30)
            return calls[position % len(calls)](self._clients[position])

        return list(self._pool.map(one, range(CALLERS)))

    def codes(self, call: Call) -> list[str]:
        """The codes that the callers get, ordered; "" for one that is accepted."""
        return sorted("".join(error["code"] for error in payload["errors"]) for payload in self.call(call))


def test_of_callers_who_create_cancel_or_delete_at_the_same_moment_exactly_one_wins(client: Client) -> None:
    post(client.database, [line(str(number), segment_country=str(number)) for number in range(20)])
    others = CALLERS - 1
    with ExitStack() as stack:
        callers = Callers(client, stack)
        for number in range(1, ROUNDS + 1):
            run = f"JR-{number:08}"
            # Held, because the slowest caller might arrive after the winner's run has ended.
            with held("begin"):
                assert callers.codes(Client.create) == ["", *["RUN_IN_PROGRESS"] * others]
            client.wait(run, "COMPLETED")
            with held("cancel_batch"):
                assert callers.codes(partial(Client.cancel, number=run)) == ["", *["STATUS_NOT_ALLOWED"] * others]
            assert client.wait(run, "CANCELLED")["cancellation"]["cancelledCount"] == 20
            with held("delete_batch"):
                assert callers.codes(partial(Client.delete, number=run)) == ["", *["STATUS_NOT_ALLOWED"] * others]
            client.wait_until_gone(run)
    assert client.query("{ journalRuns { totalCount } }") == {"journalRuns": {"totalCount": 0}}


def test_callers_with_the_same_idempotency_key_at_the_same_moment_all_get_the_one_run(client: Client) -> None:
    with ExitStack() as stack:
        callers = Callers(client, stack)
        for number in range(1, ROUNDS + 1):
            payloads = callers.call(partial(Client.create, idempotencyKey=f"key {number}"))
            assert [payload["errors"] for payload in payloads] == [[]] * CALLERS
            assert {payload["journalRun"]["number"] for payload in payloads} == {f"JR-{number:08}"}
            client.wait(f"JR-{number:08}", "COMPLETED")


def run_of_one_entry(client: Client, day: int) -> tuple[str, str]:
    """The numbers of a completed run of that day and of its one entry.

    Each round has its own day: this run must not collect what an earlier round freed.
    """
    date = f"2024-12-{day:02}"
    post(client.database, [line(date, transaction_date=date)])
    run = client.completed(accountingPeriodName=None, targetStartDate=date, targetEndDate=date)["number"]
    (entry,) = client.entries(run)
    return run, entry["number"]


def assert_either_transferred_or_cancelled(client: Client, number: str, transfers: list[dict[str, Any]]) -> bool:
    """Whichever came first: the entry, its transactions and the responses of all transfers agree.

    Returns whether the entry was transferred.
    """
    document = """query($number: String!) { journalEntry(number: $number) {
      status transferredToAccounting transferredAt transferredBy transactions { totalCount } } }"""
    entry = client.query(document, {"number": number})["journalEntry"]
    codes = {"".join(error["code"] for error in payload["errors"]) for payload in transfers}
    is_transferred: bool = entry["transferredToAccounting"] == "YES"
    assert (entry["transferredAt"] is not None, entry["transferredBy"] is not None) == (is_transferred,) * 2
    found = entry["status"], entry["transferredToAccounting"], entry["transactions"]["totalCount"], codes
    assert found in (("CREATED", "YES", 1, {""}), ("CANCELLED", "NO", 0, {"STATUS_NOT_ALLOWED"}))
    return is_transferred


def test_an_entry_transferred_while_its_run_is_cancelled_is_either_transferred_or_cancelled(client: Client) -> None:
    def assert_consistent(run: str, entry: str, payloads: list[dict[str, Any]]) -> bool:
        """The run's status and its cancellation's counts agree with the entry too."""
        after = client.wait(run, "COMPLETED", "CANCELLED")
        is_transferred = assert_either_transferred_or_cancelled(client, entry, payloads[1::2])
        counts = after["cancellation"]["cancelledCount"], after["cancellation"]["failedCount"]
        assert (after["status"], counts) == (("COMPLETED", (0, 1)) if is_transferred else ("CANCELLED", (1, 0)))
        return is_transferred

    with ExitStack() as stack:
        callers = Callers(client, stack)
        for day in range(1, ROUNDS + 1):
            run, entry = run_of_one_entry(client, day)
            calls = partial(Client.cancel, number=run), partial(Client.transfer, numbers=[entry])
            assert_consistent(run, entry, callers.call(*calls))

        # Usually chance decides who is first; here both orders are checked each time.
        run, entry = run_of_one_entry(client, ROUNDS + 1)
        with held("cancel_batch"):
            payloads = [client.cancel(run), client.transfer([entry])]
        assert assert_consistent(run, entry, payloads)

        run, entry = run_of_one_entry(client, ROUNDS + 2)
        cancelled = client.cancel(run)
        client.wait(run, "CANCELLED")
        assert not assert_consistent(run, entry, [cancelled, client.transfer([entry])])


def test_an_entry_transferred_while_it_is_cancelled_by_hand_is_either_transferred_or_cancelled(client: Client) -> None:
    def assert_consistent(entry: str, payloads: list[dict[str, Any]]) -> bool:
        """Exactly one cancellation was accepted, or none when the entry is transferred."""
        is_transferred = assert_either_transferred_or_cancelled(client, entry, payloads[1::2])
        accepted = [payload for payload in payloads[::2] if not payload["errors"]]
        assert len(accepted) == (0 if is_transferred else 1)
        return is_transferred

    with ExitStack() as stack:
        callers = Callers(client, stack)
        for day in range(1, ROUNDS + 1):
            _, entry = run_of_one_entry(client, day)
            calls = partial(Client.cancel_entry, number=entry), partial(Client.transfer, numbers=[entry])
            assert_consistent(entry, callers.call(*calls))

        _, entry = run_of_one_entry(client, ROUNDS + 1)
        transferred = client.transfer([entry])
        assert assert_consistent(entry, [client.cancel_entry(entry), transferred])

        _, entry = run_of_one_entry(client, ROUNDS + 2)
        assert not assert_consistent(entry, [client.cancel_entry(entry), client.transfer([entry])])


UNASSIGNED = "SELECT count(*) FROM posting_bucket WHERE journal_entry_id IS NULL OR journal_run_id IS NULL"
LIVE = """
  SELECT count(*), coalesce(sum(t.amount), 0) FROM billing_transaction t
  JOIN posting_bucket b ON b.id = t.posting_bucket_id
  JOIN journal_entry e ON e.id = b.journal_entry_id AND e.journal_run_id = b.journal_run_id AND e.status = 'Created'
"""


def test_an_import_going_on_while_runs_are_created_and_cancelled_loses_and_doubles_nothing(client: Client) -> None:
    files, lines = 12, 40

    def imports() -> None:
        database = Database(client.database.url.render_as_string(hide_password=False))
        for file in range(files):
            post(database, [line(f"{file}/{n}", segment_country=str(n % 7)) for n in range(lines)])
        database.close()

    with ThreadPoolExecutor(1) as pool:
        importing = pool.submit(imports)
        created = 0
        while not importing.done():
            number = client.completed()["number"]
            created += 1
            if created % 3 == 0:
                client.cancel(number)
                client.wait(number, "CANCELLED")
        importing.result()
    client.completed()
    assert client.completed()["transactionCount"] == 0
    created_only = "filter: { statuses: [CREATED] }"
    document = f"{{ journalEntries(first: 1000, {created_only}) {{ nodes {{ transactionCount totalDebit }} }} }}"
    nodes = client.query(document)["journalEntries"]["nodes"]
    assert sum(entry["transactionCount"] for entry in nodes) == files * lines
    assert sum(Decimal(entry["totalDebit"]) for entry in nodes) == files * lines * 10
    with client.database.read() as session:
        assert session.execute(text(UNASSIGNED)).scalar_one() == 0
        assert tuple(map(int, session.execute(text(LIVE)).one())) == (files * lines, files * lines * 1000)
