"""`journal-gateway import`: the real command line, on both databases, with valid and invalid files."""

import codecs
import csv
import getpass
import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import psycopg
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest
from sqlmodel import col, func, select

from gateway.command_line import app
from resolvers.import_transactions import TRANSACTIONS_PER_BATCH
from storage.accounting_codes import AccountingCode
from storage.accounting_periods import AccountingPeriod
from storage.audit import AuditEvent
from storage.database import Database
from storage.posting_buckets import PostingBucket
from storage.postings import Posting
from storage.segments import segment_names
from storage.transactions import Transaction
from tests.support.command import COMMAND, PATIENCE_SECONDS, run, run_here, start
from tests.support.ledger import line
from tests.support.postgresql import PostgreSQL

CODES = (
    "name,type,status\nAccounts Receivable,AccountsReceivable,Active\nSales,SalesRevenue,\nOld,SalesRevenue,Inactive\n"
)
PERIODS = "name,start_date,end_date\nDec 2024,2024-12-01,2024-12-31\n"
SEGMENTS = "segment,segmentation_rule,active\ncountry,By country,yes\n"


def write(path: Path, lines: Sequence[Mapping[str, str]]) -> Path:
    """A CSV file of these lines."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, dict.fromkeys(name for values in lines for name in values), restval="")
        writer.writeheader()
        writer.writerows(lines)
    return path


def rejects(path: Path) -> list[tuple[int, str]]:
    """The lines and reasons of a file of rejects."""
    with path.open(encoding="utf-8", newline="") as file:
        return [(int(row["line"]), row["reason"]) for row in csv.DictReader(file)]


def count(database: Database) -> int:
    """The number of recorded transactions, after checking that the buckets have as many."""
    with database.read() as session:
        recorded = session.exec(select(func.count()).select_from(Transaction)).one()
        assert session.exec(select(func.coalesce(func.sum(PostingBucket.transaction_count), 0))).one() == recorded
        postings = session.exec(select(func.count()).select_from(Posting)).one()
        imports = select(func.count()).select_from(AuditEvent).where(col(AuditEvent.subject_type) == "Transactions")
        assert session.exec(imports).one() == postings
    return recorded


def assert_one_clear_error(done: object, *parts: str) -> None:
    """The command ended with exit code 1, one line of error and nothing else."""
    code, out, err = (getattr(done, name) for name in ("returncode", "stdout", "stderr"))
    assert (code, out, err.count("\n")) == (1, "", 1), (code, out, err)
    assert err.startswith("error: ")
    for part in parts:
        assert part in err


# Successful imports


def test_all_four_kinds_are_imported_and_again_are_duplicates(database_url: str, tmp_path: Path) -> None:
    for kind, text in {"accounting-codes": CODES, "accounting-periods": PERIODS, "segments": SEGMENTS}.items():
        (tmp_path / f"{kind}.csv").write_text(text)
        done = run_here(tmp_path, "import", kind, f"{kind}.csv", "--database", database_url)
        taken = text.count("\n") - 1
        expected = f"{kind}.csv: {taken} recorded, 0 duplicates, 0 rejected\n"
        assert (done.returncode, done.stdout, done.stderr) == (0, expected, "")
    write(
        tmp_path / "december.csv",
        [line("a", amount="1234.56"), line("b", amount="-0.06"), line("c", currency="JPY", amount="7")],
    )

    done = run(tmp_path, "import", "transactions", "december.csv", "--database", database_url)
    again = run(tmp_path, "import", "transactions", "december.csv", "december.csv", "--database", database_url)

    told, *totals = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert told == "december.csv: 3 recorded, 0 duplicates, 0 rejected"
    assert totals == [
        "Total recorded: 1,234.50 GBP",
        "Total recorded:        7 JPY",
        "  Dec 2024  2 transactions  1,234.50 GBP",
        "  Dec 2024  1 transaction          7 JPY",
    ]
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout == "december.csv: 0 recorded, 3 duplicates, 0 rejected\n" * 2
    assert list(tmp_path.glob("*.rejects.csv")) == []
    database = Database(database_url)
    assert count(database) == 3
    database.close()


def test_standard_input_is_read_and_a_conflict_is_rejected(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    text = write(tmp_path / "feed.csv", [line("a"), line("b"), line("a", amount="10.01"), line("c")]).read_text()

    done = run(tmp_path, "import", "transactions", "-", "--database", database_url, text=text)

    assert done.returncode == 2
    assert done.stdout.startswith("standard input: 3 recorded, 0 duplicates, 1 rejected\n")
    assert done.stdout.endswith("The rejected lines and their reasons were written to standard-input.rejects.csv\n")
    ((number, reason),) = rejects(tmp_path / "standard-input.rejects.csv")
    assert number == 4
    assert reason == ("transaction_id: 'a' was recorded before with other content; it never changes")
    assert count(database) == 3


def test_a_home_currency_takes_exchange_rates(database: Database, database_url: str, tmp_path: Path) -> None:
    write(tmp_path / "feed.csv", [line("a", amount="0.05", exchange_rate="0.5"), line("b")])

    done = run_here(
        tmp_path, "import", "transactions", "feed.csv", "--database", database_url, "--home-currency", "USD"
    )  # fmt: skip

    assert done.returncode == 2
    ((number, reason),) = rejects(tmp_path / "feed.csv.rejects.csv")
    assert (number, reason) == (3, "exchange_rate: it is required to convert GBP to USD, the home currency")
    with database.read() as session:
        assert [row.home_amount_minor for row in session.exec(select(Transaction))] == [2]


def test_each_file_is_imported_separately(database: Database, database_url: str, tmp_path: Path) -> None:
    for folder in ("[", "other"):
        (tmp_path / folder).mkdir()
    # Names that a console might render as markup or emoji.
    write(tmp_path / "[" / "red]:x:.csv", [line("a"), line("bad", amount="x")])
    write(tmp_path / "other" / "red]:x:.csv", [line("b"), line("bad", currency="x")])
    (tmp_path / "broken.csv").write_text("no,such,columns\n")
    write(tmp_path / "never.csv", [line("never")])
    files = ["[/red]:x:.csv", "other/red]:x:.csv", "broken.csv", "never.csv"]

    done = run(tmp_path, "import", "transactions", *files, "--database", database_url)

    assert done.returncode == 1
    assert done.stderr.startswith("error: broken.csv, line 1: missing columns transaction_id, ")
    assert done.stdout.startswith("[/red]:x:.csv: 1 recorded, 0 duplicates, 1 rejected\n")
    assert "amount" in rejects(tmp_path / "red]:x:.csv.rejects.csv")[0][1]
    assert "currency" in rejects(tmp_path / "red]:x:.csv.2.rejects.csv")[0][1]
    assert count(database) == 2


def test_a_user_without_a_name_is_a_number(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody() -> str:
        raise KeyError("uid not found")

    monkeypatch.setattr(getpass, "getuser", nobody)
    write(tmp_path / "feed.csv", [line("a")])

    url = database.url.render_as_string(hide_password=False)
    app(["import", "transactions", str(tmp_path / "feed.csv"), "--database", url], standalone_mode=False)

    with database.read() as session:
        assert session.exec(select(Posting.posted_by)).one() == f"command line: user {os.getuid()}"


# Invalid lines

LARGEST = "92233720368547758.07"
BAD_LINES = [
    ({"transaction_id": "x" * 256}, "transaction_id: it has 256 characters; the maximum is 255"),
    ({"transaction_type": "Invoice"}, "transaction_type: 'Invoice' is unknown; did you mean 'Invoice Item'"),
    (
        {"transaction_type": "Invoice Items"},
        "transaction_type: 'Invoice Items' is unknown; did you mean 'Invoice Item'?",
    ),
    ({"transaction_type": "xyz"}, "transaction_type: 'xyz' is unknown; the values are: Invoice Item, Taxation"),
    ({"credit_account": "sale"}, "credit_account: there is no accounting code 'sale'; did you mean 'Sales'?"),
    ({"segment.Country": "UK"}, "segment.Country: there is no segment 'Country'; did you mean 'country'?"),
    ({"transaction_date": ""}, "transaction_date: it is required"),
    ({"transaction_date": "05/12/2024"}, "transaction_date: '05/12/2024' is not a date; use the format 2024-12-31"),
    ({"transaction_date": "2024-02-30"}, "transaction_date: '2024-02-30' is not a date"),
    ({"transaction_date": "2024-12-05T00:00:00"}, "transaction_date: '2024-12-05T00:00:00' is not a date"),
    ({"transaction_date": "1899-12-31"}, "transaction_date: 1899-12-31 is out of range; use a date from 1900-01-01 to"),
    ({"transaction_date": "2200-01-01"}, "transaction_date: 2200-01-01 is out of range"),
    ({"amount": "10.001"}, "amount: 10.001 has too many decimals; GBP amounts have 2"),
    ({"amount": "10.5", "currency": "JPY"}, "amount: 10.5 has too many decimals; JPY amounts have 0"),
    ({"amount": "ten"}, "amount: 'ten' is not a decimal number; use the format -12.50"),
    ({"amount": "1,000.00"}, "amount: '1,000.00' is not a decimal number"),
    ({"amount": "NaN"}, "amount: 'NaN' is not a finite decimal number"),
    ({"amount": "-Infinity"}, "amount: '-Infinity' is not a finite decimal number"),
    ({"amount": "92233720368547758.08"}, f"is beyond 64 bits; the largest amount in GBP is {LARGEST}"),
    ({"amount": "-" + "9" * 99}, f"is beyond 64 bits; the largest amount in GBP is {LARGEST}"),
    (
        {"amount": "-1E+999999999"},
        "amount: '-1E+999999999' is not a decimal number; use the format -12.50; exponents are refused",
    ),
    ({"amount": "1.23E+05"}, "format the column as text or as a number with decimals before saving"),
    ({"amount": "\u0661\u0662"}, "is not a decimal number; use the format -12.50; use the ASCII digits 0 to 9"),
    (
        {"amount": "9" * 5_000},
        "(5,000 characters) is not a decimal number; use the format -12.50; the maximum is 100 characters",
    ),
    ({"amount": "0.0000001"}, "amount: 0.0000001 has too many decimals; GBP amounts have 2"),
    ({"currency": "gbp"}, "currency: 'gbp' is not an ISO 4217 currency; use three capital letters"),
    ({"currency": "XAU"}, "currency: XAU has no minor unit in ISO 4217"),
    ({"debit_account": "Till"}, "debit_account: there is no accounting code 'Till'; import it with the accounting"),
    ({"credit_account": "Old Sales"}, "credit_account: accounting code 'Old Sales' is inactive; activate it first"),
    ({"exchange_rate": "1.1"}, "exchange_rate: this ledger has no home currency; set one, or omit the value"),
    ({"segment.country": "x" * 256}, "segment.country: it has 256 characters"),
    (
        {"amount": "x", "transaction_type": "y", "transaction_date": "z"},
        "transaction_type: 'y' is unknown",
    ),
]


def test_every_invalid_line_is_rejected_with_its_reason_and_the_others_are_recorded(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    bad = [line(f"bad-{place}") | values for place, (values, _) in enumerate(BAD_LINES)]
    lines = [line("good-1"), *bad, line("good-2"), line("unknown") | {"segment.planet": "Mars"}]
    write(tmp_path / "feed.csv", lines)

    done = run(
        tmp_path, "import", "transactions", "feed.csv", "--database", database_url, "--rejects", "bad lines.csv"
    )  # fmt: skip

    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.startswith(f"feed.csv: 2 recorded, 0 duplicates, {len(bad) + 1} rejected\n")
    assert done.stdout.endswith("The rejected lines and their reasons were written to bad lines.csv\n")
    found = rejects(tmp_path / "bad lines.csv")
    expected = [reason for _, reason in BAD_LINES] + ["segment.planet: there is no segment 'planet'; the segments are:"]
    assert [number for number, _ in found] == [*range(3, len(bad) + 3), len(bad) + 4]
    for (number, reason), wanted in zip(found, expected, strict=True):
        assert wanted in reason, number
    assert "amount: 'x' is not" in found[len(bad) - 1][1]
    assert "transaction_date: 'z' is not a date" in found[len(bad) - 1][1]
    assert count(database) == 2


def test_an_ndjson_line_that_is_not_text_is_rejected(database: Database, tmp_path: Path) -> None:
    values = [line("a"), line("b\0"), line("\ud800"), line("c") | {"amount": float("inf")}, line("d") | {"amount": 1.5}]
    (tmp_path / "feed.ndjson").write_text("".join(json.dumps(value) + "\n" for value in values))

    done = run_here(tmp_path, "import", "transactions", "feed.ndjson", "--database", str(database))

    assert done.returncode == 2, done.stderr
    assert [number for number, _ in rejects(tmp_path / "feed.ndjson.rejects.csv")] == [2, 3, 4]
    assert count(database) == 2


# Refused files

HEADER = "transaction_id,transaction_type,transaction_date,amount,currency,debit_account,credit_account\n"
GOOD = "a,Invoice Item,2024-12-05,1.00,GBP,Accounts Receivable,Sales\n"
BROKEN_FILES = {
    "an empty file": (b"", "it is empty; the first line must name the columns: transaction_id, "),
    "a header of other columns": (
        b"transaction_id,Amount\n1,2\n",
        "line 1: missing columns transaction_type, transaction_date, amount, currency, debit_account,",
    ),
    "semicolons": (HEADER.replace(",", ";").encode(), "the columns are separated by semicolons, which must be commas"),
    "a quote that never closes": (
        (HEADER + GOOD + '"b,c\n').encode(),
        "line 3: the quote opened on this line is never",
    ),
    "text after a quote": ((HEADER + GOOD + '"b"x,c\n').encode(), "line 3: the quote opened on this line is closed"),
    "Latin-1": ((HEADER + GOOD).encode() + "é,".encode("latin-1"), "line 3: byte 1 of the line (0xE9) is not UTF-8"),
    "UTF-16": (codecs.BOM_UTF16_LE + (HEADER + GOOD).encode("utf-16-le"), "line 1: this looks like UTF-16; convert it"),
}


@pytest.fixture
def embedded(tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The URL of a SQLite database, for tests that do not depend on the kind of database."""
    return f"sqlite:///{tmp_path}/embedded.db"


