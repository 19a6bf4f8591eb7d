"""A large file on SQLite is imported in short transactions: others write meanwhile, and it is taken whole or not."""

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, text

import gateway.feed.csv_records
from gateway.feed import Block, Malformed, open_feed
from gateway.importing import FILES, Kind
from resolvers.import_blocks import import_blocks
from resolvers.import_lines import Imported, ImportRefused, Line, OnlyChecked
from resolvers.transaction_lines import fields_of
from resolvers.transactions import Checker
from storage.conservation import broken_rules
from storage.database import Database
from storage.import_lock import import_lock
from storage.pages import Window
from storage.postings import OpenPosting, RecordedMeanwhile
from storage.settings import Ledger
from storage.transaction_lists import TRANSACTIONS, TransactionFilter, count_transactions, transactions
from storage.unfinished_postings import take_back_of_the_dead
from tests.support.client import Client
from tests.support.command import start
from tests.support.ledger import keep, line, post
from tests.support.processes import serving
from tests.support.recording import item, recorded

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

LINES = 400
TABLES = ("posting", "posting_bucket", "posting_key", "posting_part", "billing_transaction", "bucket_transaction")


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of some forty lines."""
    monkeypatch.setattr(gateway.feed.csv_records, "BLOCK_BYTES", 4_000)


def write_file(path: Path, ids: Iterator[str], **values: str) -> Path:
    """A file of transactions with these ids."""
    rows = [line(name, transaction_date=f"2024-12-{n % 28 + 1:02}", **values) for n, name in enumerate(ids)]
    path.write_text("\n".join([",".join(rows[0]), *(",".join(row.values()) for row in rows)]) + "\n")
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A file of LINES transactions: new-0, new-1, ..."""
    return write_file(tmp_path / "new.csv", (f"new-{n}" for n in range(LINES)), organization="New", amount="1.25")


class Lines:
    """A block whose lines are not kept for a list of rejects."""

    def __init__(self, block: Block) -> None:
        self.columns, self.rows, self.doubtful = block.columns, block.rows, block.doubtful
        self._block = block

    def read(self, places: Sequence[int]) -> list[Line | None]:
        """The lines in these places."""
        return [
            None if one is None else (one.line, one.message if isinstance(one, Malformed) else one.values)
            for one in self._block.records(places)
        ]


def take(
    database: Database,
    path: Path,
    between: Callable[[int], object] = lambda _: None,
    settle: Callable[[], None] = lambda: None,
) -> Imported:
    """Import the file; `between` is called before each block, with its number."""
    columns = FILES[Kind.TRANSACTIONS].columns
    rejected: list[tuple[int, Any]] = []

    def blocks(feed: Any) -> Iterator[Any]:
        for number, block in enumerate(feed.blocks()):
            between(number)
            yield Lines(block)

    def reject(number: int, violations: Any) -> None:
        rejected.append((number, violations))

    with open_feed(path, required=columns.required, optional=columns.optional, prefixes=columns.prefixes) as feed:
        return import_blocks(database, blocks(feed), reject, source="new.csv", actor="test", settle=settle)


def rows(database: Database) -> dict[str, list[Any]]:
    """All rows of the tables that an import writes."""
    with database.read() as session:
        return {name: list(session.execute(text(f"SELECT * FROM {name} ORDER BY 1, 2"))) for name in TABLES}  # noqa: S608


def seen(session: Session) -> tuple[int, int]:
    """The number of transactions that are counted, and of those that are listed."""
    listed = transactions(session, TransactionFilter(), TRANSACTIONS, Window(size=10_000))
    return count_transactions(session, TransactionFilter()), len(listed.rows)


def test_nobody_sees_a_file_before_it_is_whole(database: Database, file: Path) -> None:
    post(database, [line("old")])
    found = []

    def look(_: int) -> None:
        with database.read() as session:
            assert broken_rules(session) == []
            found.append((*seen(session), count(session, "billing_transaction")))

    done = take(database, file, look)
    assert done.recorded == LINES
    blocks = len(found)
    assert blocks > 5
    assert {(counted, listed) for counted, listed, _ in found} == {(1, 1)}
    written = [rows for *_, rows in found]
    assert written == sorted(set(written)), "each block is committed before the next is read"
    with database.read() as session:
        assert seen(session) == (LINES + 1, LINES + 1)
        assert count(session, "posting_part") == 0
        assert broken_rules(session) == []


def count(session: Session, table: str) -> int:
    return int(session.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())  # noqa: S608


def test_others_post_between_its_parts(database: Database, file: Path) -> None:
    take(database, file, lambda n: post(database, [line(f"other {n}", organization=f"Other {n % 3}")]))
    with database.read() as session:
        assert broken_rules(session) == []
        total = count(session, "billing_transaction")
        assert seen(session) == (total, total)
        assert total > LINES + 5


def test_what_others_record_meanwhile_is_a_duplicate_or_a_conflict(database: Database, file: Path) -> None:
    last = line(f"new-{LINES - 1}", transaction_date=f"2024-12-{(LINES - 1) % 28 + 1:02}", organization="New")
    same, other = last | {"amount": "1.25"}, last | {"transaction_id": f"new-{LINES - 2}", "amount": "7.00"}

    def record(number: int) -> None:
        if number == 1:
            post(database, [same, other])

    done = take(database, file, record)
    assert (done.recorded, done.duplicates, done.rejected) == (LINES - 2, 1, 1)


