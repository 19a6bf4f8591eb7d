"""Random filters, orders and pages of OData, over a ledger with everything that is odd."""

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from storage.bi.catalogue import Kind, View
from storage.bi.questions import Question
from storage.bi.reading import rows, views_of
from storage.database import Database
from tests.support.odata import OData
from tests.support.odata_filters import filters
from tests.support.odd_ledger import fill_oddly
from tests.support.processes import serving

PAGE = {"Prefer": "odata.maxpagesize=10000"}

PASSING = "status in ('Pending','Processing','CancelInprogress','DeleteInprogress')"

Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class Odd:
    """The odd ledger, served, and all rows of its views, in the order of their places."""

    service: OData
    views: dict[str, View]
    rows: dict[str, Rows]


@pytest.fixture
def odd(empty_database: Database, tmp_path: Path) -> Iterator[Odd]:
    """Served by a process of its own: what runs in this one draws random numbers too, which Hypothesis refuses."""
    fill_oddly(empty_database)
    views = dict(views_of(empty_database))
    with ExitStack() as stack:
        _, url = stack.enter_context(serving(tmp_path, empty_database))
        service = stack.enter_context(OData(url))
        while service.read("journal_runs", filter=PASSING, select="id")["value"]:
            time.sleep(0.05)
        yield Odd(service, views, {name: _everything(empty_database, view) for name, view in views.items()})


def test_random_filters_orders_and_pages(odd: Odd) -> None:
    _check_filters(odd)
    _check_pages(odd)


def _check_filters(odd: Odd) -> None:
    """A filter finds the rows for which it is true, in the order of their places."""

    @settings(max_examples=40)
    @given(st.sampled_from(list(odd.views.values())), st.data())
    def check(view: View, data: st.DataObject) -> None:
        wanted = data.draw(filters(view, odd.rows[view.name]))
        told = wanted.names & {"deleted", "updated_at"}
        expected = [
            row["id"] for row in odd.rows[view.name] if wanted.truth(row) is True and (told or not row["deleted"])
        ]
        page = odd.service.read(view.short_name, PAGE, filter=wanted.text, select="id", count="true")
        assert [row["id"] for row in page["value"]] == expected
        assert page["@odata.count"] == len(expected)
        assert int(odd.service.get(f"{view.short_name}/$count", filter=wanted.text).text) == len(expected)

    check()


def _check_pages(odd: Odd) -> None:
    """The pages have each row once, and in the order that was asked for."""

    @settings(max_examples=40)
    @given(
        st.sampled_from(list(odd.views.values())),
        st.data(),
        st.integers(1, 40),
        st.none() | st.integers(0, 90),
        st.none() | st.integers(0, 60),
    )
    def check(view: View, data: st.DataObject, size: int, top: int | None, skip: int | None) -> None:
        sortable = [column.name for column in view.columns if column.kind is not Kind.JSON]
        names = data.draw(st.lists(st.sampled_from(sortable), max_size=4, unique=True))
        descending = [data.draw(st.booleans()) for _ in names]
        existing = [row for row in odd.rows[view.name] if not row["deleted"]]
        expected = _ordered(existing, names, descending)[skip or 0 :]
        by = ",".join(name + (" desc" if down else "") for name, down in zip(names, descending, strict=True))
        found = odd.service.rows(view.short_name, size, orderby=by or None, top=top, skip=skip, select="id")
        assert [row["id"] for row in found] == [row["id"] for row in expected[:top]]

    check()


def _everything(database: Database, view: View) -> Rows:
    found = rows(database, view, Question(view.names, by_change=False))
    return [dict(zip(view.names, row.values, strict=True)) for row in found]


def _ordered(found: Rows, names: Sequence[str], descending: Sequence[bool]) -> Rows:
    """The rows by these columns; null is less than any value, and rows that are equal stay as they are."""
    for name, down in reversed(list(zip(names, descending, strict=True))):
        nulls = [row for row in found if row[name] is None]
        others = sorted((row for row in found if row[name] is not None), key=itemgetter(name), reverse=down)
        # Python keeps the order of equal rows in both directions.
        found = others + nulls if down else nulls + others
    return found
