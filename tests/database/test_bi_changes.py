"""A reader who asks for what came after its last row has what the ledger has, after any changes."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, col, select, update

from resolvers.import_ledger import import_accounting_codes, import_accounting_periods, import_segments
from runs.cancel_entry import cancel_single_entry
from runs.create_rules import RunDraft
from runs.delete import delete_batch, start_deletion
from storage.bi.columns import batches
from storage.bi.definitions import without_views
from storage.bi.questions import Compare, Comparison, Question
from storage.bi.reading import as_of, rows, views_of
from storage.clock import LedgerClock, moment_of_change
from storage.database import Database, DatabaseBusy
from storage.journal_entries import JournalEntry, lock_entries_numbered
from storage.journal_runs import JournalRun, lock_run, lock_run_of_entry
from storage.words import JournalEntryStatus, JournalRunStatus, TransactionType, TransferStatus
from tests.support.direct_runs import cancel_now, run_now
from tests.support.ledger import line, post, refuse
from tests.support.odd_texts import NAMES

PAGE = 3
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Reader:
    """Has read the views before, and reads only what has changed since, in small pages."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], dict[str, Any]] = {}
        self._last: dict[str, datetime] = {}

    def refresh(self, database: Database) -> None:
        """Read what came after the last row of each view."""
        for view in views_of(database).values():
            since = Compare("updated_at", Comparison.GREATER, self._last.get(view.name, EPOCH))
            after = None
            while True:
                found = rows(database, view, Question(view.names, since, after=after, limit=PAGE))
                for row in found:
                    values = dict(zip(view.names, row.values, strict=True))
                    self.known[view.name, values["id"]] = values
                    self._last[view.name] = values["updated_at"]
                if len(found) < PAGE:
                    break
                after = found[-1].position


def ledger(database: Database) -> dict[tuple[str, str], dict[str, Any]]:
    """All rows of all views."""
    return {
        (view.name, row.values[0]): dict(zip(view.names, row.values, strict=True))
        for view in views_of(database).values()
        for row in rows(database, view, Question(view.names))
    }


