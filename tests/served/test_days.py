"""Every date input is YYYY-MM-DD, and no other form that ISO 8601 or Python accepts."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.import_lines import Cells
from storage.database import Database
from storage.days import DayRefused, parse_day
from tests.support.client import Client
from tests.support.ledger import line
from tests.support.recording import count, item
from tests.support.rejected import import_result

WRONG = [
    "20241231",
    "2024-W01-1",
    "2024-W01",
    "2024W011",
    "2024-366",
    "2024-12",
    "2024-1-05",
    "24-12-31",
    "2024-02-30",
    "2023-02-29",
    "0000-01-01",
    "2024-12-31T00:00:00",
    "2024-12-31Z",
    "+2024-12-31",
    "2024/12/31",
    "31.12.2024",
    "٢٠٢٤-١٢-٣١",
    "\uff12\uff10\uff12\uff14-12-31",
    "2024\u201312\u201331",
    "2024-12-31\n2024-12-31",
    "today",
]


@given(st.dates())
def test_a_day_is_read_as_it_is_written(wanted: date) -> None:
    assert parse_day(wanted.isoformat()) == wanted


@given(st.text() | st.from_regex(r"[0-9]{4}-?[W0-9]{2,3}-?[0-9]{1,2}", fullmatch=True))
def test_a_text_is_a_day_in_its_one_form_or_refused(text: str) -> None:
    try:
        found = parse_day(text)
    except DayRefused:
        return
    assert found.isoformat() == text


@pytest.mark.parametrize("wrong", WRONG)
def test_a_column_of_a_file_takes_no_other_form(wrong: str) -> None:
    cells = Cells({"start_date": wrong})

    assert cells.read("start_date", parse_day) is None
    (violation,) = cells.violations.found
    assert violation.path == ("start_date",)
    assert violation.message.endswith(" is not a date; use the format 2024-12-31")


def test_a_feed_takes_no_other_form(database: Database) -> None:
    lines = [line(f"{place}", transaction_date=wrong) for place, wrong in enumerate(WRONG)]

    recorded, _, reasons = import_result(database, *lines)

    assert recorded == 0
    assert len(reasons) == len(WRONG)
    assert reasons[2] == "transaction_date: '20241231' is not a date; use the format 2024-12-31"


def test_graphql_takes_no_other_form_as_a_variable(client: Client) -> None:
    document = "mutation($input: RecordTransactionsInput!) { recordTransactions(input: $input) { recorded } }"
    for wrong in (*WRONG, "", " 2024-12-31", "2024-12-31 ", 20241231, 2024.5, True, [], {}):
        answer = client.send(document, {"input": {"transactions": [item("a", transactionDate=wrong)]}})
        assert answer.get("data") is None, wrong
        (error,) = answer["errors"]
        assert "is not a date; use " in error["message"]
    assert count(client) == 0


def test_graphql_takes_no_other_form_as_a_literal(client: Client) -> None:
    for literal in ('"20241231"', '"2024-W01-1"', '""', "20241231", "2024.5", "true", "TODAY", "[]"):
        answer = client.send(f"{{ journalRuns(filter: {{ targetDateFrom: {literal} }}) {{ totalCount }} }}")
        assert answer.get("data") is None, literal
        assert any(part in answer["errors"][0]["message"] for part in ("is not a date", "A Date must be a string"))


def test_graphql_takes_a_day_as_a_literal_and_writes_it_so(client: Client) -> None:
    client.completed()
    for literal, total in (('"2024-12-31"', 1), ('"2025-01-01"', 0)):
        found = client.query(f"{{ journalRuns(filter: {{ targetDateFrom: {literal} }}) {{ totalCount }} }}")
        assert found == {"journalRuns": {"totalCount": total}}
    nodes = client.query("{ journalRuns { nodes { targetEndDate } } }")["journalRuns"]["nodes"]
    assert nodes == [{"targetEndDate": "2024-12-31"}]