@pytest.mark.parametrize("name", BROKEN_FILES)
def test_a_broken_file_is_refused_with_where_and_why(name: str, embedded: str, tmp_path: Path) -> None:
    content, message = BROKEN_FILES[name]
    (tmp_path / "feed.csv").write_bytes(content)

    done = run_here(tmp_path, "import", "transactions", "feed.csv", "--database", embedded)

    assert_one_clear_error(done, "feed.csv", message)
    assert list(tmp_path.glob("*.rejects.csv")) == []
    database = Database(embedded)
    assert count(database) == 0
    database.close()


@pytest.mark.parametrize(
    ("end", "message"),
    [
        (
            '"never closed',
            f"feed.csv, line {TRANSACTIONS_PER_BATCH + 4}: the quote opened on this line is never closed",
        ),
        (GOOD.replace("1.00", LARGEST) + GOOD.replace("a,", "b,").replace("1.00", LARGEST), "beyond 64 bits"),
    ],
)
def test_a_file_that_is_refused_late_leaves_nothing(
    database: Database, database_url: str, tmp_path: Path, end: str, message: str
) -> None:
    # More than a batch, that is written by then, and a rejected line.
    lines = [GOOD.replace("a,", f"early-{number},") for number in range(TRANSACTIONS_PER_BATCH + 1)]
    (tmp_path / "feed.csv").write_text(HEADER + "rejected,,,,,,\n" + "".join(lines) + end)

    done = run(tmp_path, "import", "transactions", "feed.csv", "--database", database_url)

    assert_one_clear_error(done, message)
    assert list(tmp_path.glob("*.rejects.csv")) == []
    assert count(database) == 0


