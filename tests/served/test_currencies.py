"""Currencies are stored in the ledger: recorded amounts can be read whatever a later list says."""

import re
import shutil
from pathlib import Path

import iso4217
import pytest
from sqlalchemy import text
from sqlmodel import select

from storage import currencies
from storage.currencies import Currency, all_currencies
from storage.database import Database, DatabaseError
from storage.iso_4217 import Listed, listed_currencies
from storage.migration import migrate, newest_version
from storage.money import MoneyError
from tests.support.client import Client
from tests.support.command import run_here
from tests.support.direct_runs import entries_of, items_of, run_now
from tests.support.earlier import to_version_0002
from tests.support.ledger import fill, line, post
from tests.support.processes import serving
from tests.support.rest import Rest

DIGITS = {"JPY": 0, "GBP": 2, "KWD": 3, "CLF": 4, "UYW": 4, "BGN": 2, "HRK": 2, "DEM": 2, "FRF": 2, "CSK": 2, "XEU": 2}
DIGITS |= {"ITL": 0, "ESP": 0, "BEF": 0, "PTE": 0, "GRD": 0, "TRL": 0, "BYR": 0, "LUF": 0, "MGF": 0, "ADP": 0, "YDD": 3}


def digits(database: Database) -> dict[str, int]:
    """The digits of every currency of the ledger."""
    with database.read() as session:
        return {code: currency.digits for code, currency in all_currencies(session).items()}


def in_no_list(database: Database, code: str) -> None:
    """Change the recorded euros to a currency that is in no list."""
    with database.write() as session:
        for table in ("posting_key", "journal_entry", "journal_entry_item"):
            session.execute(text(f"UPDATE {table} SET currency = :code WHERE currency = 'EUR'"), {"code": code})  # noqa: S608


def test_a_new_ledger_has_the_current_and_the_withdrawn_currencies_of_iso_4217(empty_database: Database) -> None:
    found = digits(empty_database)
    assert {code: found[code] for code in DIGITS} == DIGITS
    assert not {"XAU", "XXX", "XTS", "XFU", "", "GBX"} & found.keys()
    assert len(found) > 280


def test_a_withdrawn_currency_is_accepted_and_one_without_a_minor_unit_is_refused(client: Client) -> None:
    lines = [line("lev", currency="BGN", amount="1.95"), line("lira", currency="ITL", amount="1936")]
    post(client.database, [*lines, line("mark", currency="DEM", amount="-1.95")])
    entries = {entry["currency"]: entry for entry in client.entries(client.completed()["number"])}
    assert {code: entry["totalDebit"] for code, entry in entries.items()} == {
        "BGN": "1.95",
        "ITL": "1936",
        "DEM": "1.95",
    }


def test_a_ledger_of_the_earlier_version_gets_its_currencies_and_reads_as_before(database: Database) -> None:
    post(database, [line("pound"), line("yen", currency="JPY", amount="7"), line("dinar", currency="KWD")])
    before = [items_of(database, entry) for entry in entries_of(database, run_now(database))]
    to_version_0002(database)
    assert migrate(database) == ("0002", newest_version())
    with database.read() as session:
        assert session.execute(text("SELECT count(*) FROM ledger_settings WHERE home_currency IS NULL")).scalar() == 1
    post(database, [line("later", transaction_date="2024-12-06")])
    assert [amounts[0][2] for amounts in before] == ["10.00", "7", "10.000"]
    with database.read() as session:
        run_ids = session.execute(text("SELECT max(id) FROM journal_run")).scalar()
    assert run_ids == 1
    assert items_of(database, entries_of(database, run_now(database))[0])[0][2] == "10.00"


def test_an_earlier_ledger_with_a_currency_in_no_list_is_migrated_once_its_digits_are_stated(
    database: Database, tmp_path: Path
) -> None:
    post(database, [line("euro", currency="EUR", amount="12.34"), line("pound")])
    (first, _) = entries_of(database, run_now(database))
    to_version_0002(database)
    in_no_list(database, "QQQ")
    with pytest.raises(DatabaseError, match=r"has amounts in QQQ.*journal-gateway migrate --currency-digits QQQ=2"):
        migrate(database)
    url = database.url.render_as_string(hide_password=False)
    done = run_here(tmp_path, "migrate", "--database", url, "--currency-digits", "QQQ=3")
    assert (done.returncode, done.stderr) == (0, "")
    assert digits(database)["QQQ"] == 3
    assert items_of(database, first)[0][2] == "1.234"
    refused = run_here(tmp_path, "migrate", "--database", url, "--currency-digits", "QQQ=2")
    assert (refused.returncode, refused.stderr) == (
        1,
        "error: QQQ has 3 decimals in this ledger, not 2; they never change\n",
    )


