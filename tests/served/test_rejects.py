"""Lists of rejected lines: they can be corrected and imported again, and no other file is ever overwritten."""

import csv
import io
import json
import os
import resource
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from gateway.feed import Record, open_feed
from gateway.feed.csv_records import PIPED_BYTES
from gateway.rejects import Rejects
from resolvers.import_transactions import TRANSACTIONS_PER_BATCH
from storage.database import Database
from storage.posting_buckets import PostingBucket
from storage.transactions import Transaction
from tests.support.command import COMMAND, PATIENCE_SECONDS, run_here, start
from tests.support.ledger import line

HEADER = "transaction_id,transaction_type,transaction_date,amount,currency,debit_account,credit_account,segment.country"
OURS = f"line,reason,{HEADER}\r\n2,amount: wrong,old,Invoice Item,2024-12-05,x,GBP,Cash,Sales,UK\r\n"


def text(*lines: Mapping[str, str]) -> str:
    """The CSV text of these lines, after the header."""
    file = io.StringIO()
    writer = csv.DictWriter(file, HEADER.split(","), restval="")
    writer.writeheader()
    writer.writerows(lines)
    return file.getvalue()


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def ids(database: Database) -> list[str]:
    """The recorded transactions: those that have a bucket."""
    with database.read() as session:
        statement = select(Transaction.transaction_id).join(
            PostingBucket, col(PostingBucket.id) == Transaction.posting_bucket_id
        )
        return sorted(session.exec(statement))


