"""Transactions in no entry: an import warns about them, and a query lists them with the reason."""

from datetime import date
from typing import Any

from resolvers.import_ledger import import_accounting_periods
from resolvers.import_lines import Imported, Uncollectable
from storage.database import Database
from tests.support.client import Client
from tests.support.ledger import line, post, refuse
from tests.support.statements import statements

DOCUMENT = """query($first: Int, $after: String, $last: Int, $before: String, $filter: TransactionFilter) {
  transactions(first: $first, after: $after, last: $last, before: $before, filter: $filter) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    nodes { transactionId notJournaledReason journalEntry { number status } debitAccount { name } }
  }
}"""


def listed(client: Client, is_journaled: bool | None = None, **window: Any) -> Any:
    """A page of transactions."""
    given = None if is_journaled is None else {"isJournaled": is_journaled}
    return client.query(DOCUMENT, {**window, "filter": given})["transactions"]


def reasons(client: Client, is_journaled: bool | None = None) -> dict[str, str | None]:
    """Why each transaction of the list is in no entry, by its id; or the number of its entry."""
    page = listed(client, is_journaled)
    assert page["totalCount"] == len(page["nodes"])
    found = {}
    for node in page["nodes"]:
        entry, reason = node["journalEntry"], node["notJournaledReason"]
        assert (entry is None) is (reason is not None)
        assert entry is None or entry["status"] == "CREATED"
        found[node["transactionId"]] = reason or entry["number"]
    return found


def test_an_import_counts_what_no_run_can_collect(database: Database) -> None:
    before = [line(f"b{day}", transaction_date=f"2024-11-{day:02}") for day in (30, 3, 7)]
    after = [line("open-ended", transaction_date="2199-12-31")]

    imported = post(database, [line("in"), *before, *after])

    assert imported.in_no_period == Uncollectable(3, date(2024, 11, 3), date(2024, 11, 30))
    assert imported.in_open_ended_period == Uncollectable(1, date(2199, 12, 31), date(2199, 12, 31))
    # What had been recorded before was warned of when it was recorded.
    again = post(database, [line("in"), *before, *after])
    assert (again.duplicates, again.in_no_period, again.in_open_ended_period) == (5, None, None)


def test_the_warning_says_how_many_which_days_and_what_is_missing() -> None:
    imported = Imported(
        in_no_period=Uncollectable(1204, date(2024, 1, 1), date(2024, 1, 31)),
        in_open_ended_period=Uncollectable(1, date(2025, 3, 1), date(2025, 3, 1)),
    )

    assert imported.warnings() == [
        "1,204 transactions are dated in no accounting period: 2024-01-01 to 2024-01-31;"
        " no run can collect them until a period covers those days",
        "1 transaction is dated in an open-ended accounting period: 2025-03-01;"
        " no run can collect it until a period with an end covers that day",
    ]
    assert Imported(recorded=3).warnings() == []


def test_every_transaction_is_in_a_live_entry_or_has_a_reason_why_not(client: Client) -> None:
    post(
        client.database,
        [
            line("in", amount="3"),
            line("zero+", segment_country="FR"),
            line("zero-", segment_country="FR", amount="-10.00"),
            line("other type", transaction_type="External Refund"),
            line("early", transaction_date="2024-11-30"),
            line("open-ended", transaction_date="2025-03-01"),
        ],
    )
    waiting = dict.fromkeys(("in", "zero+", "zero-", "other type"), "AWAITING_RUN")
    never = {"early": "NO_ACCOUNTING_PERIOD", "open-ended": "OPEN_ENDED_PERIOD"}
    assert reasons(client) == reasons(client, False) == waiting | never
    assert reasons(client, True) == {}

    number = client.completed()["number"]
    post(client.database, [line("late")])

    zero = {"zero+": "NETS_TO_ZERO", "zero-": "NETS_TO_ZERO"}
    left = zero | {"other type": "AWAITING_RUN", "late": "AWAITING_RUN"} | never
    assert reasons(client, True) == {"in": "JE-00000001"}
    assert reasons(client, False) == left
    assert reasons(client) == left | {"in": "JE-00000001"}

    november = {"name": "Nov 2024", "start_date": "2024-11-01", "end_date": "2024-11-30"}
    import_accounting_periods(client.database, enumerate([november]), refuse, actor="test")
    client.cancel(number)
    client.wait(number, "CANCELLED")
    assert reasons(client, False) == {
        **dict.fromkeys([*waiting, "late", "early"], "AWAITING_RUN"),
        "open-ended": "OPEN_ENDED_PERIOD",
    }


def test_the_list_is_paged_by_key_from_both_ends(client: Client) -> None:
    post(client.database, [line(f"{n:02}", transaction_date=f"2024-12-{n:02}") for n in range(1, 8)])
    client.completed(accountingPeriodName=None, targetStartDate="2024-12-03", targetEndDate="2024-12-04")

    first = listed(client, False, first=2)
    assert first["totalCount"] == 5
    assert [node["transactionId"] for node in first["nodes"]] == ["01", "02"]
    # What has been recorded meanwhile comes at the end.
    post(client.database, [line("new")])
    second = listed(client, False, first=2, after=first["pageInfo"]["endCursor"])
    assert [node["transactionId"] for node in second["nodes"]] == ["05", "06"]
    third = listed(client, False, first=2, after=second["pageInfo"]["endCursor"])
    assert [node["transactionId"] for node in third["nodes"]] == ["07", "new"]
    assert third["pageInfo"]["hasNextPage"] is False
    back = listed(client, False, last=2, before=third["pageInfo"]["startCursor"])
    assert back == second | {"totalCount": 6, "pageInfo": back["pageInfo"]}
    assert back["pageInfo"]["hasPreviousPage"] is True


def test_more_transactions_cost_no_more_statements(client: Client) -> None:
    post(client.database, [line("a"), line("b", transaction_date="2025-01-01")])
    client.completed()
    few, page = statements(client, lambda: listed(client))
    assert page["totalCount"] == 2
    post(client.database, [line(f"{n}", segment_country=f"{n}") for n in range(40)])
    client.completed()
    post(client.database, [line(f"+{n}", transaction_date=f"2025-01-{n:02}") for n in range(1, 30)])
    many, page = statements(client, lambda: listed(client))
    assert page["totalCount"] == 71
    assert many == few == 1