def test_a_new_list_adds_codes_and_never_changes_the_digits_of_what_is_there(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed = {code: one for code, one in listed_currencies().items() if code != "SEK"}
    changed["GBP"] = Listed("GBP", 3, "Pound Sterling", False)
    changed["QQQ"] = Listed("QQQ", 4, "New", False)
    changed["CHF"] = Listed("CHF", 2, "Swiss Franc", True)
    before = digits(database)
    monkeypatch.setattr(currencies, "listed_currencies", lambda: changed)
    migrate(database)
    assert digits(database) == before | {"QQQ": 4}
    with database.read() as session:
        found = {currency.code: currency.withdrawn for currency in session.exec(select(Currency))}
    assert [found[code] for code in ("GBP", "QQQ", "SEK", "CHF", "DEM")] == [False, False, True, True, True]


def test_two_ledgers_in_one_process_keep_their_own_digits(tmp_path: Path) -> None:
    ledgers = [Database(f"sqlite:///{tmp_path}/{name}.db") for name in "ab"]
    for ledger, stated in zip(ledgers, (2, 3), strict=True):
        migrate(ledger, {"QQQ": stated})
        fill(ledger)
        post(ledger, [line("t", currency="QQQ", amount="12.34")])
    runs = [run_now(ledger) for ledger in ledgers]
    amounts = [items_of(ledger, entries_of(ledger, made)[0])[0][2] for ledger, made in zip(ledgers, runs, strict=True)]
    assert amounts == ["12.34", "12.340"]
    with pytest.raises(MoneyError, match="QQQ has 3 decimals in this ledger, not 2"):
        migrate(ledgers[1], {"QQQ": 2})
    for ledger in ledgers:
        ledger.close()


def test_entries_stay_usable_after_the_library_drops_their_currency(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [line("crown", currency="SEK", amount="12.50"), line("back", currency="SEK", segment_country="FR")]
    post(database, lines)
    number = run_now(database).number
    library = tmp_path / "library"
    source = Path(iso4217.__file__).parent
    shutil.copytree(source, library / source.name)
    table = library / source.name / "table.xml"
    forgotten = re.sub(
        r"<CcyNtry>(?:(?!</CcyNtry>).)*<Ccy>SEK</Ccy>.*?</CcyNtry>", "", table.read_text("utf-8"), flags=re.DOTALL
    )
    table.write_text(forgotten, "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(library))
    with serving(tmp_path, database) as (_, url), Client(url, database) as client, Rest(url) as rest:
        document = """{ journalEntries(filter: {currencies: ["SEK"]}) { nodes { number totalDebit
          items { amount } transactions { nodes { transactionId amount } } } } }"""
        first, second = client.query(document)["journalEntries"]["nodes"]
        assert sorted([first["totalDebit"], second["totalDebit"]]) == ["10.00", "12.50"]
        assert [item["amount"] for item in first["items"]] == [first["totalDebit"]] * 2
        assert [one["amount"] for one in first["transactions"]["nodes"]] == [first["totalDebit"]]
        assert [entry["currency"] for entry in rest.entries(number)] == ["SEK", "SEK"]
        one = rest.send("GET", f"/v1/journal-entries/{first['number']}")
        assert [item["amount"] for item in one["journalEntryItems"]] == [first["totalDebit"]] * 2
        assert client.update_entry(first["number"], transferredToAccounting="YES")["errors"] == []
        client.cancel(number)
        assert client.wait(number, "COMPLETED")["cancellation"]["cancelledCount"] == 1
        again = client.completed(accountingPeriodName="Dec 2024")
        assert [entry["currency"] for entry in client.entries(again["number"])] == ["SEK"]
        payload = client.record(
            [
                {
                    "transactionId": "more",
                    "transactionType": "INVOICE_ITEM",
                    "transactionDate": "2024-12-07",
                    "amount": "1.25",
                    "currency": "SEK",
                    "debitAccount": "Cash",
                    "creditAccount": "Sales",
                }
            ]
        )
        assert (payload["recorded"], payload["errors"]) == (1, [])