class Changes:
    """Changes of a ledger, each by a number that chooses what is changed."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._count = 0

    def record(self, number: int) -> None:
        """Record a few transactions; some net to zero."""
        with self.database.read() as session:
            known = len(session.exec(select(JournalRun.id)).all()) * 1_000
        lines = []
        for _ in range(1 + number % 3):
            self._count += 1
            name = f"t{known}-{self._count}-{number}-{datetime.now(UTC).timestamp()}"
            amount = f"{number - 10}.25"
            lines.append(line(name, amount=amount, segment_country=f"C{number % 4}"))
        post(self.database, lines)

    def run(self, number: int) -> None:
        """Create a run."""
        first = date(2024, 12, 1)
        draft = RunDraft(
            transaction_types=[TransactionType.INVOICE_ITEM],
            journal_entry_date=date(2024, 12, 31),
            target_start_date=first,
            target_end_date=first + timedelta(days=number % 10),
        )
        run_now(self.database, draft=draft)

    def cancel(self, number: int) -> None:
        """Cancel a run."""
        run = self._one(number, (JournalRunStatus.COMPLETED, JournalRunStatus.ERROR))
        if run is not None:
            cancel_now(self.database, run.number, 2)

    def delete(self, number: int) -> None:
        """Delete a cancelled run."""
        run = self._one(number, (JournalRunStatus.CANCELLED,))
        if run is None:
            return
        with self.database.write() as session:
            locked = lock_run(session, run.id)
            assert locked is not None
            start_deletion(session, locked, "test")
        left = True
        while left:
            with self.database.write() as session:
                left = delete_batch(session, run.id, 2)

    def cancel_entry(self, number: int) -> None:
        """Cancel one entry."""
        with self.database.write() as session:
            name = self._entry(session, number)
            run = lock_run_of_entry(session, name)
            entry = lock_entries_numbered(session, [name]).get(name)
            if entry is not None and entry.transferred_to_accounting is TransferStatus.NO:
                cancel_single_entry(session, run, entry, "test")

    def transfer(self, number: int) -> None:
        """Set the transfer status of an entry, and its notes."""
        with self.database.write() as session:
            name = self._entry(session, number)
            entry = lock_entries_numbered(session, [name]).get(name)
            if entry is not None:
                entry.transferred_to_accounting = list(TransferStatus)[number % len(TransferStatus)]
                entry.notes = f"n{number}"
                session.add(entry)

    def import_codes(self, number: int) -> None:
        """Change the account of the general ledger of two codes."""
        codes = [{"name": name, "type": "OtherAssets", "gl_account_number": str(number)} for name in ("Cash", "Sales")]
        import_accounting_codes(self.database, enumerate(codes), refuse, actor="test")

    def import_period(self, number: int) -> None:
        """Add an accounting period, or change its status."""
        period = {"name": "Nov 2024", "start_date": "2024-11-01", "end_date": "2024-11-30"}
        status = "Closed" if number % 2 else "Open"
        import_accounting_periods(self.database, enumerate([period | {"status": status}]), refuse, actor="test")

    def _one(self, number: int, statuses: tuple[JournalRunStatus, ...]) -> JournalRun | None:
        with self.database.read() as session:
            runs = session.exec(select(JournalRun).where(col(JournalRun.status).in_(statuses))).all()
        return runs[number % len(runs)] if runs else None

    def _entry(self, session: Session, number: int) -> str:
        """The number of a live entry, or of none."""
        live = select(JournalEntry.number).where(JournalEntry.status == JournalEntryStatus.CREATED)
        numbers = session.exec(live.order_by(col(JournalEntry.id))).all()
        return numbers[number % len(numbers)] if numbers else ""


KINDS: list[Callable[[Changes, int], None]] = [
    Changes.record,
    Changes.record,
    Changes.run,
    Changes.run,
    Changes.cancel,
    Changes.delete,
    Changes.cancel_entry,
    Changes.transfer,
    Changes.import_codes,
    Changes.import_period,
]


@settings(max_examples=15)
@given(changes=st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 20)), max_size=25))
def test_on_a_database_a_reader_of_changes_has_what_the_ledger_has(
    database: Database, changes: list[tuple[Callable[[Changes, int], None], int]]
) -> None:
    reader, changing = Reader(), Changes(database)
    reader.refresh(database)
    for change, number in changes:
        before, moment = ledger(database), as_of(database)
        change(changing, number)
        now = ledger(database)
        for key, row in now.items():
            assert (row == before.get(key)) == (row["updated_at"] <= moment), (key, before.get(key), row)
        assert before.keys() <= now.keys()
        reader.refresh(database)
        assert reader.known == now


def test_a_new_segment_is_a_column_of_the_views_at_once(database: Database) -> None:
    post(database, [line("a")])
    run_now(database)
    segments = [{"segment": "Cost Centre"}, {"segment": "cost-centre"}]
    import_segments(database, enumerate(segments), refuse, actor="test")
    for name in ("bi_journal_entries", "bi_journal_entry_items", "bi_transactions"):
        assert views_of(database)[name].names[-4:] == [
            "segment_country",
            "segment_product",
            "segment_cost_centre",
            "segment_cost_centre_2",
        ]
        found = database.ask(f"SELECT segment_country, segment_cost_centre_2 FROM {name}", {})  # noqa: S608
        assert set(found) == {("UK", None)}


def test_any_name_of_a_segment_is_a_column(database: Database) -> None:
    names = [*NAMES, "x" * 99 + "y", "x" * 100, "é" * 100, "select", "%(p1)s", "{0}", "'", "''", "\\'", '"', "*/", "--"]
    import_segments(database, enumerate({"segment": name} for name in names), refuse, actor="test")
    post(database, [line(f"t{number}") | {f"segment.{name}": str(number)} for number, name in enumerate(names)])
    with database.writer.begin() as connection, without_views(connection):
        pass
    view = views_of(database)["bi_transactions"]
    columns = ["id", *view.names[-len(names) :]]
    wanted = [
        (f"t{number}", *(str(number) if number == place else None for place in range(len(names))))
        for number in range(len(names))
    ]
    assert sorted(row.values for row in rows(database, view, Question(columns))) == sorted(wanted)
    assert sorted(database.ask(f"SELECT {', '.join(columns)} FROM bi_transactions", {})) == sorted(wanted)  # noqa: S608
    found = [row for batch in batches(database, view, columns) for row in batch.to_pylist()]
    assert sorted(tuple(row.values()) for row in found) == sorted(wanted)


def test_who_changes_something_holds_the_clock_until_the_end(database: Database) -> None:
    with database.write() as session:
        moment = moment_of_change(session)
        with pytest.raises(DatabaseBusy), database.write(wait_seconds=0.2) as other:
            moment_of_change(other)
        assert moment_of_change(session) == moment
    with database.write() as session:
        assert moment_of_change(session) > moment


def test_a_moment_follows_the_last_one_even_if_the_machines_clock_is_behind(database: Database) -> None:
    ahead = datetime.now(UTC) + timedelta(days=1)
    with database.write() as session:
        session.execute(update(LedgerClock).values(moment=ahead))
    post(database, [line("a")])
    assert as_of(database) == ahead + timedelta(microseconds=1)


def test_a_savepoint_that_is_rolled_back_takes_its_moment_with_it(database: Database) -> None:
    with database.write() as session:
        nested = session.begin_nested()
        first = moment_of_change(session)
        nested.rollback()
        second = moment_of_change(session)
    assert second > first
    assert as_of(database) == second