def test_another_cannot_record_what_a_part_has(database: Database, file: Path) -> None:
    def record(number: int) -> None:
        if number == 3:
            with pytest.raises(ImportRefused, match="another writer is holding the ledger"):
                post(database, [line("new-0")])

    assert take(database, file, record).recorded == LINES


@pytest.mark.parametrize("error", [KeyboardInterrupt, ImportRefused("no"), RecordedMeanwhile, OnlyChecked])
def test_a_refused_file_leaves_nothing(database: Database, file: Path, error: Any) -> None:
    post(database, [line("old", organization="Old")])
    before = rows(database)

    def fail() -> None:
        raise error

    if error is OnlyChecked:
        assert take(database, file, settle=fail).recorded == LINES
    else:
        with pytest.raises((KeyboardInterrupt, ImportRefused)):
            take(database, file, settle=fail)
    assert rows(database) == before

    def fail_between(number: int) -> None:
        if number == 4:
            raise error

    if error is not OnlyChecked:
        with pytest.raises((KeyboardInterrupt, ImportRefused)):
            take(database, file, fail_between)
        assert rows(database) == before
    assert take(database, file).recorded == LINES


def test_a_key_that_others_use_meanwhile_stays(database: Database, file: Path) -> None:
    def use_and_fail(number: int) -> None:
        if number == 4:
            post(database, [line("other", organization="New")])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take(database, file, use_and_fail)
    with database.read() as session:
        assert broken_rules(session) == []
        assert seen(session) == (1, 1)


def test_settings_that_change_meanwhile_refuse_the_file(database: Database, file: Path) -> None:
    before = rows(database)

    def change(number: int) -> None:
        if number == 2:
            keep(database, Ledger(home_currency="EUR"))

    with pytest.raises(ImportRefused, match=r"settings were changed meanwhile; nothing of new\.csv was recorded"):
        take(database, file, change)
    assert rows(database) == before


def test_one_such_import_at_a_time(database: Database, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.short_transactions.import_lock", partial(import_lock, wait_seconds=0.1))

    def import_too(number: int) -> None:
        if number == 2:
            with pytest.raises(ImportRefused, match="another writer is holding the ledger"):
                take(database, file)

    assert take(database, file, import_too).recorded == LINES


def kill_halfway(database: Database, folder: Path, path: Path) -> None:
    """Import the file in a process of its own, which is killed when it has written a part."""
    with start(folder, "import", "transactions", path, "--database", database.url.render_as_string()) as process:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with database.read() as session:
                if count(session, "posting_part"):
                    break
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait(30)
    with database.read() as session:
        assert count(session, "posting_part") >= 1, "it was killed halfway"


@pytest.fixture
def large_file(tmp_path: Path) -> Path:
    """A file of 200,000 transactions: new-0, new-1, ..."""
    return write_file(tmp_path / "large.csv", (f"new-{n}" for n in range(200_000)), organization="New")


def test_a_killed_import_leaves_nothing_that_is_seen(database: Database, tmp_path: Path, large_file: Path) -> None:
    post(database, [line("old")])
    for _ in range(2):
        kill_halfway(database, tmp_path, large_file)
        with database.read() as session:
            assert seen(session) == (1, 1)
            assert broken_rules(session) == []
    with ThreadPoolExecutor() as pool:
        taken_back = pool.submit(take_back_of_the_dead, database)
        while not taken_back.done():
            with database.write(wait_seconds=2):
                pass
            time.sleep(0.02)
        taken_back.result()
    with database.read() as session:
        assert [count(session, name) for name in TABLES] == [1, 1, 1, 0, 1, 1]
        assert broken_rules(session) == []


def test_a_gateway_takes_back_what_a_killed_import_has_left(
    database: Database, tmp_path: Path, large_file: Path
) -> None:
    kill_halfway(database, tmp_path, large_file)
    with serving(tmp_path, database) as (_, url), Client(url, database) as client:
        until = time.monotonic() + 60
        while time.monotonic() < until:
            with database.read() as session:
                if not count(session, "posting_part"):
                    break
            time.sleep(0.05)
        assert recorded(client, item("new-0")) == (1, 0)
    with database.read() as session:
        assert seen(session) == (1, 1)


def test_nobody_waits_for_the_whole_file(database: Database, tmp_path: Path) -> None:
    path = write_file(tmp_path / "large.csv", (f"new-{n}" for n in range(100_000)))
    url, posted = database.url.render_as_string(), 0
    with start(tmp_path, "import", "transactions", str(path), "--database", url) as process:
        while process.poll() is None:
            with database.write(wait_seconds=2) as session:
                posting = OpenPosting(session, "other", "test")
                checked = Checker(session).check(fields_of(line(f"other {posted}")))
                assert checked.transaction is not None
                posting.post([checked.transaction])
                posted += 1
            time.sleep(0.02)
        told, _ = process.communicate(timeout=60)
    assert "100,000 recorded" in told
    with database.read() as session:
        assert seen(session)[0] == 100_000 + posted
        assert broken_rules(session) == []