def test_an_import_that_is_killed_leaves_nothing_and_can_be_run_again(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    text = HEADER + "".join(GOOD.replace("a,", f"{number},") for number in range(2 * TRANSACTIONS_PER_BATCH))
    process = start(tmp_path, "import", "transactions", "-", "--database", database_url)
    assert process.stdin is not None
    # A pipe holds 64 KiB, so that most has been read once this is written.
    process.stdin.write(text)
    process.stdin.flush()
    process.kill()
    process.communicate()

    assert count(database) == 0
    done = run(tmp_path, "import", "transactions", "-", "--database", database_url, text=text)

    assert done.stdout.startswith(
        f"standard input: {2 * TRANSACTIONS_PER_BATCH:,} recorded, 0 duplicates, 0 rejected\n"
    ), done.stderr
    assert count(database) == 2 * TRANSACTIONS_PER_BATCH


def test_rejects_that_cannot_be_written_refuse_the_file(embedded: str, tmp_path: Path) -> None:
    (tmp_path / "codes.csv").write_text("name,type\nSales,SalesRevenue\n,SalesRevenue\n")

    done = run_here(
        tmp_path, "import", "accounting-codes", "codes.csv", "--database", embedded, "--rejects", "no/such/folder.csv"
    )  # fmt: skip

    assert_one_clear_error(
        done, "rejected lines cannot be written to no/such/folder.csv: there is no folder", "no/such"
    )
    assert not (tmp_path / "embedded.db").exists()


def test_invalid_options_are_reported(embedded: str, tmp_path: Path) -> None:
    currency = run_here(tmp_path, "import", "transactions", "-", "--database", embedded, "--home-currency", "XAU")
    two = run_here(tmp_path, "import", "segments", "a.csv", "b.csv", "--database", embedded, "--rejects", "rejects.csv")
    missing = run_here(tmp_path, "import", "segments", "[/a].csv", "--database", embedded)

    assert_one_clear_error(currency, "XAU has no minor unit in ISO 4217")
    assert_one_clear_error(two, "--rejects works with one file only")
    assert_one_clear_error(missing, "error: [/a].csv: there is no such file")


# Unusable databases


def test_an_unusable_database_is_reported_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("This is a text, and no database." * 100)
    (tmp_path / "folder").mkdir()
    unusable = {
        "sqlite:///file/ledger.db": "the folder file of the database file cannot be created (File exists)",
        "sqlite:///file/x/ledger.db": "the folder file/x of the database file cannot be created (Not a directory)",
        "sqlite:///folder": "the database file folder cannot be opened for writing (unable to open database file)",
        "sqlite:///file": "the database file file cannot be opened for writing (file is not a database)",
        "postgresql://someone:secret@127.0.0.1:1/x": "Connection refused",
        "mysql://someone:secret@127.0.0.1/x": "is not a supported database URL; use sqlite:///ledger.db",
    }
    for url, message in unusable.items():
        done = run_here(tmp_path, "import", "segments", "-", "--database", url, text=SEGMENTS)

        assert_one_clear_error(done, message)
        assert "secret" not in done.stderr


def test_a_database_of_a_newer_release_is_left_alone(
    empty_database: Database, database_url: str, tmp_path: Path
) -> None:
    with empty_database.writer.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")

    done = run_here(tmp_path, "import", "segments", "-", "--database", database_url, text=SEGMENTS)

    assert_one_clear_error(done, "has version 9999, which is newer than this release", "install the release")


def test_a_server_lost_during_a_file_is_reported_in_one_line(postgresql: PostgreSQL, tmp_path: Path) -> None:
    url = postgresql.create_database()
    assert run(tmp_path, "import", "accounting-codes", "-", "--database", url, text=CODES).returncode == 0
    process = start(tmp_path, "import", "transactions", "-", "--database", url)
    assert process.stdin is not None
    process.stdin.write(
        HEADER + "".join(GOOD.replace("a,", f"{number},") for number in range(2 * TRANSACTIONS_PER_BATCH))
    )
    process.stdin.flush()
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        ended = connection.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid() AND xact_start IS NOT NULL"
        ).fetchall()
    out, err = process.communicate(timeout=PATIENCE_SECONDS)

    assert ended == [(True,)]
    assert (process.returncode, out, err.count("\n")) == (1, "", 1), err
    assert err.startswith(f"error: the database {url} failed during a transaction (")
    database = Database(url)
    assert count(database) == 0
    database.close()
    postgresql.drop_database(url)


