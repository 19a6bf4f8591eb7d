"""Two callers at the same moment: exactly one wins, the other gets the domain's refusal."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from threading import Barrier
from typing import Any

from sqlalchemy import text

from storage.database import Database
from tests.client import Client
from tests.ledger import line, post

CALLERS = 6
ROUNDS = 3


def at_once(client: Client, call: Callable[[Client], dict[str, Any]]) -> list[str]:
    """The code that each caller gets when all call at the same moment; "" for the one that is accepted."""
    barrier = Barrier(CALLERS)

    def caller(_: int) -> str:
        with Client(client.url, client.database) as own:
            own.wait_until_ready()
            barrier.wait(30)
            errors = call(own)["errors"]
        return errors[-1]["code"] if errors else ""

    with ThreadPoolExecutor(CALLERS) as pool:
        return sorted(pool.map(caller, range(CALLERS)))


def test_of_callers_who_create_cancel_or_delete_at_the_same_moment_exactly_one_wins(client: Client) -> None:
    post(client.database, [line(str(number), segment_country=str(number)) for number in range(50)])
    for number in range(1, ROUNDS + 1):
        run = f"JR-{number:08}"
        assert at_once(client, Client.create) == [""] + ["RUN_IN_THE_WAY"] * (CALLERS - 1)
        client.wait(run, "COMPLETED")
        assert at_once(client, partial(Client.cancel, number=run)) == [""] + ["STATUS_NOT_ALLOWED"] * (CALLERS - 1)
        client.wait(run, "CANCELLED")
        refused = at_once(client, partial(Client.delete, number=run))
        assert refused[0] == ""
        assert set(refused[1:]) <= {"STATUS_NOT_ALLOWED", "UNKNOWN"}
        client.wait_until_gone(run)
    assert client.query("{ journalRuns { totalCount } }")["journalRuns"]["totalCount"] == 0


def test_an_import_going_on_while_runs_are_created_loses_and_doubles_nothing(client: Client) -> None:
    files, lines = 12, 40

    def imports() -> None:
        database = Database(client.database.url.render_as_string(hide_password=False))
        for file in range(files):
            post(database, [line(f"{file}/{n}", segment_country=str(n % 7)) for n in range(lines)])
        database.close()

    with ThreadPoolExecutor(1) as pool:
        importing = pool.submit(imports)
        while not importing.done():
            client.completed()
        importing.result()
    client.completed()
    assert client.completed()["transactionCount"] == 0
    runs = client.query("{ journalRuns(first: 1000) { nodes { transactionCount } } }")["journalRuns"]["nodes"]
    assert sum(run["transactionCount"] for run in runs) == files * lines
    entries = client.query("{ journalEntries(first: 1000) { nodes { transactionCount totalDebit } } }")
    nodes = entries["journalEntries"]["nodes"]
    assert sum(entry["transactionCount"] for entry in nodes) == files * lines
    assert sum(Decimal(entry["totalDebit"]) for entry in nodes) == files * lines * 10
    with client.database.read() as session:
        unclaimed = "SELECT count(*) FROM posting_bucket WHERE journal_entry_id IS NULL"
        assert session.execute(text(unclaimed)).scalar_one() == 0
