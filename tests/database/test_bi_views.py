"""The views for reports: each answers as the tables say, and the view in the database as the reader."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from storage.bi.catalogue import Kind, View
from storage.bi.questions import And, Compare, Comparison, Question, Sort
from storage.bi.reading import count, rows, views_of
from storage.database import Database
from tests.support.direct_runs import cancel_now, run_now
from tests.support.ledger import line, post


def everything(database: Database, view: View) -> list[dict[str, Any]]:
    """All rows of the view, by column, in the order of their changes."""
    return [dict(zip(view.names, row.values, strict=True)) for row in rows(database, view, Question(view.names))]


def selected(database: Database, view: View) -> list[dict[str, Any]]:
    """All rows of the view in the database itself."""
    found = database.ask(f"SELECT {', '.join(view.names)} FROM {view.name}", {})  # noqa: S608
    kinds = [view.column(name).kind for name in view.names]
    return [
        {name: _read(kind, value) for name, kind, value in zip(view.names, kinds, row, strict=True)} for row in found
    ]


def _read(kind: Kind, value: Any) -> Any:
    if value is None:
        return None
    if kind is Kind.AMOUNT:
        assert isinstance(value, str | Decimal)
        return Decimal(value)
    if kind is Kind.JSON:
        return json.loads(value) if isinstance(value, str) else value
    if kind is Kind.MOMENT:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if kind is Kind.DATE:
        return date.fromisoformat(value) if isinstance(value, str) else value
    return bool(value) if kind is Kind.BOOLEAN else value


def test_the_views_have_what_the_ledger_has(database: Database) -> None:
    post(
        database,
        [
            line("a", amount="10.50", segment_country="UK", organization="North"),
            line("b", amount="-3.25", segment_country="UK", organization="North", document_number="INV-1"),
            line("c", amount="700", currency="JPY", segment_country=""),
            line("d", amount="5.00", transaction_date="2025-01-05"),
            line("z1", amount="1.00", credit_account="Services", segment_country="FR"),
            line("z2", amount="-1.00", credit_account="Services", segment_country="FR"),
        ],
    )
    run = run_now(database)
    views = views_of(database)
    for view in views.values():
        found = everything(database, view)
        assert sorted(found, key=lambda row: str(row["id"])) == sorted(
            selected(database, view), key=lambda row: str(row["id"])
        )
        assert count(database, view, And(())) == len(found) > 0
        assert [row["updated_at"] for row in found] == sorted(row["updated_at"] for row in found)
    items = everything(database, views["bi_journal_entry_items"])
    assert {
        (item["currency"], item["type"], str(item["amount"]), str(item["debit"]), str(item["credit"])) for item in items
    } == {
        ("GBP", "Debit", "7.25", "7.25", "0.00"),
        ("GBP", "Credit", "7.25", "0.00", "7.25"),
        ("JPY", "Debit", "700", "700", "0"),
        ("JPY", "Credit", "700", "0", "700"),
    }
    assert {(item["segment_country"], json.dumps(item["segments"])) for item in items} == {
        ("UK", '{"country": "UK"}'),
        (None, '{"country": null}'),
    }
    transactions = {row["id"]: row for row in everything(database, views["bi_transactions"])}
    assert {name: row["journaled"] for name, row in transactions.items()} == {
        "a": "Journaled",
        "b": "Journaled",
        "c": "Journaled",
        "d": "Not journaled",
        "z1": "Nets to zero",
        "z2": "Nets to zero",
    }
    assert transactions["b"]["amount"] == Decimal("-3.25")
    assert transactions["z1"]["journal_run_number"] == run.number
    cancelled = cancel_now(database, run.number)
    assert cancelled.status.value == "Cancelled"
    (seen,) = everything(database, views["bi_journal_runs"])
    assert (seen["status"], seen["live_journal_entry_count"], seen["cancelled_journal_entry_count"]) == (
        "Cancelled",
        0,
        2,
    )


@pytest.mark.parametrize(
    ("comparison", "value", "found"),
    [
        (Comparison.AT_LEAST, "7.25", ["7.25", "7.25", "700", "700"]),
        (Comparison.GREATER, "7.2499999999", ["7.25", "7.25", "700", "700"]),
        (Comparison.GREATER, "7.25", ["700", "700"]),
        (Comparison.LESS, "7.2500001", ["7.25", "7.25"]),
        (Comparison.AT_MOST, "-0.1", []),
        (Comparison.EQUAL, "7.250", ["7.25", "7.25"]),
        (Comparison.EQUAL, "7.2500001", []),
        (Comparison.NOT_EQUAL, "7.25", ["700", "700"]),
        (Comparison.LESS, "1e40", ["7.25", "7.25", "700", "700"]),
        (Comparison.GREATER, "-1e40", ["7.25", "7.25", "700", "700"]),
        (Comparison.GREATER, "1e40", []),
    ],
)
def test_amounts_are_compared_exactly(database: Database, comparison: Comparison, value: str, found: list[str]) -> None:
    post(database, [line("a", amount="7.25"), line("c", amount="700", currency="JPY")])
    run_now(database)
    view = views_of(database)["bi_journal_entry_items"]
    question = Question(["amount"], Compare("amount", comparison, Decimal(value)), [Sort("amount")])
    assert [str(row.values[0]) for row in rows(database, view, question)] == found
