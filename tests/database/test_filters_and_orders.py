"""A random filter, and a random order, give what plain Python makes of all rows: on both databases, by both ways."""

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from storage.database import Database
from storage.documents.answer import Document, answer
from storage.documents.words import Cursor, Edges, Node, Paged, PageInfo, Part, Related, TotalCount, Value
from storage.journal_entry_item_lists import (
    ITEM_KEYS,
    ItemFilter,
    count_journal_entry_items,
    item_order,
    journal_entry_items,
)
from storage.journal_entry_lists import (
    ENTRY_KEYS,
    EntryFilter,
    SegmentFilter,
    count_journal_entries,
    entry_order,
    journal_entries,
)
from storage.journal_run_lists import RUN_KEYS, RunFilter, count_journal_runs, journal_runs, run_order
from storage.organizations import limit
from storage.pages import Order, Page, Window
from storage.transaction_lists import (
    TRANSACTION_KEYS,
    TransactionFilter,
    count_transactions,
    transaction_order,
    transactions,
)
from storage.words import (
    ItemType,
    JournalEntryStatus,
    JournalRunStatus,
    NotJournaledReason,
    TransactionType,
    TransferStatus,
)
from tests.conftest import Templates
from tests.support.filtered import Rows, rows_of
from tests.support.odd_ledger import fill_oddly
from tests.support.odd_rows import PERIODS, SEGMENTS, moment
from tests.support.odd_texts import NAMES, TEXTS
from tests.support.postgresql import PostgreSQL

LIMITED = frozenset({"é", 'a"b\\', *NAMES[1:12]})
CALLERS = (None, LIMITED)

Identity = tuple[Any, ...]


@dataclass(frozen=True)
class List:
    """A list: how it is named in documents, what identifies its rows, and how each way reads it."""

    name: str
    filter: type[Any]
    keys: Mapping[str, Any]
    order: Callable[[Sequence[tuple[str, bool]]], Order[Any]]
    page: Callable[[Session, Any, Order[Any], Window], Page[Any]]
    count: Callable[[Session, Any], int]
    rows: Callable[[Rows], Sequence[Any]]
    meets: Callable[[Rows, Any, Any], bool]
    identity: Callable[[Rows, Any], Identity]
    members: Sequence[Value | Related]
    sorted: Mapping[str, Callable[[Rows, Any], Any]]


LISTS = [
    List(
        "journal_runs", RunFilter, RUN_KEYS, run_order, journal_runs, count_journal_runs,
        lambda rows: list(rows.runs.values()), Rows.run_meets,
        lambda rows, run: (run.number,), [Value("number", "number")],
        {
            "number": lambda rows, run: run.id,
            "start": lambda rows, run: run.target_start_date,
            "entry date": lambda rows, run: run.journal_entry_date,
            "status": lambda rows, run: run.status.value,
            "created": lambda rows, run: run.created_at,
        },
    ),
    List(
        "journal_entries", EntryFilter, ENTRY_KEYS, entry_order, journal_entries, count_journal_entries,
        lambda rows: list(rows.entries.values()), Rows.entry_meets,
        lambda rows, entry: (entry.number,), [Value("number", "number")],
        {
            "number": lambda rows, entry: entry.id,
            "date": lambda rows, entry: entry.journal_entry_date,
            "total": Rows.amount_of,
            "status": lambda rows, entry: entry.status.value,
            "transfer status": lambda rows, entry: entry.transferred_to_accounting.value,
            "currency": lambda rows, entry: entry.currency,
            "organization": lambda rows, entry: entry.organization_label,
            "type": lambda rows, entry: entry.transaction_type and entry.transaction_type.value,
            "created": lambda rows, entry: entry.created_at,
            "updated": lambda rows, entry: entry.updated_at,
        },
    ),
    List(
        "journal_entry_items", ItemFilter, ITEM_KEYS, item_order, journal_entry_items, count_journal_entry_items,
        lambda rows: rows.items, Rows.item_meets,
        lambda rows, item: (rows.entries[item.journal_entry_id].number, item.position),
        [Related("entry", "journal_entry", [Value("number", "number")]), Value("position", "position")],
        {
            "entry": lambda rows, item: (item.journal_entry_id, item.position),
            "date": lambda rows, item: rows.entries[item.journal_entry_id].journal_entry_date,
            "code": lambda rows, item: rows.codes[item.accounting_code_id].name,
            "amount": Rows.amount_of,
        },
    ),
    List(
        "transactions", TransactionFilter, TRANSACTION_KEYS, transaction_order, transactions, count_transactions,
        lambda rows: rows.transactions, Rows.transaction_meets,
        lambda rows, posted: (posted.transaction.transaction_id,), [Value("id", "transaction_id")],
        {
            "recorded": lambda rows, posted: (posted.bucket.id, posted.id),
            "date": lambda rows, posted: posted.bucket.posting_date,
            "amount": Rows.amount_of,
        },
    ),
]  # fmt: skip


@dataclass(frozen=True)
class Ledgers:
    """The odd ledger in both databases, and its rows as each caller may see them."""

    databases: dict[str, Database]
    rows: dict[frozenset[str] | None, Rows]
    values: "Values"


