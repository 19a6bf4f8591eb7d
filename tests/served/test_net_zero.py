"""Transactions that net to zero are in no entry, count as taken, and can be listed."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runs.net_zero import net_zero_of_runs
from storage.database import Database
from storage.pages import Window
from storage.settings import Ledger
from storage.transaction_lists import net_zero_transactions_of_run
from tests.support.client import Client
from tests.support.direct_runs import cancel_now, entries_of, run_now
from tests.support.ledger import line, post
from tests.support.statements import statements

DOCUMENT = """query($number: String!, $first: Int, $after: String) { journalRun(number: $number) {
  transactionCount totalJournalEntryCount notice netZeroTransactionCount netZeroGroupCount
  netZeroTransactions(first: $first, after: $after) { totalCount nodes { transactionId amount currency }
    pageInfo { hasNextPage endCursor } } } }"""


def seen(client: Client, number: str, **page: Any) -> dict[str, Any]:
    """What the run reports about what nets to zero."""
    found: dict[str, Any] = client.query(DOCUMENT, {"number": number, **page})["journalRun"]
    return found


def test_a_run_says_what_nets_to_zero_and_in_how_many_groups(client: Client) -> None:
    # Of one key are those that would share an entry: not the credit code and not the product tell them apart.
    lines = [
        line("a", amount="3.00"),
        line("b", amount="-3.00", segment_product="Books"),
        line("c", amount="0", credit_account="Services"),
        line("d", amount="5.00", segment_country="FR"),
        line("e", amount="-5.00", segment_country="FR", transaction_date="2024-12-09"),
        line("entry", segment_country="DE"),
        line("entry 0", amount="0", segment_country="DE", credit_account="Services"),
    ]
    # Within one credit code the sums of a and b are zero, as are those of d and e.
    post(client.database, lines)
    number = client.completed()["number"]
    run = seen(client, number, first=2)
    assert (run["transactionCount"], run["totalJournalEntryCount"], run["notice"]) == (7, 1, None)
    assert (run["netZeroTransactionCount"], run["netZeroGroupCount"]) == (5, 2)
    ids = []
    after = None
    while True:
        page = seen(client, number, first=2, after=after)["netZeroTransactions"]
        assert page["totalCount"] == 5
        ids += [one["transactionId"] for one in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    assert sorted(ids) == ["a", "b", "c", "d", "e"]
    client.cancel(number)
    client.wait(number, "CANCELLED")
    run = seen(client, number)
    assert (run["netZeroTransactionCount"], run["netZeroGroupCount"], run["netZeroTransactions"]["nodes"]) == (0, 0, [])


def test_a_run_without_entries_says_why(client: Client) -> None:
    empty = client.completed()["number"]
    assert seen(client, empty)["notice"] == (
        "The run found no free transactions of its types dated 2024-12-01 to 2024-12-31,"
        " so no journal entry was created."
    )
    post(client.database, [line("a"), line("b", amount="-10.00")])
    zero = client.completed()["number"]
    assert seen(client, zero)["notice"] == "All 2 transactions net to zero, so no journal entry was created."
    post(client.database, [line("c", amount="0")])
    one = client.completed()["number"]
    assert seen(client, one)["notice"] == "The only transaction has an amount of zero, so no journal entry was created."


@pytest.mark.parametrize("ledger", [Ledger("GBP")])
def test_an_amount_of_zero_with_a_nonzero_home_amount_is_in_an_entry(client: Client, ledger: Ledger) -> None:
    euro = {"currency": "EUR", "segment_country": "FR"}
    lines = [line("a", exchange_rate="1", **euro), line("b", amount="-10.00", exchange_rate="2", **euro)]
    home = {"currency": "EUR", "segment_country": "DE"}
    lines += [line("c", exchange_rate="1", **home), line("d", amount="-5.00", exchange_rate="2", **home)]
    post(client.database, lines)
    run = seen(client, client.completed()["number"])
    assert (run["totalJournalEntryCount"], run["netZeroTransactionCount"]) == (2, 0)


@pytest.mark.parametrize("ledger", [Ledger("GBP", True)])
def test_aggregated_a_home_amount_of_zero_nets_to_zero(client: Client, ledger: Ledger) -> None:
    post(
        client.database,
        [line("a", currency="EUR", exchange_rate="1"), line("b", amount="-5.00", currency="EUR", exchange_rate="2")],
    )
    run = seen(client, client.completed()["number"])
    assert (run["totalJournalEntryCount"], run["netZeroTransactionCount"], run["netZeroGroupCount"]) == (0, 2, 1)


def test_more_runs_cost_no_more_statements(client: Client) -> None:
    document = "{ journalRuns { nodes { netZeroTransactionCount netZeroGroupCount notice } } }"
    post(client.database, [line("a", amount="0")])
    client.completed()
    few, _ = statements(client, lambda: client.query(document))
    for number in range(3):
        post(client.database, [line(f"{number}{country}", amount="0", segment_country=country) for country in "XYZ"])
        client.completed()
    many, page = statements(client, lambda: client.query(document))
    assert [run["netZeroGroupCount"] for run in page["journalRuns"]["nodes"]].count(3) == 3
    assert few == many


amounts = st.sampled_from(["0", "1.00", "-1.00", "2.00", "-2.00"])
lines_ = st.lists(st.tuples(amounts, st.sampled_from(["FR", "DE", "UK"]), st.sampled_from(["GBP", "JPY"])), max_size=12)


@settings(max_examples=15)
@given(given_lines=lines_, cancelled=st.booleans())
def test_on_a_database_entries_and_what_nets_to_zero_are_all_that_a_run_took(
    database: Database, given_lines: list[tuple[str, str, str]], cancelled: bool
) -> None:
    run_now(database)  # which takes what the example before has set free
    example = uuid4().hex
    lines = [
        line(f"{example}-{place}", amount=amount, segment_country=country, currency=currency)
        for place, (amount, country, currency) in enumerate(given_lines)
    ]
    post(database, lines)
    run = run_now(database)
    with database.read() as session:
        zero = net_zero_of_runs(session, [run.id])[run.id]
        page = net_zero_transactions_of_run(session, run.id, Window(1000))
    in_entries = sum(entry.transaction_count for entry in entries_of(database, run))
    assert in_entries + zero.transaction_count == run.transaction_count == len(lines)
    assert len(page.rows) == zero.transaction_count
    assert sum(posted.amount for posted in page.rows) == 0
    if cancelled:
        cancel_now(database, run.number)
        assert run_now(database).transaction_count == len(lines)
