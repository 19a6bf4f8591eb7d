"""Lists: paging in any way returns the whole list once and in order, filters work, and invalid input is refused."""

import json
import random
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest

from tests.support.client import Client
from tests.support.ledger import line, post

SEED = random.SystemRandom().randrange(10**6)
DAYS = 5

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For what never comes as far as the database."""


@dataclass(frozen=True)
class List:
    """A list: the field with its selection, as it stands in a document around it."""

    field: str
    row: str
    around: str = "%s"
    arguments: str = ""

    def page(self, client: Client, **window: Any) -> dict[str, Any]:
        """One page of the list."""
        found = client.query(self._document(), window)
        while "pageInfo" not in found:
            (found,) = found.values()
        page: dict[str, Any] = found
        return page

    def refusal(self, client: Client, **window: Any) -> dict[str, Any]:
        """The error that such a window is refused with."""
        (error,) = client.send(self._document(), window)["errors"]
        refused: dict[str, Any] = error
        return refused

    def _document(self) -> str:
        variables = "$first: Int, $after: String, $last: Int, $before: String"
        selection = f"""{self.field}(first: $first, after: $after, last: $last, before: $before {self.arguments}) {{
          totalCount edges {{ cursor node {{ {self.row} }} }} nodes {{ {self.row} }}
          pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }}"""
        return f"query({variables}) {{ {self.around % selection} }}"


RUNS = List("journalRuns", "number targetStartDate")
ENTRIES = List("journalEntries", "number journalEntryDate")
RUNS_BY_START = List("journalRuns", "number targetStartDate", arguments="orderBy: {field: TARGET_START_DATE}")
ENTRIES_BY_DATE = List(
    "journalEntries", "number journalEntryDate", arguments="orderBy: {field: JOURNAL_ENTRY_DATE, direction: DESC}"
)
FIRST_RUN = 'journalRun(number: "JR-00000001") { %s }'
ENTRIES_OF_RUN = List("journalEntries", "number", FIRST_RUN)
LAST_ENTRIES_OF_RUN = List(
    "journalEntries", "number", FIRST_RUN, arguments="orderBy: {field: JOURNAL_ENTRY_DATE, direction: DESC}"
)
OUTCOMES = List("outcomes", "sequence cancelledCount", 'journalRun(number: "JR-00000001") { cancellation { %s } }')
TRANSACTIONS = List("transactions", "transactionId amount", 'journalEntry(number: "JE-00000012") { %s }')
LISTS = [
    RUNS,
    ENTRIES,
    RUNS_BY_START,
    ENTRIES_BY_DATE,
    ENTRIES_OF_RUN,
    LAST_ENTRIES_OF_RUN,
    OUTCOMES,
    TRANSACTIONS,
    List("journalEntryItems", "journalEntry { number } position"),
    List(
        "journalEntries",
        "number",
        arguments="orderBy: {field: TOTAL, direction: DESC, thenBy: {field: JOURNAL_ENTRY_DATE}}",
    ),
    List(
        "transactions",
        "transactionId",
        arguments="orderBy: {field: TRANSACTION_DATE, direction: DESC, thenBy: {field: RECORDED}}",
    ),
    List("accountingPeriods", "name"),
    List("accountingCodes", "name"),
]


@pytest.fixture
def filled(client: Client) -> Client:
    """A ledger of six runs: the first, of eleven entries, is cancelled; the second has an entry of 20 transactions.

    The others collect one day each, from the last to the first, so that no two orders are the same.
    """
    post(client.database, [line(f"a{n}", transaction_date="2025-01-05", segment_country=str(n)) for n in range(11)])
    client.completed(accountingPeriodName="Jan 2025", journalEntryDate="2025-01-31")
    client.cancel("JR-00000001")
    client.wait("JR-00000001", "CANCELLED")
    post(client.database, [line(f"b{n}", transaction_date=f"2025-02-{n % 5 + 1:02}") for n in range(20)])
    client.completed(accountingPeriodName="Feb 2025", journalEntryDate="2025-02-28")
    for day in range(DAYS - 1, 0, -1):
        date = f"2024-12-{day:02}"
        post(client.database, [line(f"{day}/{n}", transaction_date=date, segment_country=str(n)) for n in range(day)])
        client.completed(accountingPeriodName=None, targetStartDate=date, targetEndDate=date, journalEntryDate=date)
    return client


def forward(client: Client, listed: List, chance: random.Random) -> list[dict[str, Any]]:
    """The list, walked from its start in pages of random size."""
    rows: list[dict[str, Any]] = []
    after = None
    while True:
        size = chance.randint(1, 6)
        page = listed.page(client, first=size, after=after)
        info = page["pageInfo"]
        assert len(page["nodes"]) == size or not info["hasNextPage"]
        assert info["hasPreviousPage"] == (after is not None)
        rows += page["nodes"]
        if not info["hasNextPage"]:
            return rows
        after = info["endCursor"]


def backward(client: Client, listed: List, chance: random.Random) -> list[dict[str, Any]]:
    """The list, walked from its end in pages of random size."""
    rows: list[dict[str, Any]] = []
    before = None
    while True:
        size = chance.randint(1, 6)
        page = listed.page(client, last=size, before=before)
        info = page["pageInfo"]
        assert len(page["nodes"]) == size or not info["hasPreviousPage"]
        assert info["hasNextPage"] == (before is not None)
        rows = page["nodes"] + rows
        if not info["hasPreviousPage"]:
            return rows
        before = info["startCursor"]


def test_walking_either_way_gives_every_list_once_and_in_order(filled: Client) -> None:
    print(f"seed {SEED}")  # noqa: T201  (pytest shows it when the test fails)
    chance = random.Random(SEED)  # noqa: S311
    for listed in LISTS:
        page = listed.page(filled, first=1000)
        whole, cursors = page["nodes"], [edge["cursor"] for edge in page["edges"]]
        assert len(whole) == page["totalCount"] >= 4
        assert len({str(row) for row in whole}) == len(set(cursors)) == len(whole)
        assert [edge["node"] for edge in page["edges"]] == whole
        assert page["pageInfo"] == {
            "hasNextPage": False,
            "hasPreviousPage": False,
            "startCursor": cursors[0],
            "endCursor": cursors[-1],
        }
        assert forward(filled, listed, chance) == whole
        assert backward(filled, listed, chance) == whole
        between = listed.page(filled, first=2, after=cursors[0])
        assert between["nodes"] == whole[1:3]
        assert between["totalCount"] == len(whole)
        beyond = listed.page(filled, first=5, after=cursors[-1])
        assert (beyond["nodes"], beyond["pageInfo"]["endCursor"]) == ([], None)
        assert listed.page(filled, first=0)["nodes"] == []
        assert listed.page(filled, first=9, after=cursors[0], before=cursors[3])["nodes"] == whole[1:3]


def test_orders_and_filters_are_as_they_say(filled: Client) -> None:
    assert_orders(filled)
    assert_filters(filled)


def assert_orders(filled: Client) -> None:
    """Each order is what its name says."""
    runs = RUNS.page(filled)["nodes"]
    assert [run["number"] for run in runs] == [f"JR-{n:08}" for n in range(DAYS + 1, 0, -1)]
    assert RUNS_BY_START.page(filled)["nodes"] == sorted(runs, key=lambda run: run["targetStartDate"])
    entries = ENTRIES.page(filled)["nodes"]
    assert entries == sorted(entries, key=lambda entry: entry["number"])
    of_run = ENTRIES_OF_RUN.page(filled)["nodes"]
    assert of_run == [{"number": entry["number"]} for entry in entries[:11]]
    assert LAST_ENTRIES_OF_RUN.page(filled)["nodes"] == of_run[::-1]
    by_date = ENTRIES_BY_DATE.page(filled)["nodes"]
    assert by_date == sorted(entries, key=lambda entry: (entry["journalEntryDate"], entry["number"]), reverse=True)
    assert {row["transactionId"] for row in TRANSACTIONS.page(filled)["nodes"]} == {f"b{n}" for n in range(20)}


def assert_filters(filled: Client) -> None:
    """Each filter returns exactly the matching rows."""

    def runs(wanted: str) -> list[str]:
        page = List("journalRuns", "number", arguments=f"filter: {{ {wanted} }}").page(filled)
        assert page["totalCount"] == len(page["nodes"])
        return sorted(run["number"][-1] for run in page["nodes"])

    assert runs("statuses: [CANCELLED]") == ["1"]
    assert runs("statuses: [CANCELLED, COMPLETED]") == list("123456")
    assert runs("statuses: []") == []
    assert runs('accountingPeriodName: "Feb 2025"') == ["2"]
    assert runs('accountingPeriodName: "none such"') == []
    assert runs('targetDateFrom: "2024-12-03", targetDateTo: "2025-01-01"') == ["1", "3", "4"]
    assert runs('statuses: [COMPLETED], targetDateFrom: "2025-01-01"') == ["2"]

    def count(wanted: str) -> int:
        page = List("journalEntries", "number", arguments=f"filter: {{ {wanted} }}").page(filled)
        assert page["totalCount"] == len(page["nodes"])
        return len(page["nodes"])

    filled.transfer(["JE-00000012"])
    assert count("statuses: [CANCELLED]") == 11
    assert count("transferredToAccounting: [YES]") == 1
    assert count("transactionTypes: [TAXATION_ITEM]") == 0
    assert count('currencies: ["GBP", "EUR"]') == 11 + 1 + sum(range(DAYS))
    assert count('accountingPeriodName: "Dec 2024"') == sum(range(DAYS))
    assert count('journalEntryDateFrom: "2024-12-03", journalEntryDateTo: "2024-12-04"') == 3 + 4
    for nothing in ("statuses: []", "transferredToAccounting: []", "transactionTypes: []", "currencies: []"):
        assert count(nothing) == 0
    of_run = List("journalEntries", "number", FIRST_RUN, arguments="filter: { statuses: [CREATED] }").page(filled)
    assert (of_run["nodes"], of_run["totalCount"]) == ([], 0)


def test_rows_that_come_between_two_pages_move_nothing(client: Client) -> None:
    for number in range(3):
        post(client.database, [line(f"{number}/{n}", segment_country=str(n)) for n in range(2)])
        client.completed()
    runs, entries = RUNS.page(client)["nodes"], ENTRIES.page(client)["nodes"]
    first_runs, first_entries = RUNS.page(client, first=2), ENTRIES.page(client, first=2)
    post(client.database, [line("late")])
    late = client.completed()
    more_runs = RUNS.page(client, first=100, after=first_runs["pageInfo"]["endCursor"])
    assert first_runs["nodes"] + more_runs["nodes"] == runs
    assert more_runs["totalCount"] == len(runs) + 1
    more_entries = ENTRIES.page(client, first=100, after=first_entries["pageInfo"]["endCursor"])
    *before, last = first_entries["nodes"] + more_entries["nodes"]
    assert before == entries
    assert last["number"] == client.entries(late["number"])[0]["number"]


NODE = "query($id: ID!) { node(id: $id) { __typename id } }"
NODES = """{
  accountingCode(name: "Cash") { __typename id }
  accountingPeriod(name: "Dec 2024") { __typename id }
  journalEntry(number: "JE-00000001") { __typename id }
  journalRun(number: "JR-00000001") { __typename id }
  transaction(transactionId: "1") { __typename id }
}"""


def test_a_node_is_found_by_its_id(client: Client) -> None:
    post(client.database, [line("1")])
    client.cancel(client.completed()["number"])
    run = client.wait("JR-00000001", "CANCELLED")
    found = client.query(
        f'{NODES[:-1]} run: journalRun(number: "{run["number"]}") {{ cancellation {{ __typename id }} }} }}'
    )
    found["cancellation"] = found.pop("run")["cancellation"]
    assert {name[0].upper() + name[1:] for name in found} == {node["__typename"] for node in found.values()}
    for node in found.values():
        assert client.query(NODE, {"id": node["id"]})["node"] == node


def test_a_node_has_the_fields_of_its_type(client: Client) -> None:
    post(client.database, [line("1")])
    document = "query($id: ID!) { node(id: $id) { ... on Transaction { transactionId amount } } }"
    transaction = client.query('{ transaction(transactionId: " 1 ") { id } }')["transaction"]
    assert client.query(document, transaction)["node"] == {"transactionId": "1", "amount": "10.00"}


ENCODED_ID = "Sm91cm5hbFJ1bjpKUi0wMDAwMDAwMQ=="
"""As earlier releases gave them."""

UNKNOWN_NODES = [
    "JR-99999999",
    "JE-99999999",
    "JR-1",
    "Transaction:none",
    "AccountingCode:none",
    "AccountingPeriod:none",
    "Cancellation:99",
    "Cancellation:x",
    "Cancellation:" + "9" * 40,
    "Segment:1",
]


def test_an_unknown_node_is_null(client: Client) -> None:
    for unknown in UNKNOWN_NODES:
        answer = client.send(NODE, {"id": unknown})
        assert (answer["data"], answer.get("errors")) == ({"node": None}, None)


def test_an_id_that_is_none_is_refused(client: Client) -> None:
    for bad in ("", "JR", "é", "Cancellation", "Cancellation:", "JournalRun:JR-00000001", ENCODED_ID):
        (error,) = client.send(NODE, {"id": bad})["errors"]
        assert error["extensions"]["code"] == "BAD_USER_INPUT"
        assert "is not a valid id" in error["message"]


def test_a_text_that_no_database_stores_is_a_clients_error(client: Client) -> None:
    documents = [
        "query($text: String!) { journalRun(number: $text) { number } }",
        "query($text: String!) { journalEntries(filter: { currencies: [$text] }) { totalCount } }",
        "mutation($text: String!) { cancelJournalRun(input: { number: $text }) { errors { code } } }",
    ]
    for document in documents:
        for text in ("a\0b", "\ud800"):
            body = json.dumps({"query": document, "variables": {"text": text}})
            headers = {"Content-Type": "application/json"}
            answer = httpx.post(f"{client.url}/graphql", content=body, headers=headers).json()
            codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
            assert codes <= {"BAD_USER_INPUT"}, answer


@sqlite
def test_a_window_that_makes_no_sense_is_refused(client: Client) -> None:
    for window, told in (
        ({"first": 1001}, "`first` is 1001; it must be from 0 to 1000."),
        ({"first": -1}, "`first` is -1; it must be from 0 to 1000."),
        ({"last": 1001}, "`last` is 1001; it must be from 0 to 1000."),
        ({"last": -1}, "`last` is -1; it must be from 0 to 1000."),
        ({"first": 1, "last": 1}, "Give either `first` or `last`, not both."),
    ):
        for listed in (RUNS, ENTRIES, LISTS[-1], LISTS[-2]):
            error = listed.refusal(client, **window)
            assert error["message"] == told
            assert error["extensions"]["code"] == "BAD_USER_INPUT"


def test_a_cursor_that_the_list_did_not_give_is_refused(client: Client) -> None:
    post(client.database, [line("1")])
    client.cancel(client.completed()["number"])
    client.wait("JR-00000001", "CANCELLED")
    client.completed()
    transactions = replace(TRANSACTIONS, around='journalEntry(number: "JE-00000002") { %s }')
    lists = [transactions if listed is TRANSACTIONS else listed for listed in LISTS]
    given = {listed: listed.page(client, first=1)["pageInfo"]["endCursor"] for listed in lists}
    nonsense = ["", "?", "é", ENCODED_CURSOR, "9", ":", ":" * 5000]
    for listed in lists:
        others = [cursor for other, cursor in given.items() if _kind(cursor) != _kind(given[listed])]
        assert len(others) >= 6
        kind = _kind(given[listed])
        keys = ["", ":", "x", "-1", "1.5", "+1", " 1", "1:2:3:x", "²", "99999999999999999999", "1 OR 1=1"]
        for cursor in nonsense + others + [f"{kind}:{key}" for key in keys]:
            for window in ({"after": cursor}, {"before": cursor}):
                error = listed.refusal(client, **window)
                assert error["extensions"]["code"] == "BAD_USER_INPUT", (listed, cursor)
                assert "is not a cursor of this list" in error["message"]


def _kind(cursor: str) -> str:
    return cursor.partition(":")[0]


ENCODED_CURSOR = "WyJydW5zIiwxXQ=="
"""As earlier releases gave them."""


@sqlite
def test_documents_without_end_are_refused(client: Client) -> None:
    deep = (
        "{ journalRuns { nodes " + "{ journalEntries { nodes { journalRun " * 8 + "{ number }" + " } } }" * 8 + " } }"
    )
    aliases = "{" + "".join(f'a{n}: journalRun(number: "{n}") {{ number }} ' for n in range(101)) + "}"
    tokens = "{ journalRuns { nodes {" + " number" * 5_000 + " } } }"
    for document, told in ((deep, "inside each other"), (aliases, "aliases"), (tokens, "token")):
        answer = client.send(document)
        assert answer.get("data") is None
        assert told in answer["errors"][0]["message"]


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("journalRuns(first: -1) { totalCount }", ["first"], "`first` is -1; it must be from 0 to 1000."),
        ("journalRuns(last: 1001) { totalCount }", ["last"], "`last` is 1001; it must be from 0 to 1000."),
        ("journalRuns(first: 1, last: 1) { totalCount }", ["last"], "Give either `first` or `last`, not both."),
        (
            'journalRuns(after: "x") { totalCount }',
            ["after"],
            "'x' is not a cursor of this list; use one that it returned.",
        ),
        ('accountingCodes(before: "x") { totalCount }', ["before"], "'x' is not a cursor of this list; use one that"),
        ('node(id: "x") { id }', ["id"], "'x' is not a valid id; use an id that the gateway returned."),
        (
            'journalRuns(filter: { accountingPeriodName: "a\\u200bb" }) { totalCount }',
            ["filter", "accountingPeriodName"],
            "Character 2 is ZERO WIDTH SPACE (U+200B), which is invisible; remove it.",
        ),
    ],
)
def test_an_argument_that_a_resolver_refuses_is_named(
    client: Client, query: str, field: list[str], message: str
) -> None:
    (error,) = client.send(f"{{ {query} }}")["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "field": field}
    assert error["message"].startswith(message)