@pytest.fixture(scope="module")
def ledgers(
    tmp_path_factory: pytest.TempPathFactory, templates: Templates, postgresql: PostgreSQL
) -> Iterator[Ledgers]:
    """The odd ledger, which no test changes."""
    path = tmp_path_factory.mktemp("filters") / "ledger.db"
    shutil.copyfile(templates.url(None, filled=False).removeprefix("sqlite:///"), path)
    url = postgresql.create_database(templates.url(postgresql, filled=False))
    databases = {"SQLite": Database(f"sqlite:///{path}"), "PostgreSQL": Database(url)}
    for database in databases.values():
        fill_oddly(database)
    with databases["SQLite"].read() as session:
        rows = {caller: rows_of(session, caller) for caller in CALLERS}
    yield Ledgers(databases, rows, Values(rows[None]))
    for database in databases.values():
        database.close()
    postgresql.drop_database(url)


class Values:
    """Random filters, most of whose values are in the ledger."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        numbers = [one.number for one in rows.runs.values()] + [one.number for one in rows.entries.values()]
        texts = sorted({*NAMES, *TEXTS, *numbers} - {""})
        self._choices: dict[str, st.SearchStrategy[Any]] = {
            "statuses": st.sampled_from([*JournalEntryStatus]),
            "transferred_to_accounting": st.sampled_from([*TransferStatus]),
            "transaction_types": st.sampled_from([*TransactionType][:12]),
            "currencies": st.sampled_from(["GBP", "JPY", "KWD", "CLF", "BEF", "USD", "XXX"]),
            "accounting_period_name": st.sampled_from([*(name for name, _, _ in PERIODS), "none"]),
            "numbers": st.sampled_from([*numbers, "JE-00000001"]),
            "journal_run_numbers": st.sampled_from([one.number for one in rows.runs.values()]),
            "journal_entry_numbers": st.sampled_from([one.number for one in rows.entries.values()]),
            "organization_labels": st.sampled_from([*NAMES, "é"]),
            "segments": st.builds(
                SegmentFilter, st.sampled_from(SEGMENTS), st.none() | st.lists(st.sampled_from(NAMES), max_size=8)
            ),
            "gl_account_numbers": st.sampled_from([f"{place:04}" for place in range(len(NAMES))]),
            "types": st.sampled_from([*ItemType]),
            "not_journaled_reasons": st.sampled_from([*NotJournaledReason]),
            "transaction_ids": st.sampled_from([one.transaction.transaction_id for one in rows.transactions]),
            "account_numbers": st.sampled_from(TEXTS),
            "document_numbers": st.sampled_from(TEXTS),
            "text": st.sampled_from(texts).flatmap(
                lambda text: st.sampled_from([text, text[1:3], text[:1].upper(), text[-2:].lower(), text[-4:]])
            ),
        }
        self._names = st.sampled_from(NAMES)
        self._dates = st.sampled_from(sorted({one.bucket.posting_date for one in rows.transactions})).flatmap(_near)
        self._moments = st.integers(-2, 60).map(moment)
        self._amounts = st.sampled_from(
            ["0", "0.005", "-0.005", "1", "-1.5", "2.345", "3", "0.0001", "92233720368547758.07",
             "92233720368547758.08", "-9223372036854775807", "9" * 60, "-" + "9" * 60, "3." + "0" * 60 + "1",
             "1" + "0" * 19]
        ).map(Decimal)  # fmt: skip

    def draw(self, data: st.DataObject, of: type[Any], depth: int = 3) -> Any:
        """A filter of that type with up to three conditions, and with others in it."""
        plain = [one.name for one in fields(of) if one.name not in ("all_of", "any_of", "none_of")]
        names = data.draw(st.lists(st.sampled_from(plain), max_size=3, unique=True))
        values = {name: self._value(data, of, name) for name in names}
        for name, most in {"all_of": 2, "any_of": 3, "none_of": 1}.items() if depth else ():
            if data.draw(st.integers(0, 3)) == 0:
                inner = [self.draw(data, of, depth - 1) for _ in range(data.draw(st.integers(0, most)))]
                values[name] = inner if most > 1 else inner[0] if inner else None
        return of(**values)

    def _value(self, data: st.DataObject, of: type[Any], name: str) -> Any:
        return self.draw(data, EntryFilter, 1) if name == "journal_entry" else data.draw(self._plain(of, name))

    def _plain(self, of: type[Any], name: str) -> st.SearchStrategy[Any]:
        if name.endswith(("_from", "_to")):
            if "amount" in name or "total" in name:
                return self._amounts
            return self._moments if "_at_" in name else self._dates
        if name in ("aggregate_currency", "is_journaled"):
            return st.booleans()
        if of is RunFilter and name == "statuses":
            return st.lists(st.sampled_from([*JournalRunStatus]), max_size=4)
        one = self._choices.get(name, self._names)
        return one if name in ("text", "accounting_period_name") else st.lists(one, max_size=6)


def _near(day: date) -> st.SearchStrategy[date]:
    near = [day + timedelta(days) for days in (-1, 0, 1) if date.min < day < date.max]
    return st.sampled_from(near or [day])


@settings(max_examples=40, suppress_health_check=[*HealthCheck])
@given(data=st.data())
@pytest.mark.parametrize("listed", LISTS, ids=lambda listed: listed.name)
def test_a_filter_gives_the_rows_that_meet_it(ledgers: Ledgers, listed: List, data: st.DataObject) -> None:
    filter = ledgers.values.draw(data, listed.filter)
    caller = data.draw(st.sampled_from(CALLERS))
    rows = ledgers.rows[caller]
    expected = {listed.identity(rows, row) for row in listed.rows(rows) if listed.meets(rows, row, filter)}
    order = listed.order([])

    for database in ledgers.databases.values():
        found, total = _planned(database, listed, filter, order, Window(1_000), caller)
        assert len(found) == total == len(expected)
        assert {one for one, _ in found} == expected
        with database.read() as session:
            if caller is not None:
                limit(session, caller)
            page = listed.page(session, filter, order, Window(1_000))
            assert listed.count(session, filter) == len(expected)
            assert [listed.identity(rows, row) for row in page.rows] == [one for one, _ in found]
            assert page.cursors == [cursor for _, cursor in found]


@settings(max_examples=20, suppress_health_check=[*HealthCheck])
@given(data=st.data())
@pytest.mark.parametrize("listed", LISTS, ids=lambda listed: listed.name)
def test_pages_in_any_order_are_the_sorted_list(ledgers: Ledgers, listed: List, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from([*listed.keys]), max_size=4, unique=True))
    keys = [(name, data.draw(st.booleans())) for name in names]
    filter = ledgers.values.draw(data, listed.filter, data.draw(st.integers(0, 1)))
    caller = data.draw(st.sampled_from(CALLERS))
    backwards = data.draw(st.booleans())
    size = data.draw(st.sampled_from([1, 7, 50, 400]))
    rows, order = ledgers.rows[caller], listed.order(keys)
    expected = _sorted(rows, listed, filter, keys)
    if backwards:
        expected.reverse()
    start = data.draw(st.integers(0, max(0, len(expected) - 1)))

    for database in ledgers.databases.values():
        whole, _ = _planned(database, listed, filter, order, Window(1_000, from_end=backwards), caller)
        if backwards:
            whole.reverse()
        assert [one for one, _ in whole] == expected
        if not expected:
            continue
        # Three pages in a row, from anywhere; the others would take long.
        cursor = whole[start][1]
        for place in range(start + 1, min(start + 1 + 3 * size, len(expected) + 1), size):
            window = Window(size, before=cursor, from_end=True) if backwards else Window(size, after=cursor)
            page, _ = _planned(database, listed, filter, order, window, caller)
            if backwards:
                page.reverse()
            assert page == whole[place : place + size]
            with database.read() as session:
                if caller is not None:
                    limit(session, caller)
                stock = listed.page(session, filter, order, window)
            cursors = stock.cursors[::-1] if backwards else stock.cursors
            assert cursors == [one for _, one in page]
            if page:
                cursor = page[-1][1]


def _sorted(rows: Rows, listed: List, filter: Any, keys: Sequence[tuple[str, bool]]) -> list[Identity]:
    """The identities of the rows that meet the filter, in that order; rows without a value are last."""
    found = [row for row in listed.rows(rows) if listed.meets(rows, row, filter)]
    unique = next(iter(listed.sorted))
    last = keys[-1][1] if keys else False
    for name, descending in reversed([*keys, (unique, last)]):
        value = listed.sorted[name]
        some = [row for row in found if value(rows, row) is not None]
        none = [row for row in found if value(rows, row) is None]
        found = sorted(some, key=lambda row: value(rows, row), reverse=descending) + none
    return [listed.identity(rows, row) for row in found]


def _planned(
    database: Database, listed: List, filter: Any, order: Order[Any], window: Window, caller: frozenset[str] | None
) -> tuple[list[tuple[Identity, str]], int]:
    """The identities and the cursors of a page, and the number of rows in the whole list, by one statement."""
    edges = Edges("edges", [Cursor("cursor"), Node("node", listed.members)])
    page_info = PageInfo("pageInfo", [Value("end", "end_cursor"), Value("start", "start_cursor")])
    parts: list[Part] = [edges, page_info, TotalCount("total")]
    bounds = order.bounds(window)
    root = Paged("page", listed.name, order, filter.conditions(), window, bounds, parts)
    found = orjson.loads(answer(database, Document([root], caller))["page"] or b"")
    rows = [(_identity(edge["node"]), edge["cursor"]) for edge in found["edges"]]
    ends = [rows[0][1], rows[-1][1]] if rows else [None, None]
    assert [found["pageInfo"]["start"], found["pageInfo"]["end"]] == ends
    return rows, found["total"]


def _identity(node: dict[str, Any]) -> Identity:
    return tuple(value["number"] if isinstance(value, dict) else value for value in node.values())