def take(folder: Path, database: Database, *arguments: str | Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    url = database.url.render_as_string(hide_password=False)
    return run_here(folder, "import", "transactions", *arguments, "--database", url, text=stdin)


def contents(folder: Path) -> dict[str, bytes]:
    """Every file in the folder except the database's, by name."""
    return {
        path.name: path.read_bytes()
        for path in folder.iterdir()
        if path.is_file() and not path.name.startswith("ledger.db")
    }


# Using a list


def test_corrected_rejects_are_imported_unchanged(database: Database, tmp_path: Path) -> None:
    lines = [line("a"), line("b", amount="1,5"), line("c"), line("d", debit_account="Till", segment_country='=1+"1"')]
    (tmp_path / "feed.csv").write_text(text(*lines))

    assert take(tmp_path, database, "feed.csv").returncode == 2
    path = tmp_path / "feed.csv.rejects.csv"
    found = rows(path)
    assert list(found[0]) == ["line", "reason", *HEADER.split(",")]
    assert [row["line"] for row in found] == ["3", "5"]
    assert found[0]["reason"].startswith("amount: '1,5' is")
    assert [{name: row[name] for name in lines[0]} for row in found] == [lines[1], lines[3]]

    path.write_text(path.read_text().replace('"1,5"', "1.5").replace(",Till,", ",Cash,"))
    done = take(tmp_path, database, path.name)

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("feed.csv.rejects.csv: 2 recorded, 0 duplicates, 0 rejected\n")
    assert ids(database) == ["a", "b", "c", "d"]


def test_uncorrected_rejects_are_rejected_again_with_the_same_cells(database: Database, tmp_path: Path) -> None:
    odd = '1,2,3\n"a ""quoted"", one",Invoice Item\nx,Invoice Item,2024-12-05,"1\n2",GBP,Cash,Sales,=cmd()\n,,,,,,,@\n'
    (tmp_path / "feed.csv").write_text(f"{HEADER}\n{odd}")

    assert take(tmp_path, database, "feed.csv").returncode == 2
    assert take(tmp_path, database, "feed.csv.rejects.csv", "--rejects", "again.csv").returncode == 2

    first, again = rows(tmp_path / "feed.csv.rejects.csv"), rows(tmp_path / "again.csv")
    assert [row["line"] for row in first] == ["2", "3", "4", "6"]
    # The expected number of cells includes the two of the list.
    assert [row.pop("reason") for row in first][2:] == [row.pop("reason") for row in again][2:]
    assert first == again
    assert first[0]["transaction_date"] == "3"
    assert first[1]["transaction_id"] == 'a "quoted", one'
    assert (first[2]["amount"], first[2]["segment.country"]) == ("1\n2", "=cmd()")


cells = st.lists(
    st.text(st.characters(codec="utf-8", exclude_characters="\0\ufeff"), max_size=6), min_size=1, max_size=4
)


@settings(max_examples=100)
@given(table=st.lists(cells, min_size=1, max_size=5))
def test_whatever_a_cell_holds_it_comes_back_from_the_list(tmp_path: Path, table: list[list[str]]) -> None:
    columns = ("id", "amount", "note", "place")
    path = tmp_path / "rejects.csv"
    table = [row + [""] * (len(columns) - len(row)) for row in table]
    with Rejects(path, columns, columns) as rejects:
        for number, row in enumerate(table, start=2):
            rejects.hold(number, row)
            rejects.add(number, "amount: wrong")
        rejects.sync()
        assert rejects.keep() in (None, f"removed {path}, the list of rejected lines of an earlier import")

    with open_feed(path, required=columns, optional=()) as feed:
        back = [record.values for record in feed if isinstance(record, Record)]
    stripped = [{name: cell.strip() for name, cell in zip(columns, row, strict=True)} for row in table]
    assert back == [{name: cell for name, cell in row.items() if cell} for row in stripped]


def test_rejects_are_in_the_order_of_the_file_whatever_is_wrong(database: Database, tmp_path: Path) -> None:
    conflict, faulty = line("a", amount="10.01"), line("b", amount="x")
    lines = text(line("a"), conflict, faulty) + "malformed\r\n" + text(conflict, faulty).partition("\n")[2]
    (tmp_path / "feed.csv").write_text(lines)

    assert take(tmp_path, database, "feed.csv").returncode == 2

    assert [int(row["line"]) for row in rows(tmp_path / "feed.csv.rejects.csv")] == [3, 4, 5, 6, 7]


def test_rejects_of_more_than_a_batch_keep_their_cells(database: Database, tmp_path: Path) -> None:
    good = [line(f"good-{number}") for number in range(TRANSACTIONS_PER_BATCH)]
    bad = [line(f"bad-{number}", currency="x") for number in range(TRANSACTIONS_PER_BATCH + 2)]
    (tmp_path / "feed.csv").write_text(text(*bad[:2], *good, *bad[2:]))

    assert take(tmp_path, database, "feed.csv").returncode == 2

    found = rows(tmp_path / "feed.csv.rejects.csv")
    assert [row["transaction_id"] for row in found] == [values["transaction_id"] for values in bad]
    assert [int(row["line"]) for row in found] == [
        2,
        3,
        *range(TRANSACTIONS_PER_BATCH + 4, 2 * TRANSACTIONS_PER_BATCH + 4),
    ]


def test_rejects_of_ndjson_and_parquet_are_csv_of_the_same_columns(database: Database, tmp_path: Path) -> None:
    values = [
        line("a", amount="x"),
        line("b", amount="y", segment_product="z", document_number="=1"),
        line("c", segment_country="") | {"amount": {"v": [1]}},
        line("d") | {"nul": "\0", "\ud800": "1"},
    ]
    (tmp_path / "feed.ndjson").write_text("".join(json.dumps(value) + "\n" for value in values))
    pq.write_table(pa.Table.from_pylist(values[:2]), tmp_path / "feed.parquet")

    assert take(tmp_path, database, "feed.ndjson", "feed.parquet").returncode == 2

    found = rows(tmp_path / "feed.ndjson.rejects.csv")
    assert [row["line"] for row in found] == ["1", "2", "3", "4"]
    for row, value in zip(found[:2], values[:2], strict=True):
        assert {name: cell for name, cell in row.items() if cell and name not in ("line", "reason")} == value
    assert (found[0]["segment.product"], found[1]["segment.product"]) == ("", "z")
    assert found[2]["amount"] == '{"v": ["1"]}'
    assert (found[3]["nul"], found[3]["\\ud800"]) == ("\\0", "1")
    (row, _) = rows(tmp_path / "feed.parquet.rejects.csv")
    assert (row["line"], row["transaction_id"], row["amount"]) == ("1", "a", "x")

    mended = [name for name in found[0] if name not in ("nul", "\\ud800")]
    with (tmp_path / "mended.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, mended, extrasaction="ignore")
        writer.writeheader()
        writer.writerows(row | {"amount": "1.00"} for row in found)
    assert take(tmp_path, database, "mended.csv").returncode == 0
    assert ids(database) == ["a", "b", "c", "d"]


def test_reasons_hold_no_escape_sequences(database: Database, tmp_path: Path) -> None:
    (tmp_path / "feed.ndjson").write_text(json.dumps(line("a") | {"\x1b[31m": "x"}) + "\n")

    assert take(tmp_path, database, "feed.ndjson").returncode == 2

    (row,) = rows(tmp_path / "feed.ndjson.rejects.csv")
    assert row["reason"] == "unknown column \\x1b[31m"


# Existing files at the path

NOT_OURS = {
    "an empty file": b"",
    "a text": b"Dear diary\n",
    "a file of the feed": f"{HEADER}\r\n".encode(),
    "other columns": b"line,reason,comment\r\n3,late,x\r\n",
    "a list that was saved by a spreadsheet": b"\xef\xbb\xbf" + OURS.encode(),
    "a list with other line ends": OURS.replace("\r\n", "\n").encode(),
}


@pytest.mark.parametrize("name", NOT_OURS)
@pytest.mark.parametrize("option", [("--rejects", "feed.csv.rejects.csv"), ()], ids=["given", "by default"])
def test_a_file_that_is_not_a_list_of_rejects_is_never_overwritten(
    name: str, option: Sequence[str], tmp_path: Path
) -> None:
    (tmp_path / "feed.csv").write_text(text(line("a", amount="x")))
    (tmp_path / "feed.csv.rejects.csv").write_bytes(NOT_OURS[name])
    before = contents(tmp_path)

    done = run_here(tmp_path, "import", "transactions", "feed.csv", *option, "--database", "sqlite:///ledger.db")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "error: the list of rejected lines cannot be written to feed.csv.rejects.csv: the existing file is not a list"
        " of rejected lines from this command; choose another path with --rejects, or remove it\n"
    )
    assert contents(tmp_path) == before
    assert not (tmp_path / "ledger.db").exists()


def test_the_list_is_never_one_of_the_inputs(tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text(OURS)
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.csv").symlink_to("feed.csv")
    (tmp_path / "hard.csv").hardlink_to(tmp_path / "feed.csv")
    before = contents(tmp_path)

    for path in ("feed.csv", "folder/../feed.csv", str(tmp_path / "feed.csv"), "link.csv", "hard.csv"):
        done = run_here(
            tmp_path, "import", "transactions", "feed.csv", "--rejects", path, "--database", "sqlite:///ledger.db"
        )
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == (
            f"error: the list of rejected lines cannot be written to {path}: it is feed.csv, one of the files to"
            " import; choose another path with --rejects\n"
        )
    (tmp_path / "feed.csv.rejects.csv").write_text(OURS)
    both = run_here(
        tmp_path, "import", "transactions", "feed.csv", "feed.csv.rejects.csv", "--database", "sqlite:///ledger.db"
    )
    assert (both.returncode, both.stdout) == (1, "")
    assert "feed.csv.rejects.csv: it is feed.csv.rejects.csv, one of the files to import" in both.stderr
    assert contents(tmp_path) == before | {"feed.csv.rejects.csv": OURS.encode()}
    assert not (tmp_path / "ledger.db").exists()


def test_the_list_is_never_the_file_that_standard_input_reads(tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text(OURS)

    with (tmp_path / "feed.csv").open() as file:
        done = subprocess.run(
            [COMMAND, "import", "transactions", "-", "--rejects", "feed.csv", "--database", "sqlite:///ledger.db"],
            cwd=tmp_path, stdin=file, capture_output=True, text=True, check=False,
        )  # fmt: skip

    assert (done.returncode, done.stdout) == (1, "")
    assert "feed.csv: it is standard input, one of the files to import" in done.stderr
    assert contents(tmp_path) == {"feed.csv": OURS.encode()}


@pytest.mark.parametrize("ending", ["", "-wal", "-shm", "-journal"])
@pytest.mark.parametrize("made", [True, False], ids=["made", "to be made"])
def test_the_list_is_never_a_file_of_the_ledger(ending: str, made: bool, tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text(text(line("a", amount="x")))
    if made:
        (tmp_path / f"books.db{ending}").write_text(OURS)
        (tmp_path / "link").symlink_to(f"books.db{ending}")
    before = contents(tmp_path)

    for path in (f"books.db{ending}", f"{tmp_path}/books.db{ending}", *(["link"] if made else [])):
        done = run_here(
            tmp_path, "import", "transactions", "feed.csv", "--rejects", path, "--database", "sqlite:///books.db"
        )
        assert (done.returncode, done.stdout) == (1, "")
        assert f"{path}: it is a file of the ledger's database; choose another path with --rejects" in done.stderr
    assert contents(tmp_path) == before


def test_the_list_is_never_a_file_that_sqlite_puts_beside_the_ledger_which_a_link_leads_to(tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text(text(line("a", amount="x")))
    (tmp_path / "real").mkdir()
    (tmp_path / "link.db").symlink_to("real/books.db")
    options = ("import", "accounting-codes", "codes.csv", "--database", "sqlite:///link.db")
    (tmp_path / "codes.csv").write_text("name,type\nCash,Cash\n")
    assert run_here(tmp_path, *options).returncode == 0
    assert [path.name for path in (tmp_path / "real").iterdir()] == ["books.db"]

    # It stands there only while the ledger is open, so it cannot be looked at before.
    done = run_here(tmp_path, *options, "--rejects", "real/books.db-wal")

    assert (done.returncode, done.stdout) == (1, "")
    assert "real/books.db-wal: it is a file of the ledger's database" in done.stderr


def test_a_file_that_comes_before_a_clean_import_is_not_removed(database: Database, tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text(text(line("good")))
    original = Rejects.__init__

    def come(rejects: Rejects, path: Path, *arguments: Any) -> None:
        (tmp_path / "feed.csv.rejects.csv").write_text("theirs")
        original(rejects, path, *arguments)

    with patch.object(Rejects, "__init__", come):
        done = take(tmp_path, database, "feed.csv")

    assert (done.returncode, "removed" in done.stdout) == (0, False)
    assert (tmp_path / "feed.csv.rejects.csv").read_text() == "theirs"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_an_import_that_is_killed_leaves_no_list_and_no_transaction(
    database: Database, tmp_path: Path, number: signal.Signals
) -> None:
    url = database.url.render_as_string(hide_password=False)
    process = start(tmp_path, "import", "transactions", "-", "--database", url)
    assert process.stdin is not None
    bad = text(*(line(f"bad {count}", amount="x") for count in range(6 * TRANSACTIONS_PER_BATCH)))
    # A pipe holds 64 KiB, so that more than the first block has been read once this is written.
    assert len(bad) > 1.5 * PIPED_BYTES
    process.stdin.write(text(line("good")) + bad.partition("\n")[2])
    process.stdin.flush()
    open_files = Path(f"/proc/{process.pid}/fd")
    assert any("(deleted)" in str(file.readlink()) for file in open_files.iterdir()), "it has begun no list"

    process.send_signal(number)

    process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == -number
    assert contents(tmp_path) == {}
    assert ids(database) == []


def test_where_no_file_can_be_without_a_name_the_list_is_the_same(database: Database, tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text(text(line("good"), line("bad", amount="x")))
    (tmp_path / "feed.ndjson").write_text('{"transaction_id":"b"}\n{"new":1}\n')
    assert take(tmp_path, database, "feed.csv", "feed.ndjson").returncode == 2
    expected = contents(tmp_path)

    with patch("os.O_TMPFILE", os.O_DIRECTORY):
        assert take(tmp_path, database, "feed.csv", "feed.ndjson").returncode == 2

    assert contents(tmp_path) == expected


def test_the_list_is_never_a_folder_or_a_device(tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text(text(line("a", amount="x")))
    os.mkfifo(tmp_path / "pipe")
    wrong = {
        ".": "it is a folder; name a file in it with --rejects",
        "/dev/full": "it is a device or a pipe; name a file with --rejects",
        "/dev/null": "it is a device or a pipe; name a file with --rejects",
        "pipe": "it is a device or a pipe; name a file with --rejects",
        "no/such.csv": f"there is no folder {tmp_path.resolve()}/no",
        "feed.csv/x": "Not a directory; choose another path with --rejects",
        "x" * 256: "File name too long; choose another path with --rejects",
    }
    for path, message in wrong.items():
        done = run_here(
            tmp_path, "import", "transactions", "feed.csv", "--rejects", path, "--database", "sqlite:///ledger.db"
        )
        assert (done.returncode, done.stdout) == (1, "")
        assert done.stderr == f"error: the list of rejected lines cannot be written to {path}: {message}\n"
    assert not (tmp_path / "ledger.db").exists()


def test_standard_input_can_be_given_once(tmp_path: Path) -> None:
    done = run_here(tmp_path, "import", "transactions", "-", "-", "--database", "sqlite:///ledger.db")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: standard input (-) is given more than once, but can be read only once\n"
    assert not (tmp_path / "ledger.db").exists()


# What an import leaves behind


def test_a_list_takes_the_place_of_an_earlier_one(database: Database, tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text(text(line("new", amount="x")))
    (tmp_path / "real.csv").write_text(OURS)
    (tmp_path / "link.csv").symlink_to("real.csv")

    assert take(tmp_path, database, "feed.csv", "--rejects", "link.csv").returncode == 2

    assert [row["transaction_id"] for row in rows(tmp_path / "real.csv")] == ["new"]
    assert (tmp_path / "link.csv").is_symlink()
    assert sorted(contents(tmp_path)) == ["feed.csv", "link.csv", "real.csv"]


def test_after_a_clean_import_the_list_of_an_earlier_one_is_gone(database: Database, tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text(text(line("a")))
    (tmp_path / "feed.csv.rejects.csv").write_text(OURS)

    done = take(tmp_path, database, "feed.csv")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("removed feed.csv.rejects.csv, the list of rejected lines of an earlier import\n")
    assert sorted(contents(tmp_path)) == ["feed.csv"]


def test_a_refused_import_leaves_the_list_of_an_earlier_one(database: Database, tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text(text(line("a", amount="x"), line("b")) + '"never closed')
    (tmp_path / "feed.csv.rejects.csv").write_text(OURS)
    before = contents(tmp_path)

    assert take(tmp_path, database, "feed.csv").returncode == 1

    assert contents(tmp_path) == before
    assert ids(database) == []


def test_files_of_one_name_have_a_list_each(database: Database, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "feed.csv").write_text(text(line(folder, amount="x")))
    (tmp_path / "feed.csv.2").write_text(text(line("three", amount="x")))

    done = take(tmp_path, database, "one/feed.csv", "two/feed.csv", "-", stdin=text(line("four", amount="x")))

    assert done.returncode == 2
    lists = {path.name: [row["transaction_id"] for row in rows(path)] for path in tmp_path.glob("*.rejects.csv")}
    assert lists == {
        "feed.csv.rejects.csv": ["one"],
        "feed.csv.2.rejects.csv": ["two"],
        "standard-input.rejects.csv": ["four"],
    }


def test_a_full_disk_refuses_the_file_in_one_line_and_leaves_nothing(database: Database, tmp_path: Path) -> None:
    """A file size limit simulates a full disk: the write fails when it reaches the disk."""
    if database.is_sqlite:
        pytest.skip("the limit would be met by the database's own file first")
    bad = [line(f"bad-{number}", amount="x" * 200) for number in range(100)]
    (tmp_path / "feed.csv").write_text(text(line("good"), *bad))
    before = contents(tmp_path)
    url = database.url.render_as_string(hide_password=False)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))

    done = subprocess.run(
        [COMMAND, "import", "transactions", "feed.csv", "--database", url],
        cwd=tmp_path, preexec_fn=limit, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "error: feed.csv.rejects.csv: rejected lines cannot be written here: File too large\n"
    assert contents(tmp_path) == before
    assert ids(database) == []


def test_a_failed_flush_of_rejects_refuses_the_import(database: Database, tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text(text(line("good"), line("bad", amount="x")))
    before = contents(tmp_path)

    with patch("gateway.rejects.os.fsync", side_effect=OSError(28, "No space left on device")):
        done = take(tmp_path, database, "feed.csv")

    assert (done.returncode, done.stdout) == (1, "")
    assert (
        done.stderr == "error: feed.csv.rejects.csv: rejected lines cannot be written here: No space left on device\n"
    )
    assert contents(tmp_path) == before
    assert ids(database) == []


def test_a_file_created_meanwhile_is_not_overwritten(database: Database, tmp_path: Path) -> None:
    (tmp_path / "feed.csv").write_text(text(line("good"), line("bad", amount="x")))
    sync = Rejects.sync

    def come(rejects: Rejects) -> None:
        sync(rejects)
        (tmp_path / "feed.csv.rejects.csv").write_text("theirs")

    with patch.object(Rejects, "sync", come):
        done = take(tmp_path, database, "feed.csv")

    assert done.returncode == 2
    assert ids(database) == ["good"]
    assert "the list of rejected lines could not be moved to feed.csv.rejects.csv (File exists)" in done.stdout
    assert (tmp_path / "feed.csv.rejects.csv").read_text() == "theirs"
    (other,) = [path for path in tmp_path.iterdir() if path.name.startswith(".rejects-")]
    assert f"The rejected lines and their reasons were written to {other}" in done.stdout
    assert [row["transaction_id"] for row in rows(other)] == ["bad"]
