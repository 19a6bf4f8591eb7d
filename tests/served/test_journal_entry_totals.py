"""Totals of journal entries, as a report gets them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from sqlalchemy import text

from gateway.application import Application
from resolvers.journal_entry_totals import TOO_MANY_ROWS
from schema.planning import Planning
from schema.schema import SCHEMA
from storage import deadline, journal_entry_totals
from storage.database import Database
from storage.settings import Ledger
from storage.words import Permission
from tests.support.client import Client
from tests.support.ledger import line, post
from tests.support.served import served
from tests.support.tokens import new_token

ALL = """
  accountingPeriodName accountingPeriodStartDate month journalEntryDate accountingCodeName glAccountNumber glAccountName
  transactionType organizationLabel segments { name value } transferredToAccounting status journalRunNumber
  currency debit credit net homeCurrency homeDebit homeCredit homeNet entryCount transactionCount
"""

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(params=[Planning.STRICT, Planning.OFF], ids=["planned", "stock"])
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """By plans, and by the executor."""
    monkeypatch.setattr(SCHEMA, "planning", request.param)


def totals(client: Client, *keys: str, filter: str = "") -> list[dict[str, Any]]:
    """The rows of totals by these keys; what is null is left out, and so are the segments if there are none."""
    document = f"{{ journalEntryTotals(groupBy: [{', '.join(keys)}] {filter and f'filter: {filter}'}) {{ {ALL} }} }}"
    rows = client.query(document)["journalEntryTotals"]
    return [{name: value for name, value in row.items() if value not in (None, [])} for row in rows]


def refusal(client: Client, arguments: str) -> tuple[str, str, list[str] | None]:
    """The code, the message and the field of the one error."""
    answer = client.send(f"{{ journalEntryTotals({arguments}) {{ debit }} }}")
    (error,) = answer["errors"]
    assert answer["data"] is None
    return error["extensions"]["code"], error["message"], error["extensions"].get("field")


def amounts(debit: str, credit: str, net: str, entries: int, transactions: int) -> dict[str, Any]:
    """The part of a row that has numbers."""
    return {"debit": debit, "credit": credit, "net": net, "entryCount": entries, "transactionCount": transactions}


@pytest.mark.usefixtures("_way")
def test_rows_have_the_values_of_their_keys_in_the_order_of_the_keys(client: Client) -> None:
    assert totals(client, "{ by: PERIOD }") == []
    lines = [
        line("1", amount="10.00", segment_country="UK", organization="North"),
        line("2", amount="20.00", segment_country="UK", organization="North"),
        line("3", amount="-4.00", segment_country="FR", credit_account="Services", segment_product="P"),
        line("4", amount="0.50", transaction_type="Taxation Item", credit_account="Tax Payable", segment_country=""),
    ]
    post(client.database, lines)
    client.completed()
    client.completed(accountingPeriodName="Jan 2025", journalEntryDate="2025-01-31")  # without entries
    assert totals(client) == [{"currency": "GBP"} | amounts("34.50", "34.50", "0.00", 3, 4)]
    period = {"accountingPeriodName": "Dec 2024", "accountingPeriodStartDate": "2024-12-01", "currency": "GBP"}
    country, product = (f'{{ by: SEGMENT, segmentName: "{name}" }}' for name in ("country", " product "))
    assert totals(client, "{ by: PERIOD }", country) == [
        period | {"segments": [{"name": "country", "value": "FR"}]} | amounts("4.00", "4.00", "0.00", 1, 1),
        period | {"segments": [{"name": "country", "value": "UK"}]} | amounts("30.00", "30.00", "0.00", 1, 2),
        period | {"segments": [{"name": "country", "value": None}]} | amounts("0.50", "0.50", "0.00", 1, 1),
    ]
    # An entry counts for each of its codes.
    code = "accountingCodeName"
    assert totals(client, "{ by: ACCOUNTING_CODE }") == [
        {code: "Accounts Receivable", "glAccountNumber": "1000", "currency": "GBP"}
        | amounts("30.50", "4.00", "26.50", 3, 4),
        {code: "Sales", "glAccountNumber": "1002", "currency": "GBP"} | amounts("0.00", "30.00", "-30.00", 1, 2),
        {code: "Services", "glAccountNumber": "1003", "currency": "GBP"} | amounts("4.00", "0.00", "4.00", 1, 1),
        {code: "Tax Payable", "glAccountNumber": "1004", "currency": "GBP"} | amounts("0.00", "0.50", "-0.50", 1, 1),
    ]
    # Entries are not split by a segment that is not in the rule.
    (row,) = totals(client, product, "{ by: MONTH }", "{ by: STATUS }", "{ by: TRANSFER_STATUS }", "{ by: CURRENCY }")
    assert row == amounts("34.50", "34.50", "0.00", 3, 4) | {
        "segments": [{"name": "product", "value": None}],
        "month": "2024-12",
        "status": "CREATED",
        "transferredToAccounting": "NO",
        "currency": "GBP",
    }
    keys = ["ORGANIZATION", "TRANSACTION_TYPE", "DATE", "GL_ACCOUNT", "JOURNAL_RUN"]
    rows = totals(client, *(f"{{ by: {key} }}" for key in keys))
    assert [(row.get("organizationLabel"), row["transactionType"], row["glAccountNumber"]) for row in rows] == [
        ("North", "INVOICE_ITEM", "1000"),
        ("North", "INVOICE_ITEM", "1002"),
        (None, "INVOICE_ITEM", "1000"),
        (None, "INVOICE_ITEM", "1003"),
        (None, "TAXATION_ITEM", "1000"),
        (None, "TAXATION_ITEM", "1004"),
    ]
    assert {(row["journalEntryDate"], row["journalRunNumber"]) for row in rows} == {("2024-12-31", "JR-00000001")}


def test_amounts_are_never_over_several_currencies(client: Client) -> None:
    lines = [line("1"), line("2", currency="EUR", amount="7.00"), line("3", currency="JPY", amount="500")]
    post(client.database, lines)
    client.completed()
    expected = [
        {"currency": "EUR"} | amounts("7.00", "7.00", "0.00", 1, 1),
        {"currency": "GBP"} | amounts("10.00", "10.00", "0.00", 1, 1),
        {"currency": "JPY"} | amounts("500", "500", "0", 1, 1),
    ]
    assert totals(client) == totals(client, "{ by: CURRENCY }") == expected
    assert totals(client, filter='{ currencies: ["JPY", "EUR"] }') == [expected[0], expected[2]]
    assert [row["currency"] for row in totals(client, "{ by: PERIOD }")] == ["EUR", "GBP", "JPY"]


def test_home_amounts_are_only_over_entries_that_have_them(client: Client) -> None:
    post(client.database, [line("1", currency="EUR", amount="3.00")])
    client.completed()
    post(
        client.database,
        [line("2", currency="EUR", amount="10.00", exchange_rate="0.5"), line("3", amount="8.00")],
        Ledger("GBP"),
    )
    client.completed()
    home = {"homeCurrency": "GBP", "homeNet": "0.00"}
    assert totals(client) == [
        {"currency": "EUR", "homeDebit": "5.00", "homeCredit": "5.00"} | home | amounts("10.00", "10.00", "0.00", 1, 1),
        {"currency": "EUR"} | amounts("3.00", "3.00", "0.00", 1, 1),
        {"currency": "GBP", "homeDebit": "8.00", "homeCredit": "8.00"} | home | amounts("8.00", "8.00", "0.00", 1, 1),
    ]


def test_cancelled_entries_count_only_if_the_filter_has_their_status(client: Client) -> None:
    post(client.database, [line("1"), line("2", segment_country="FR", amount="1.00")])
    run = client.completed()
    cancelled = next(one for one in client.entries(run["number"]) if one["totalDebit"] == "1.00")
    client.cancel_entry(cancelled["number"])
    live = [{"currency": "GBP"} | amounts("10.00", "10.00", "0.00", 1, 1)]
    gone = [{"currency": "GBP"} | amounts("1.00", "1.00", "0.00", 1, 1)]
    assert totals(client) == totals(client, filter="{ statuses: null }") == live
    assert totals(client, filter="{ statuses: [CANCELLED] }") == gone
    assert totals(client, filter="{ statuses: [] }") == []
    by_status = totals(client, "{ by: STATUS }", filter="{ statuses: [CREATED, CANCELLED] }")
    assert by_status == [{"status": "CREATED"} | live[0], {"status": "CANCELLED"} | gone[0]]


SEGMENT = "groupBy.0.segmentName"


REFUSED = [
    ("groupBy: { by: SEGMENT }", 'SEGMENT needs the name of the segment, such as "country".', SEGMENT),
    (
        'groupBy: { by: SEGMENT, segmentName: "" }',
        'SEGMENT needs the name of the segment, such as "country".',
        SEGMENT,
    ),
    (
        'groupBy: { by: MONTH, segmentName: "country" }',
        "MONTH is not a segment; leave the name 'country' out, or group by SEGMENT.",
        SEGMENT,
    ),
    ("groupBy: [{ by: DATE }, { by: DATE }]", "DATE is given more than once; group by it once.", "groupBy.1"),
    (
        'groupBy: [{ by: SEGMENT, segmentName: "country" }, { by: SEGMENT, segmentName: "country " }]',
        "SEGMENT 'country' is given more than once; group by it once.",
        "groupBy.1",
    ),
    (
        'groupBy: { by: SEGMENT, segmentName: "contry" }',
        "There is no segment 'contry'; did you mean 'country'?",
        SEGMENT,
    ),
    (
        'groupBy: [{ by: DATE }, { by: SEGMENT, segmentName: "x" }]',
        "There is no segment 'x'; the segments are: country, product.",
        "groupBy.1.segmentName",
    ),
    (
        'groupBy: { by: SEGMENT, segmentName: "\\u0000" }',
        "Character 1 is NUL (U+0000), which is invisible; remove it.",
        SEGMENT,
    ),
]


@pytest.mark.usefixtures("_way")
def test_keys_that_make_no_sense_are_refused(client: Client) -> None:
    for arguments, message, field in REFUSED:
        assert refusal(client, arguments) == ("BAD_USER_INPUT", message, field.split("."))


@sqlite
def test_a_key_that_is_no_object_is_told_so(client: Client) -> None:
    answer = client.send("{ journalEntryTotals(groupBy: [PERIOD]) { debit } }")
    assert [error["message"] for error in answer["errors"]] == [
        "PERIOD is not a valid JournalEntryTotalsGroup; give an object with its fields."
    ]


def test_more_rows_than_the_maximum_are_refused(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    post(client.database, [line("1"), line("2", segment_country="FR")])
    client.completed()
    monkeypatch.setattr(journal_entry_totals, "ROWS_MAX", 1)
    by_country = 'groupBy: { by: SEGMENT, segmentName: "country" }'
    assert refusal(client, by_country) == ("BAD_USER_INPUT", TOO_MANY_ROWS, ["groupBy"])
    assert len(totals(client)) == 1


@pytest.fixture
def locked(database: Database) -> Iterator[Any]:
    """A gateway that asks for tokens, with clients of several permissions."""
    callers: list[str] = []
    with ExitStack() as stack:
        url = stack.enter_context(served(Application(database, require_api_key=True), database)).url

        def caller(*permissions: Permission, organizations: list[str] | None = None) -> Client:
            callers.append(f"Caller {len(callers)}")
            token = new_token(database, *permissions, name=callers[-1], organizations=organizations)[1]
            return stack.enter_context(Client(url, database, token))

        yield caller


@sqlite
def test_totals_need_the_permission_to_view_entries_and_by_run_to_view_runs(locked: Any) -> None:
    code, message, _ = refusal(locked(Permission.VIEW_JOURNAL_RUNS), "groupBy: []")
    assert (code, "'View journal entries'" in message) == ("FORBIDDEN", True)
    entries, everything = locked(Permission.VIEW_JOURNAL_ENTRIES), locked(*Permission)
    post(everything.database, [line("1")])
    everything.completed()
    assert entries.query("{ journalEntryTotals(groupBy: []) { debit } }") == {
        "journalEntryTotals": [{"debit": "10.00"}]
    }
    for arguments, selection in (("{ by: JOURNAL_RUN }", "debit"), ("{ by: PERIOD }", "journalRunNumber")):
        document = f"{{ journalEntryTotals(groupBy: {arguments}) {{ {selection} }} }}"
        (error,) = entries.send(document)["errors"]
        assert (error["extensions"]["code"], "'View journal runs'" in error["message"]) == ("FORBIDDEN", True)
        assert len(everything.query(document)["journalEntryTotals"]) == 1


def test_a_limited_caller_gets_the_totals_of_its_organisations(locked: Any) -> None:
    whole = locked(*Permission)
    north = locked(*Permission, organizations=["North"])
    post(whole.database, [line("1", organization="North"), line("2", organization="South"), line("3")])
    whole.completed()
    by_organization = "{ by: ORGANIZATION }"
    assert [row.get("organizationLabel") for row in totals(whole, by_organization)] == ["North", "South", None]
    assert totals(north, by_organization) == totals(whole, by_organization)[:1]
    assert "journalRunNumber" not in totals(north, "{ by: JOURNAL_RUN }")[0]


def test_totals_stand_beside_lists_in_one_planned_document(client: Client) -> None:
    post(client.database, [line("1")])
    client.completed()
    document = """query($by: [JournalEntryTotalsGroup!]!, $home: Boolean = false) {
      __typename viewer { name } byPeriod: journalEntryTotals(groupBy: $by) { ...sums }
      journalEntries { nodes { number } } grand: journalEntryTotals(groupBy: []) { __typename ...sums }
    } fragment sums on JournalEntryTotals { d: debit month homeDebit @include(if: $home)
      segments { __typename name } }"""
    variables = {"by": [{"by": "MONTH"}, {"by": "SEGMENT", "segmentName": "country"}]}
    assert client.query(document, variables) == {
        "__typename": "Query",
        "viewer": {"name": "anonymous"},
        "byPeriod": [{"d": "10.00", "month": "2024-12", "segments": [{"__typename": "Segment", "name": "country"}]}],
        "journalEntries": {"nodes": [{"number": "JE-00000001"}]},
        "grand": [{"__typename": "JournalEntryTotals", "d": "10.00", "month": None, "segments": []}],
    }


@contextmanager
def never_ready(database: Database) -> Iterator[None]:
    """Inside, no statement that reads entries ends in time."""
    if database.is_sqlite:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(deadline.Deadline, "has_passed", lambda _: True)
            patch.setattr("storage.asking.STEPS_BETWEEN_LOOKS", 1)
            yield
    else:
        with database.writer.begin() as locking:
            locking.execute(text("LOCK TABLE journal_entry IN ACCESS EXCLUSIVE MODE"))
            yield


def test_totals_are_cancelled_at_the_deadline(database: Database, database_url: str) -> None:
    hurried = Database(database_url, answer_seconds=1)
    document = "{ all: journalEntryTotals(groupBy: []) { debit } }"
    with served(Application(hurried), hurried) as client:
        with never_ready(database):
            answer = client.send(document)
        assert client.query(document) == {"all": []}
    (error,) = answer["errors"]
    assert (answer["data"], error["path"], error["extensions"]) == (None, ["all"], {"code": "DEADLINE_EXCEEDED"})
