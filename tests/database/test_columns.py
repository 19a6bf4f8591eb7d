"""Long answers in columns: the values of every kind, one moment, and statements that are stopped."""

import asyncio
import json
import time
from contextlib import closing
from datetime import UTC, date, datetime
from decimal import Context, Decimal

import pyarrow as pa  # type: ignore[import-untyped]
import pytest

from gateway.exports.amounts import texts
from gateway.exports.threads import Threads
from storage.bi import fetching
from storage.bi.catalogue import Kind
from storage.bi.columns import batches, schema_of
from storage.bi.fetching import UnfitName, fetched
from storage.bi.questions import And, Compare, Comparison, Question
from storage.bi.reading import rows, views_of
from storage.bi.scope import Scope
from storage.bi.statements import AllRows
from storage.database import Database
from storage.deadline import DeadlineExceeded, deadline
from tests.support.direct_runs import run_now
from tests.support.ledger import line, post

ODD = ['a "quoted", text\nof two lines', "", "tab\tand\rreturn", "\x1f\x1e", "\\.", "é日\U0001f600", "'"]


def odd_ledger(database: Database) -> None:
    """A run, and transactions with odd texts and three currencies."""
    post(
        database,
        [
            line(f"t{number}", document_number=text.strip() or "none", account_number="=1+1")
            for number, text in enumerate(["a,b", '"', "é日", "'", "plain"])
        ]
        + [line("yen", currency="JPY", amount="-700"), line("dinar", currency="KWD", amount="1.234")]
        + [line("large", amount="92233720368547758.07", transaction_date="2025-01-05")],
    )
    run_now(database)


def amount_of(minor: int | None, digits: int | None) -> Decimal | None:
    return None if minor is None else Decimal(minor).scaleb(-(digits or 0), Context(prec=40))


@pytest.mark.parametrize("size", [1, 3, 16_384])
def test_columns_have_what_rows_have(database: Database, size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "ROWS_PER_BATCH", size)
    odd_ledger(database)
    for view in views_of(database).values():
        found = list(batches(database, view, view.names))
        schema = schema_of(view.columns)
        assert all(batch.schema == schema and len(batch) <= size for batch in found)
        got = pa.Table.from_batches(found, schema).to_pylist()
        wanted = [dict(zip(view.names, row.values, strict=True)) for row in rows(database, view, Question(view.names))]
        for column in view.columns:
            for row in got:
                value = row[column.name]
                if column.kind is Kind.AMOUNT:
                    minor = value["minor"]
                    row[column.name] = (
                        None if minor is None else Decimal(minor).scaleb(-value["digits"], Context(prec=40))
                    )
                if column.kind is Kind.JSON and value is not None:
                    row[column.name] = json.loads(value)
        for row in wanted:
            row.update({name: value.astimezone(UTC) for name, value in row.items() if isinstance(value, datetime)})
        by_id = {row["id"]: row for row in got}
        assert len(by_id) == len(got) == len(wanted) > 0
        assert by_id == {row["id"]: row for row in wanted}


def test_amounts_have_the_digits_of_their_currency(database: Database) -> None:
    odd_ledger(database)
    view = views_of(database)["bi_transactions"]
    (batch,) = batches(database, view, ["id", "amount"])
    amounts = dict(zip(batch["id"].to_pylist(), texts(batch["amount"]).to_pylist(), strict=True))
    assert (amounts["t0"], amounts["yen"], amounts["dinar"]) == ("10.00", "-700", "1.234")
    assert amounts["large"] == "92233720368547758.07"


def test_conditions_and_scopes_hold(database: Database) -> None:
    post(database, [line("n", organization="North"), line("s", organization="South"), line("j", currency="JPY")])
    run_now(database)
    view = views_of(database)["bi_transactions"]
    condition = And([Compare("currency", Comparison.EQUAL, "GBP"), Compare("amount", Comparison.LESS, Decimal("10.5"))])
    (batch,) = batches(database, view, ["id"], condition)
    assert sorted(batch["id"].to_pylist()) == ["n", "s"]
    scope = Scope(frozenset({"North"}), frozenset({"journal_run_number"}))
    (batch,) = batches(database, view, ["id", "journal_run_number"], scope=scope)
    assert batch.to_pylist() == [{"id": "n", "journal_run_number": None}]


def test_nothing_gives_no_batches(database: Database) -> None:
    view = views_of(database)["bi_journal_entry_items"]
    assert list(batches(database, view, view.names)) == []


