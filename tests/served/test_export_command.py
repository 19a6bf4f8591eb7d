"""`journal-gateway export`: a view as a file, whole or not at all, on both databases."""

import csv
import json
import stat
import subprocess
from pathlib import Path

import pytest
from pyarrow import parquet  # type: ignore[import-untyped]

from gateway import exporting
from storage.bi.questions import Question
from storage.bi.reading import rows, views_of
from storage.database import Database
from tests.support.command import run, run_here, start
from tests.support.direct_runs import run_now
from tests.support.ledger import line, post

WRONG_CALL = 64


@pytest.fixture
def ledger_url(database: Database, database_url: str) -> str:
    """The URL of a ledger with a run."""
    post(database, [line("t1", amount="10.50"), line("t2", amount="700", currency="JPY", document_number="=1+1")])
    run_now(database)
    return database_url


def export(folder: Path, url: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return run_here(folder, "export", *arguments, "--database", url)


def test_a_view_is_written_with_all_its_rows(ledger_url: str, database: Database, tmp_path: Path) -> None:
    for view in views_of(database).values():
        count = len(rows(database, view, Question(["id"])))
        for format in ("csv", "ndjson", "parquet", "arrow"):
            done = export(tmp_path, ledger_url, view.short_name, "--format", format)
            path = tmp_path / f"{view.short_name}.{format}"
            told = f"{path.name}: {count:,} {'row' if count == 1 else 'rows'}, {path.stat().st_size:,} bytes\n"
            assert (done.returncode, done.stdout, done.stderr) == (0, told, "")
    with (tmp_path / "transactions.csv").open(newline="") as file:
        found = {row["id"]: row for row in csv.DictReader(file)}
    assert found["t1"]["amount"] == "10.50"
    assert (found["t2"]["amount"], found["t2"]["document_number"]) == ("700", "'=1+1")
    assert parquet.read_table(tmp_path / "transactions.parquet").num_rows == 2


def test_columns_filters_and_the_format_of_the_name(ledger_url: str, tmp_path: Path) -> None:
    done = export(
        tmp_path, ledger_url, "bi_transactions", "--columns", "id,amount", "--where", "currency=JPY",
        "--where", "amount.from=1", "--output", "yen.NDJSON",
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "yen.NDJSON: 1 row, 27 bytes\n")
    assert json.loads((tmp_path / "yen.NDJSON").read_text()) == {"id": "t2", "amount": "700"}


def test_a_file_is_replaced_only_on_request(ledger_url: str, tmp_path: Path) -> None:
    path = tmp_path / "transactions.csv"
    path.write_text("mine")
    done = export(tmp_path, ledger_url, "transactions")
    assert done.returncode == 1
    assert done.stderr == ("error: transactions.csv exists; use another --output, or --overwrite to replace it\n")
    assert path.read_text() == "mine"
    assert export(tmp_path, ledger_url, "transactions", "--overwrite").returncode == 0
    assert path.read_text().startswith("id,")
    assert stat.S_IMODE(path.stat().st_mode) & stat.S_IRUSR


def test_what_fails_leaves_nothing_behind(ledger_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "empty"
    folder.mkdir()

    def broken(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(exporting, "_write", broken)
    done = export(folder, ledger_url, "transactions")
    assert (done.returncode, done.stderr) == (
        1, "error: transactions.csv cannot be written: No space left on device\n",
    )  # fmt: skip
    assert list(folder.iterdir()) == []


def test_standard_output(ledger_url: str, tmp_path: Path) -> None:
    done = run(tmp_path, "export", "transactions", "--columns", "id", "--output", "-", "--database", ledger_url)
    assert sorted(done.stdout.split("\n")) == ["", "id", "t1", "t2"]
    assert done.stderr == f"2 rows, {len('id__t1__t2__')} bytes\n"


def test_standard_output_that_is_closed(tmp_path: Path, ledger_url: str, database: Database) -> None:
    post(database, (line(f"m{number}") for number in range(10_000)))
    with start(tmp_path, "export", "transactions", "--output", "-", "--database", ledger_url) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == "error: standard output was closed before the end of the export\n"
        assert process.wait() == 1


def test_refusals(ledger_url: str, tmp_path: Path) -> None:
    for arguments, told in (
        (["nothing"], "error: There is no view 'nothing'; the views are journal_runs, "),
        (["transactions", "--columns", "x"], "error: columns: there is no column 'x'"),
        (["transactions", "--where", "amount=x"], "error: amount: 'x' is not an amount"),
        (["transactions", "--output", "no/where.csv"], "error: no/where.csv cannot be written: No such file"),
    ):
        done = export(tmp_path, ledger_url, *arguments)
        assert done.returncode == 1
        assert done.stderr.startswith(told)
    for arguments in (["transactions", "--where", "x"], ["transactions", "--format", "xlsx"], []):
        assert export(tmp_path, ledger_url, *arguments).returncode == WRONG_CALL
    assert list(tmp_path.glob("*.csv")) == []


def test_no_ledger(tmp_path: Path) -> None:
    done = export(tmp_path, "sqlite:///none.db", "transactions")
    assert (done.returncode, done.stderr) == (1, "error: there is no database file none.db to export from\n")
    assert not (tmp_path / "none.db").exists()


def test_an_empty_ledger_gives_a_header(database: Database, database_url: str, tmp_path: Path) -> None:
    assert export(tmp_path, database_url, "journal_entries", "--columns", "id,currency").returncode == 0
    assert (tmp_path / "journal_entries.csv").read_bytes() == b"id,currency\r\n"