# Checking without recording


def test_a_check_says_what_an_import_would_do_and_records_nothing(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    write(tmp_path / "first.csv", [line("a")])
    assert run_here(tmp_path, "import", "transactions", "first.csv", "--database", database_url).returncode == 0
    write(tmp_path / "feed.csv", [line("a"), line("b"), line("b", amount="1"), line("c", amount="x"), line("d")])
    arguments = ("import", "transactions", "feed.csv", "--database", database_url)

    checked = run_here(tmp_path, *arguments, "--check")

    assert (checked.returncode, checked.stderr) == (2, "")
    assert checked.stdout.splitlines()[:2] == [
        "feed.csv: 2 to record, 1 duplicate, 2 rejected",
        "Total to record: 20.00 GBP",
    ]
    found = rejects(tmp_path / "feed.csv.rejects.csv")
    assert [number for number, _ in found] == [4, 5]
    assert count(database) == 1

    assert run_here(tmp_path, *arguments).returncode == 2
    assert rejects(tmp_path / "feed.csv.rejects.csv") == found
    assert count(database) == 3


def test_every_kind_of_file_can_be_checked(empty_database: Database, database_url: str, tmp_path: Path) -> None:
    for kind, text in {"accounting-codes": CODES, "accounting-periods": PERIODS, "segments": SEGMENTS}.items():
        bad = text + ",,\n,x,\n"
        arguments = ("import", kind, "-", "--check", "--database", database_url)
        good_check = run_here(tmp_path, *arguments, text=text)
        bad_check = run_here(tmp_path, *arguments, text=bad)

        taken = text.count("\n") - 1
        assert (good_check.returncode, good_check.stderr) == (0, "")
        assert good_check.stdout == f"standard input: {taken} to record, 0 duplicates, 0 rejected\n"
        assert (bad_check.returncode, bad_check.stdout.splitlines()[0]) == (
            1,
            "standard input: 0 to record, 0 duplicates, 1 rejected",
        )
        assert [number for number, _ in rejects(tmp_path / "standard-input.rejects.csv")] == [taken + 3]
        (tmp_path / "standard-input.rejects.csv").unlink()
    with empty_database.read() as session:
        assert session.exec(select(func.count()).select_from(AccountingCode)).one() == 0
        assert session.exec(select(func.count()).select_from(AccountingPeriod)).one() == 0
        assert segment_names(session) == []
        assert session.exec(select(func.count()).select_from(AuditEvent)).one() == 0


def test_a_check_makes_no_database_and_changes_no_tables(postgresql: PostgreSQL, tmp_path: Path) -> None:
    url = postgresql.create_database()
    for database, message in (
        ("sqlite:///new.db", "error: there is no database file new.db to check against"),
        (url, "has version None, but this release requires"),
    ):
        done = run_here(tmp_path, "import", "segments", "-", "--check", "--database", database, text=SEGMENTS)
        assert_one_clear_error(done, message, "journal-gateway migrate")
    assert list(tmp_path.iterdir()) == []
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
    postgresql.drop_database(url)


# The --format option


@pytest.mark.parametrize(
    ("name", "format", "separator"),
    [("feed.tsv", None, "\t"), ("feed.tsv.gz", None, "\t"), ("feed.txt", "tsv", "\t"), ("feed.dat", "csv", ",")],
)
def test_tables_with_tabs_and_other_names_are_read(
    name: str, format: str | None, separator: str, embedded: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text("name,type\nSales,SalesRevenue\n".replace(",", separator))
    option = [] if format is None else ["--format", format]

    done = run_here(tmp_path, "import", "accounting-codes", name, *option, "--database", embedded)

    assert (done.returncode, done.stdout, done.stderr) == (0, f"{name}: 1 recorded, 0 duplicates, 0 rejected\n", "")


def test_standard_input_can_be_of_any_format(embedded: str, tmp_path: Path) -> None:
    ndjson = run_here(
        tmp_path, "import", "segments", "-", "--format", "ndjson", "--database", embedded, text='{"segment": "country"}'
    )  # fmt: skip
    pq.write_table(pa.table({"segment": ["product", "region"]}), tmp_path / "segments.parquet")
    with (tmp_path / "segments.parquet").open("rb") as file:
        parquet = subprocess.run(
            [COMMAND, "import", "segments", "-", "--format", "parquet", "--database", embedded],
            cwd=tmp_path, stdin=file, capture_output=True, text=True, check=False,
        )  # fmt: skip
    unsaid = run_here(tmp_path, "import", "segments", "-", "--database", embedded, text='{"segment": "country"}')
    (tmp_path / "feed.txt").write_text(SEGMENTS)
    unknown = run_here(tmp_path, "import", "segments", "feed.txt", "--database", embedded)

    assert (ndjson.returncode, ndjson.stdout) == (0, "standard input: 1 recorded, 0 duplicates, 0 rejected\n")
    assert (parquet.returncode, parquet.stdout, parquet.stderr) == (
        0, "standard input: 2 recorded, 0 duplicates, 0 rejected\n", "",
    )  # fmt: skip
    assert_one_clear_error(unsaid, "this looks like JSON; give --format ndjson")
    assert_one_clear_error(
        unknown, "feed.txt: the format is not clear from the name; give --format csv, tsv, ndjson or"
    )
