"""Filters and orders of several keys: what they find, what they refuse, and what a limited caller learns by them."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from gateway.application import Application
from schema.planning import Planning
from schema.schema import SCHEMA
from storage.database import Database
from storage.words import Permission
from tests.support.client import Client
from tests.support.ledger import line, post
from tests.support.served import served
from tests.support.statements import statements
from tests.support.tokens import new_token

VIEWS = (Permission.VIEW_JOURNAL_RUNS, Permission.VIEW_JOURNAL_ENTRIES)

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what never comes as far as the database."""


@pytest.fixture
def filled(client: Client) -> Client:
    """Two runs: JE-1 (UK), JE-2 (FR) and JE-3 (DE) in December, JE-4 in January; and one open transaction."""
    amounts = {"DE": "30.005", "FR": "20", "UK": "10.00"}
    currencies = {"DE": "KWD", "FR": "JPY", "UK": "GBP"}
    post(
        client.database,
        [
            line(country, segment_country=country, amount=amount, currency=currencies[country], organization=country)
            for country, amount in amounts.items()
        ],
    )
    client.completed()
    post(client.database, [line("late", transaction_date="2025-01-05", document_number="INV-7")])
    client.completed(accountingPeriodName="Jan 2025", journalEntryDate="2025-01-31")
    post(client.database, [line("open", transaction_date="2025-04-01", amount="-5.00")])
    return client


def found(client: Client, listed: str, row: str, arguments: str) -> list[Any]:
    """The values of one field of the rows, by plans and by the executor, which must be the same."""
    document = f"{{ {listed}({arguments}) {{ totalCount nodes {{ {row} }} edges {{ cursor }} }} }}"
    answers = []
    for planning in (Planning.STRICT, Planning.OFF):
        before, SCHEMA.planning = SCHEMA.planning, planning
        try:
            answers.append(client.query(document)[listed])
        finally:
            SCHEMA.planning = before
    assert answers[0] == answers[1]
    rows = [next(iter(node.values())) for node in answers[0]["nodes"]]
    assert answers[0]["totalCount"] == len(rows)
    return rows