def asked(text: str, columns: dict[str, Kind], parameters: dict[str, object] | None = None) -> AllRows:
    return AllRows([text], parameters or {}, columns, {}, {})


def test_odd_texts_come_back(database: Database) -> None:
    marks = [(":p{}" if database.is_sqlite else "%(p{})s").format(number) for number in range(len(ODD))]
    parameters: dict[str, object] = {f"p{number}": text for number, text in enumerate(ODD)}
    text = " UNION ALL ".join(["SELECT NULL AS notes", *(f"SELECT {mark}" for mark in marks)])
    found = fetched(database, asked(text, {"notes": Kind.TEXT}, parameters))
    assert [text for batch in found for text in batch["notes"].to_pylist()] == [None, *ODD]
    # Names have no separators of cells, but an earlier release may have taken one with an end of line.
    names = [text for text in ODD if "\x1f" not in text]
    text = " UNION ALL ".join(
        f"SELECT {mark} AS name, CAST(NULL AS date) AS day, 7 AS number, {mark} AS last"
        for mark, text in zip(marks, ODD, strict=True)
        if text in names
    )
    kinds = {"name": Kind.TEXT, "day": Kind.DATE, "number": Kind.INTEGER, "last": Kind.TEXT}
    found = fetched(database, asked(text, kinds, parameters))
    assert [row for batch in found for row in batch.to_pylist()] == [
        {"name": name, "day": None, "number": 7, "last": name} for name in names
    ]


def test_a_separator_in_a_name_is_refused_on_sqlite(database: Database) -> None:
    text = f"SELECT 'a{chr(31)}b' AS name, 'c' AS last"
    found = fetched(database, asked(text, {"name": Kind.TEXT, "last": Kind.TEXT}))
    if database.is_sqlite:
        with pytest.raises(UnfitName):
            list(found)
    else:
        assert [row for batch in found for row in batch.to_pylist()] == [{"name": "a\x1fb", "last": "c"}]


MANY = {
    True: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS number FROM n",
    False: "SELECT generate_series(1, 1000000000) AS number",
}


def test_what_is_left_before_the_end_holds_nothing(database: Database) -> None:
    with closing(fetched(database, asked(MANY[database.is_sqlite], {"number": Kind.INTEGER}))) as found:
        assert next(found)["number"][:3].to_pylist() == [1, 2, 3]
        assert connections(database) == 1
    assert connections(database) == 0


def test_nothing_is_held_once_the_last_row_is_read(database: Database) -> None:
    """Who takes a stream slowly would keep a transaction idle, which PostgreSQL ends, and the stream with it."""
    odd_ledger(database)
    view = views_of(database)["bi_transactions"]
    with closing(batches(database, view, view.names)) as found:
        assert len(next(found)) > 0
        ends = time.monotonic() + 10
        while connections(database) > 0:
            assert time.monotonic() < ends
            time.sleep(0.01)


ENDLESS = {
    True: "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) AS number FROM n",
    False: "SELECT 1 AS number FROM pg_sleep(60)",
}


def test_a_statement_that_takes_too_long_ends(database: Database) -> None:
    with deadline(0.1), pytest.raises(DeadlineExceeded):
        list(fetched(database, asked(ENDLESS[database.is_sqlite], {"number": Kind.INTEGER})))
    assert connections(database) == 0


def test_a_statement_for_which_nobody_waits_ends(database: Database) -> None:
    endless = asked(ENDLESS[database.is_sqlite], {"number": Kind.INTEGER})

    async def work() -> None:
        threads = Threads(1)

        async def read() -> None:
            with deadline(600):
                async for _ in threads.each(fetched(database, endless)):
                    pass

        reading = asyncio.create_task(read())
        await asyncio.sleep(0.2)
        assert connections(database) == 1
        reading.cancel()
        began = time.monotonic()
        await asyncio.wait([reading])
        assert reading.cancelled()
        assert time.monotonic() - began < 10
        threads.close()

    asyncio.run(work())
    assert connections(database) == 0
    # The connection that was stopped can be used.
    assert date(2024, 12, 1) in {
        row.values[0] for row in rows(database, views_of(database)["bi_accounting_periods"], Question(["start_date"]))
    }


def connections(database: Database) -> int:
    """The connections that readers have taken."""
    pool = database.reader.pool
    found: int = pool.checkedout()  # type: ignore[attr-defined]
    return found
