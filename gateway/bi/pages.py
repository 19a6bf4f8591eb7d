"""Pages of a view, in the order of changes."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from starlette.datastructures import QueryParams

from gateway.bi.cursor import CURSOR, cursor_of, position_of
from gateway.bi.filters import selection, single
from gateway.bi.values import shown
from resolvers.bi import Reports
from resolvers.errors import RequestError
from storage.bi.catalogue import Column, View
from storage.bi.questions import Question
from storage.bi.reading import Row

LIMIT = "limit"
LIMIT_DEFAULT, LIMIT_MAX = 1_000, 10_000

STREAMED_ROWS = 5_000
"""The rows that are read at a time for an answer without a limit."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was asked of a view; `limit` is None if none was given."""

    view: View
    question: Question
    limit: int | None

    @property
    def columns(self) -> Sequence[Column]:
        """The columns of the answer."""
        return [self.view.column(name) for name in self.question.columns]


@dataclass(frozen=True, slots=True)
class Page:
    """Some rows, and the cursor of those that follow; None if none do now."""

    rows: Sequence[Row]
    next_cursor: str | None
    as_of: datetime
    """The moment of the ledger's last change before the rows were read."""


async def asked(reports: Reports, name: str, parameters: QueryParams) -> Wanted:
    """What the parameters ask of the view with this name. Raises RequestError."""
    view = await reports.view(name)
    chosen = selection(parameters, view, (LIMIT, CURSOR))
    question = Question(chosen.columns, chosen.where)
    cursor = single(parameters, CURSOR)
    if cursor:
        question = replace(question, after=position_of(view, question, cursor))
    limit = single(parameters, LIMIT)
    return Wanted(view, question, None if limit is None else _limit(limit))


async def page(reports: Reports, wanted: Wanted, size: int) -> Page:
    """The next rows, at most so many."""
    # Read first: rows that change meanwhile are later than this.
    as_of = await reports.as_of()
    found = await reports.rows(wanted.view, replace(wanted.question, limit=size + 1))
    rows = found[:size]
    more = len(found) > size
    return Page(rows, cursor_of(wanted.view, wanted.question, rows[-1].position) if more else None, as_of)


async def following(reports: Reports, wanted: Wanted, first: Page) -> AsyncIterator[Sequence[Row]]:
    """The rows of the first page, and of all that follow, a page at a time."""
    current = first
    while True:
        yield current.rows
        if current.next_cursor is None:
            return
        beyond = replace(wanted, question=replace(wanted.question, after=current.rows[-1].position))
        current = await page(reports, beyond, STREAMED_ROWS)


def _limit(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10 and 1 <= int(text) <= LIMIT_MAX):
        raise RequestError(f"{LIMIT}: {shown(text)} is not a number of rows; use 1 to {LIMIT_MAX:,}.")
    return int(text)