def refusal(client: Client, document: str, variables: dict[str, Any] | None = None) -> tuple[str, Any]:
    """The message and the field of the only error."""
    (error,) = client.send(document, variables)["errors"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    return error["message"], error["extensions"].get("field")


ENTRIES: list[tuple[str, list[str]]] = [
    ('numbers: ["JE-00000002", "JE-1"]', ["2"]),
    ('journalRunNumbers: ["JR-00000002"]', ["4"]),
    ('organizationLabels: [" FR "]', ["2"]),
    ('segments: [{ name: "country", values: ["DE", "FR"] }]', ["2", "3"]),
    ('segments: [{ name: "country" }], currencies: ["GBP"]', ["1", "4"]),
    ('segments: [{ name: "product" }]', []),
    ('accountingCodeNames: ["Sales"], not: { currencies: ["GBP"] }', ["2", "3"]),
    ('accountingCodeNames: ["Cash"]', []),
    ('glAccountNumbers: ["1000"], currencies: ["JPY"]', ["2"]),
    ('totalFrom: "30.005"', ["3"]),
    ('totalFrom: "30.0050000000000000000000000000000000000001"', []),
    ('totalTo: "10.0049"', ["1", "4"]),
    ('totalTo: "9.995"', []),
    (f'totalFrom: "-{"9" * 90}", totalTo: "{"9" * 90}"', ["1", "2", "3", "4"]),
    (f'totalFrom: "{"9" * 90}"', []),
    ('timePeriodStartFrom: "2025-01-01"', ["4"]),
    ('timePeriodEndTo: "2024-12-31"', ["1", "2", "3"]),
    ('createdAtTo: "2001-01-01T00:00:00Z"', []),
    ('updatedAtFrom: "2001-01-01T00:00:00+02:00"', ["1", "2", "3", "4"]),
    ('transferredAtFrom: "2001-01-01T00:00:00Z"', []),
    ("aggregateCurrency: true", []),
    ('text: "je-00000004"', ["4"]),
    ('text: "de"', ["3"]),
    ("or: []", []),
    ("and: []", ["1", "2", "3", "4"]),
    ("not: {}", []),
    ("not: null, and: null, or: null", ["1", "2", "3", "4"]),
    ('or: [{ currencies: ["JPY"] }, { and: [{ currencies: ["GBP"] }, { text: "4" }] }]', ["2", "4"]),
    ('journalEntryDateFrom: "2025-01-01", journalEntryDateTo: "2024-01-01"', []),
]


def test_entries_are_found(filled: Client) -> None:
    for filter, numbers in ENTRIES:
        rows = found(filled, "journalEntries", "number", f"filter: {{ {filter} }}")
        assert [number[-1] for number in rows] == numbers, filter


TRANSACTIONS: list[tuple[str, list[str]]] = [
    ("isJournaled: false", ["open"]),
    ("notJournaledReasons: [OPEN_ENDED_PERIOD, NETS_TO_ZERO]", ["open"]),
    ("notJournaledReasons: [AWAITING_RUN]", []),
    ('transactionIds: ["UK", "nothing"]', ["UK"]),
    ('transactionDateFrom: "2025-01-05", transactionDateTo: "2025-01-05"', ["late"]),
    ('debitAccountNames: ["Accounts Receivable"], currencies: ["KWD"]', ["DE"]),
    ('creditAccountNames: ["Accounts Receivable"]', []),
    ('accountNames: ["Sales"], amountFrom: "10.01"', ["DE", "FR"]),
    ('glAccountNumbers: ["1002"], organizationLabels: ["FR", "DE"]', ["DE", "FR"]),
    ('segments: [{ name: "country", values: ["UK"] }]', ["UK", "late", "open"]),
    ('amountTo: "-4.995"', ["open"]),
    ('homeAmountFrom: "0"', []),
    ('documentNumbers: ["INV-7"]', ["late"]),
    ('accountNumbers: [""]', []),
    ('journalEntryNumbers: ["JE-00000001"]', ["UK"]),
    ('journalRunNumbers: ["JR-00000002"]', ["late"]),
    ('text: "inv"', ["late"]),
    ('transactionTypes: [TAXATION_ITEM], not: { text: "x" }', []),
]


def test_transactions_are_found(filled: Client) -> None:
    for filter, ids in TRANSACTIONS:
        rows = found(filled, "transactions", "transactionId", f"filter: {{ {filter} }}")
        assert sorted(rows) == sorted(ids), filter


RUNS: list[tuple[str, list[str]]] = [
    ('numbers: ["JR-00000001"]', ["1"]),
    ("transactionTypes: [REVENUE_EVENT_ITEM]", []),
    ("transactionTypes: [REVENUE_EVENT_ITEM, INVOICE_ITEM]", ["2", "1"]),
    ('organizationLabels: ["any"]', ["2", "1"]),
    ("organizationLabels: []", []),
    ('journalEntryDateFrom: "2025-01-01"', ["2"]),
    ('createdAtFrom: "2001-01-01T00:00:00Z", executedAtTo: "2001-01-01T00:00:00Z"', []),
    ('text: "by COUNTRY"', ["2", "1"]),
    ("aggregateCurrency: false, statuses: [COMPLETED]", ["2", "1"]),
]


def test_runs_are_found(filled: Client) -> None:
    for filter, numbers in RUNS:
        rows = found(filled, "journalRuns", "number", f"filter: {{ {filter} }}")
        assert [number[-1] for number in rows] == numbers, filter


def test_items_are_listed_with_their_entries(filled: Client) -> None:
    row = "journalEntry { number } position type amount currency accountingCode { name }"
    document = f"""{{ journalEntryItems(
      filter: {{ types: [CREDIT], journalEntry: {{ segments: [{{ name: "country" }}] }} }}
      orderBy: {{ field: AMOUNT, direction: DESC, thenBy: {{ field: JOURNAL_ENTRY, direction: DESC }} }})
      {{ totalCount nodes {{ {row} }} }} }}"""
    items = filled.query(document)["journalEntryItems"]
    assert items["totalCount"] == 4
    assert [(item["journalEntry"]["number"][-1], item["amount"]) for item in items["nodes"]] == [
        ("3", "30.005"),
        ("2", "20"),
        ("4", "10.00"),
        ("1", "10.00"),
    ]
    assert {item["accountingCode"]["name"] for item in items["nodes"]} == {"Sales"}
    assert found(filled, "journalEntryItems", "currency", 'filter: { amountFrom: "20", types: [DEBIT] }') == [
        "JPY",
        "KWD",
    ]


def test_rows_are_sorted_by_several_keys(filled: Client) -> None:
    by = "orderBy: { field: CURRENCY, direction: DESC, thenBy: { field: NUMBER, direction: DESC } }"
    assert [n[-1] for n in found(filled, "journalEntries", "number", by)] == ["3", "2", "4", "1"]
    by = "orderBy: { field: TOTAL, thenBy: { field: JOURNAL_ENTRY_DATE, direction: DESC } }"
    assert [n[-1] for n in found(filled, "journalEntries", "number", by)] == ["4", "1", "2", "3"]
    for direction, rows in (("ASC", ["3", "2", "1", "4"]), ("DESC", ["1", "2", "3", "4"])):
        by = f"orderBy: {{ field: ORGANIZATION_LABEL, direction: {direction} }}"
        assert [n[-1] for n in found(filled, "journalEntries", "number", by)] == rows, "without one: last"
    by = "orderBy: { field: TRANSACTION_DATE, direction: DESC, thenBy: { field: AMOUNT } }"
    assert found(filled, "transactions", "transactionId", by) == ["open", "late", "UK", "FR", "DE"]


def test_a_cursor_belongs_to_its_order(filled: Client) -> None:
    document = "query($after: String) { journalEntries(after: $after, orderBy: %s) { edges { cursor } } }"
    by_total = "{ field: TOTAL, thenBy: { field: CURRENCY } }"
    cursors = [edge["cursor"] for edge in filled.query(document % by_total)["journalEntries"]["edges"]]
    rest = filled.query(document % by_total, {"after": cursors[1]})["journalEntries"]["edges"]
    assert [edge["cursor"] for edge in rest] == cursors[2:]
    for order, cursor in (
        ("{ field: TOTAL }", cursors[0]),
        ("{ field: CURRENCY, thenBy: { field: TOTAL } }", cursors[0]),
        (by_total, "entries:1"),
        (by_total, cursors[0] + ":1"),
        (by_total, "entries by total, currency:1:99999999999999999999:GBP:1"),
        ("{ field: UPDATED_AT }", "entries by updated:20241231:1"),
    ):
        message = f"{cursor!r} is not a cursor of this list; use one that it returned."
        assert refusal(filled, document % order, {"after": cursor}) == (message, ["after"])


@sqlite
def test_an_order_names_few_keys_and_each_once(client: Client) -> None:
    twice = "{ field: TOTAL, thenBy: { field: STATUS, thenBy: { field: TOTAL } } }"
    message, field = refusal(client, f"{{ journalEntries(orderBy: {twice}) {{ totalCount }} }}")
    assert message == "The sort key TOTAL is named twice; name each once."
    assert field == ["orderBy", "thenBy", "thenBy", "field"]
    order = ""
    for name in ("NUMBER", "TOTAL", "STATUS", "CURRENCY", "CREATED_AT", "UPDATED_AT"):
        order = f"{{ field: {name}{f', thenBy: {order}' if order else ''} }}"
    message, field = refusal(client, f"{{ journalEntries(orderBy: {order}) {{ totalCount }} }}")
    assert message == "There are more than 5 sort keys; that is the maximum."


@sqlite
def test_filters_in_filters_are_limited(client: Client) -> None:
    document = "query($f: JournalEntryFilter) { journalEntries(filter: $f) { totalCount } }"

    def nested(depth: int) -> dict[str, Any]:
        return {"not": nested(depth - 1)} if depth else {"currencies": ["GBP"]}

    def written(depth: int) -> str:
        return f"{{ not: {written(depth - 1)} }}" if depth else "{}"

    for planning in (Planning.STRICT, Planning.OFF):
        before, SCHEMA.planning = SCHEMA.planning, planning
        assert client.query(document, {"f": nested(9)})["journalEntries"]["totalCount"] == 0
        SCHEMA.planning = before
    too_deep = "more than 10 objects inside each other here; the maximum is 10."
    assert refusal(client, document, {"f": nested(10)}) == (f"filter has {too_deep}", ["filter", *["not"] * 10])
    assert too_deep in refusal(client, document, {"f": nested(500)})[0]
    assert too_deep in refusal(client, f"{{ journalEntries(filter: {written(10)}) {{ totalCount }} }}")[0]
    both = "query($f: JournalEntryFilter) { journalEntries(filter: { not: $f }) { totalCount } }"
    assert refusal(client, both, {"f": nested(9)}) == (f"filter has {too_deep}", ["filter"])
    many = {"or": [{"text": "x"}] * 99}
    assert client.query(document, {"f": many})["journalEntries"]["totalCount"] == 0
    told = "filter has 101 filters, itself and those in it; the maximum is 100."
    assert refusal(client, document, {"f": {"or": [*many["or"], {}]}}) == (told, ["filter"])
    assert refusal(client, both, {"f": many}) == (told, ["filter"])
    message, field = refusal(client, document, {"f": {"numbers": ["JE-1"] * 1_001}})
    assert message == "numbers has 1,001 values; the maximum is 1,000. Send fewer at once."
    assert field == ["filter", "numbers"]


@sqlite
def test_a_value_that_nothing_can_have_is_refused_by_its_field(client: Client) -> None:
    document = "query($f: JournalEntryFilter) { journalEntries(filter: $f) { totalCount } }"
    message, field = refusal(client, document, {"f": {"or": [{}, {"organizationLabels": ["a", "b\tc"]}]}})
    assert message == "Character 2 is TAB (U+0009), which is invisible; remove it."
    assert field == ["filter", "or", "1", "organizationLabels", "1"]
    message, field = refusal(client, document, {"f": {"createdAtFrom": "2024-12-31T00:00:00"}})
    assert message == "'2024-12-31T00:00:00' has no time zone; use the format 2024-12-31T23:59:59Z."
    assert field == ["filter", "createdAtFrom"]


@pytest.mark.parametrize(("planning", "counted"), [(Planning.STRICT, 0), (Planning.OFF, 1)])
def test_a_list_is_counted_only_if_asked(
    filled: Client, monkeypatch: pytest.MonkeyPatch, planning: Planning, counted: int
) -> None:
    monkeypatch.setattr(SCHEMA, "planning", planning)
    for listed in ("journalRuns", "journalEntries", "journalEntryItems", "transactions"):
        row = "position" if listed == "journalEntryItems" else "id"
        few, _ = statements(filled, lambda: filled.query(f"{{ {listed} {{ nodes {{ {row} }} }} }}"))  # noqa: B023
        more, _ = statements(filled, lambda: filled.query(f"{{ {listed} {{ totalCount nodes {{ {row} }} }} }}"))  # noqa: B023
        assert more == few + counted


@pytest.fixture
def callers(database: Database) -> Iterator[tuple[Client, Client, Client]]:
    """One who sees all, one who sees the organisation North alone, and one who sees entries but no runs."""
    post(database, [line("North", organization="North"), line("South", organization="South", document_number="SECRET")])
    with ExitStack() as stack:
        url = stack.enter_context(served(Application(database, require_api_key=True), database)).url
        whole = new_token(database, *Permission, name="Whole")[1]
        north = new_token(database, *Permission, name="North", organizations=["North"])[1]
        no_runs = new_token(database, Permission.VIEW_JOURNAL_ENTRIES, name="Entries")[1]
        clients = [stack.enter_context(Client(url, database, token)) for token in (whole, north, no_runs)]
        clients[0].completed()
        yield clients[0], clients[1], clients[2]


def test_a_filter_tells_a_limited_caller_nothing_of_others(callers: tuple[Client, Client, Client]) -> None:
    whole, north, _ = callers
    for listed, row, filter in (
        ("journalEntries", "number", 'journalRunNumbers: ["JR-00000001"]'),
        ("journalEntries", "number", 'text: "South"'),
        ("journalEntryItems", "currency", 'journalEntry: { organizationLabels: ["South"] }'),
        ("journalEntryItems", "currency", 'journalEntry: { journalRunNumbers: ["JR-00000001"] }'),
        ("transactions", "transactionId", 'journalEntryNumbers: ["JE-00000002"]'),
        ("transactions", "transactionId", 'journalRunNumbers: ["JR-00000001"]'),
        ("transactions", "transactionId", 'text: "secret"'),
        ("transactions", "transactionId", 'organizationLabels: ["South"]'),
        ("journalRuns", "number", 'numbers: ["JR-00000001"]'),
    ):
        assert found(whole, listed, row, f"filter: {{ {filter} }}"), filter
        assert found(north, listed, row, f"filter: {{ {filter} }}") == [], filter
    assert len(found(north, "journalEntryItems", "currency", "filter: {}")) == 2
    # A run over all organisations is not there, whichever way it is asked for.
    not_of_run = 'filter: { not: { journalRunNumbers: ["JR-00000001"] } }'
    assert found(north, "journalEntries", "number", not_of_run) == ["JE-00000001"]


def test_runs_are_named_only_by_those_who_may_view_them(callers: tuple[Client, Client, Client]) -> None:
    _, _, no_runs = callers
    for listed, filter in (
        ("journalEntries", '{ or: [{}, { not: { journalRunNumbers: ["JR-1"] } }] }'),
        ("transactions", "{ journalRunNumbers: [] }"),
        ("journalEntryItems", '{ and: [{ journalEntry: { and: [{ journalRunNumbers: ["JR-1"] }] } }] }'),
    ):
        (error,) = no_runs.send(f"{{ {listed}(filter: {filter}) {{ totalCount }} }}")["errors"]
        assert error["extensions"]["code"] == "FORBIDDEN"
        assert "'View journal runs'" in error["message"]
    assert found(no_runs, "journalEntries", "number", 'filter: { numbers: ["JE-00000001"] }') == ["JE-00000001"]
