"""Settings are stored in the ledger, and rates can be added to transactions recorded before a home currency was set."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from resolvers.import_transactions import TRANSACTIONS_PER_BATCH, import_transactions
from resolvers.settings import SettingsRefused, Wanted, change, settings_of, settle
from storage.conservation import broken_rules
from storage.database import Database, DatabaseBusy
from storage.migration import migrate
from storage.settings import Ledger
from storage.words import JournalRunStatus
from tests.support.client import Client
from tests.support.command import run_here
from tests.support.direct_runs import cancel_now, entries_of, items_of, run_now
from tests.support.earlier import to_version_0002
from tests.support.ledger import keep, line, post, refuse
from tests.support.recording import item
from tests.support.rejected import Rejected

EURO = {"currency": "EUR", "amount": "10.00"}
RATE = {**EURO, "exchange_rate": "0.85"}


def start(database: Database, home: str | None = None, aggregate: bool | None = None) -> list[str]:
    """What `serve` says when it is started with these options."""
    return settle(database, Wanted(home, aggregate), actor="test", serving=True)


def again(database: Database, *lines: dict[str, str]) -> tuple[int, int, int, dict[int, str]]:
    """Import the lines: recorded, duplicates, given their rates, and the reasons of those rejected."""
    rejected = Rejected()
    done = import_transactions(database, enumerate(lines, 2), rejected, source="test", actor="test")
    return done.recorded, done.duplicates, done.rates_added, rejected


def test_the_first_start_sets_the_ledgers_settings_and_later_ones_follow(database: Database) -> None:
    assert start(database) == []
    assert settings_of(database) == Ledger()
    assert start(database, "GBP", True) == [
        "The home currency of this ledger is now GBP.",
        "The entries of this ledger are aggregated in GBP.",
    ]
    for home, aggregate in ((None, None), ("GBP", None), ("GBP", True), (None, True)):
        assert start(database, home, aggregate) == []
    assert settings_of(database) == Ledger("GBP", True)


def test_a_start_that_contradicts_the_ledger_is_refused_with_both_values(database: Database) -> None:
    start(database, "GBP")
    with pytest.raises(SettingsRefused, match=r"is GBP, not EUR; leave --home-currency out, or change it: "):
        start(database, "EUR")
    with pytest.raises(SettingsRefused, match=r"kept in transaction currency, not aggregated in the home currency"):
        start(database, "GBP", True)
    assert settings_of(database) == Ledger("GBP")


def test_aggregation_needs_a_home_currency(database: Database) -> None:
    with pytest.raises(SettingsRefused, match="this ledger has none; give --home-currency"):
        start(database, None, True)


def test_an_import_uses_the_ledgers_home_currency_without_the_option(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    start(database, "GBP")
    (tmp_path / "feed.csv").write_text(
        "transaction_id,transaction_type,transaction_date,amount,currency,debit_account,credit_account\n"
        "a,Invoice Item,2024-12-05,1.00,EUR,Cash,Sales\n"
    )
    arguments = ("import", "transactions", "feed.csv", "--database", database_url)
    assert run_here(tmp_path, *arguments).returncode == 2
    refused = run_here(tmp_path, *arguments, "--home-currency", "EUR")
    assert (refused.returncode, "is GBP, not EUR" in refused.stderr) == (1, True)


def test_another_home_currency_is_allowed_only_while_no_transaction_has_a_home_amount(database: Database) -> None:
    start(database, "GBP")
    assert change(database, Wanted("EUR"), actor="test") == ["The home currency of this ledger is now EUR."]
    post(database, [line("a", currency="EUR")])
    with pytest.raises(SettingsRefused, match=r"have home amounts in EUR, which never change"):
        change(database, Wanted("GBP"), actor="test")
    assert change(database, Wanted("EUR", True), actor="test") == ["The entries of this ledger are aggregated in EUR."]


@pytest.mark.parametrize(("kept", "expected"), [(Ledger("GBP", True), Ledger("GBP", True)), (Ledger(), Ledger())])
def test_a_ledger_of_the_earlier_version_keeps_the_home_currency_that_it_shows(
    database: Database, kept: Ledger, expected: Ledger
) -> None:
    post(database, [line("a")], kept)
    run_now(database, kept)
    to_version_0002(database)
    migrate(database)
    assert settings_of(database) == expected


def test_a_transaction_sent_again_with_its_rate_gets_it_and_the_month_can_be_closed(database: Database) -> None:
    post(database, [line("pound"), line("euro", **EURO), line("other", **EURO)])
    assert start(database, "GBP", True)[1] == (
        "2 transactions in other currencies have no amount in GBP; send them again with their exchange rates."
    )
    failed = run_now(database)
    assert failed.error_message is not None
    assert failed.error_message.startswith("2 transactions in EUR have no amount in GBP, the home currency; send them")
    assert again(database, line("euro", **RATE), line("euro", **RATE), line("pound")) == (0, 2, 1, {})
    assert again(database, line("euro", **RATE), line("other", **RATE)) == (0, 1, 1, {})
    (entry,) = entries_of(database, run_now(database))
    assert items_of(database, entry)[0] == ("Debit", "Accounts Receivable", "27.00", "27.00")
    assert again(database, line("pound", exchange_rate="1.0"), line("pound")) == (0, 2, 0, {})


def test_rates_are_added_by_the_api_and_counted(client: Client) -> None:
    assert client.record([item("a", currency="EUR")])["recorded"] == 1
    keep(client.database, Ledger("GBP"))
    document = """mutation($input: RecordTransactionsInput!) { recordTransactions(input: $input) {
      recorded duplicates ratesAdded errors { message } } }"""
    rated = {"input": {"transactions": [item("a", currency="EUR", exchangeRate="0.85")]}}
    told = client.query(document, rated)["recordTransactions"]
    assert told == {"recorded": 0, "duplicates": 0, "ratesAdded": 1, "errors": []}


def test_a_taken_transaction_gets_no_rate(database: Database) -> None:
    zero = {"currency": "EUR", "segment_country": "FR"}
    post(database, [line("a", **EURO), line("plus", **zero), line("minus", amount="-10.00", **zero)])
    first = run_now(database)
    keep(database, Ledger("GBP"))
    *_, reasons = again(database, line("a", **RATE), line("plus", exchange_rate="2", **zero), line("a", amount="1"))
    assert reasons == {
        2: "exchange_rate: 'a' was recorded without an exchange rate and is in journal entry JE-00000001; cancel"
        " that entry first, then send it again",
        3: "exchange_rate: 'plus' was recorded without an exchange rate and nets to zero in journal run JR-00000001;"
        " cancel that run first, then send it again",
        4: "transaction_id: 'a' was recorded before with other content; it never changes",
    }
    cancel_now(database, first.number)
    assert again(database, line("a", **RATE), line("plus", exchange_rate="2", **zero))[2] == 2


def test_some_with_and_some_without_a_home_amount_make_no_second_entry(database: Database) -> None:
    post(database, [line("old", **EURO), line("old pound")])
    keep(database, Ledger("GBP"))
    post(database, [line("new", **RATE), line("new pound")])
    run = run_now(database)
    assert run.status is JournalRunStatus.ERROR
    assert (run.error_message or "").startswith("1 transaction in EUR has no amount in GBP")
    again(database, line("old", **RATE))
    assert sorted(entry.transaction_count for entry in entries_of(database, run_now(database))) == [2, 2]


@pytest.mark.parametrize(
    ("values", "fault"),
    [
        ({"home_amount": "8.50"}, None),
        ({"home_amount": "8.51"}, None),
        (
            {"home_amount": "8.52"},
            "8.52 GBP is not 10.00 EUR at the rate 0.85, which is 8.50 GBP; it may differ by 0.01",
        ),
        ({"amount": "1000000", "home_amount": "850849.99"}, None),
        ({"amount": "1000000", "home_amount": "850850.01"}, "850850.01 GBP is not 1000000.00 EUR at the rate 0.85"),
        ({"home_amount": "-8.50"}, "-8.50 GBP is not 10.00 EUR"),
        ({"amount": "0", "home_amount": "9"}, "9.00 GBP is not 0.00 EUR at the rate 0.85, which is 0.00 GBP"),
        ({"amount": "0", "home_amount": "0.01"}, "0.01 GBP is not 0.00 EUR"),
        ({"amount": "-0.01", "home_amount": "0.01"}, "0.01 GBP is not -0.01 EUR"),
        ({"amount": "-0.01", "home_amount": "0"}, None),
    ],
)
def test_a_given_home_amount_equals_amount_times_rate_except_for_rounding(
    database: Database, values: dict[str, str], fault: str | None
) -> None:
    keep(database, Ledger("GBP"))
    recorded, _, _, reasons = again(database, line("a", **RATE | values))
    assert recorded == (fault is None)
    assert (fault or "") in reasons.get(2, "")


amounts = st.integers(-300, 300).map(lambda minor: f"{minor / 100:.2f}")
given_lines = st.lists(st.tuples(amounts, st.sampled_from(["GBP", "EUR"]), st.sampled_from(["FR", "DE"])), max_size=8)


@settings(max_examples=10)
@given(batches=st.lists(given_lines, min_size=1, max_size=3), data=st.data())
def test_on_a_database_rates_added_in_any_order_lose_and_double_nothing(
    database: Database, batches: list[list[tuple[str, str, str]]], data: st.DataObject
) -> None:
    with database.read() as session:
        known = session.execute(text("SELECT count(*) FROM billing_transaction")).scalar() or 0
        taken = session.execute(text("SELECT coalesce(sum(amount), 0) FROM billing_transaction")).scalar() or 0
    keep(database, Ledger())
    lines = [
        line(f"t{known}-{batch}-{place}", amount=amount, currency=currency, segment_country=country)
        for batch, found in enumerate(batches)
        for place, (amount, currency, country) in enumerate(found)
    ]
    rated = [one | ({} if one["currency"] == "GBP" else {"exchange_rate": "0.5"}) for one in lines]
    # Drawn before anything is posted: Hypothesis may give up an example here, and the ledger is the next one's too.
    part = data.draw(st.lists(st.sampled_from(rated), max_size=10)) if rated else []
    post(database, lines)
    keep(database, Ledger("GBP"))
    euros = {one["transaction_id"] for one in part if one["currency"] == "EUR"}
    assert again(database, *part) == (0, len(part) - len(euros), len(euros), {})
    rest = again(database, *rated)
    everything = {one["transaction_id"] for one in rated if one["currency"] == "EUR"}
    assert rest == (0, len(rated) - len(everything - euros), len(everything - euros), {})
    run = run_now(database)
    assert (run.status, run.transaction_count) == (JournalRunStatus.COMPLETED, len(lines))
    with database.read() as session:
        assert broken_rules(session) == []
        total = session.execute(text("SELECT coalesce(sum(amount), 0) FROM billing_transaction")).scalar() or 0
        assert total - taken == sum(round(float(one["amount"]) * 100) for one in lines)
        bare = session.execute(text("SELECT count(*) FROM billing_transaction WHERE home_amount IS NULL")).scalar()
        assert bare == 0


def test_a_check_of_a_file_accepts_settings_that_the_ledger_has_and_sets_none(
    empty_database: Database, database_url: str, tmp_path: Path
) -> None:
    database = empty_database
    (tmp_path / "codes.csv").write_text("name,type\nCash,Cash\n")

    def check(home: str) -> tuple[int, str]:
        done = run_here(
            tmp_path, "import", "accounting-codes", "codes.csv", "--check", "--database", database_url,
            "--home-currency", home,
        )  # fmt: skip
        return done.returncode, done.stderr

    code, said = check("GBP")
    assert code == 1
    assert "--home-currency is not set in this ledger, and --check does not set it" in said
    assert settings_of(database) == Ledger()
    start(database, "GBP")
    assert check("GBP") == (0, "")
    code, said = check("EUR")
    assert code == 1
    assert "is GBP, not EUR" in said


def test_a_rate_of_1_in_the_home_currency_is_the_same_said_or_not(database: Database) -> None:
    post(database, [line("a"), line("b")])
    keep(database, Ledger("GBP"))
    ways = [line("a", exchange_rate="1"), line("a", home_amount="10"), line("a"), line("a", exchange_rate="1.00")]
    assert again(database, *ways) == (0, 3, 1, {})
    assert again(database, line("b", home_amount="10.0"), line("b", exchange_rate="1")) == (0, 1, 1, {})
    assert again(database, *ways) == (0, 4, 0, {})


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_the_home_currency_is_not_changed_under_an_import_that_records_amounts_in_it(database: Database) -> None:
    keep(database, Ledger("GBP"))
    begun, told = threading.Event(), threading.Event()

    def lines() -> Iterator[tuple[int, dict[str, str]]]:
        for number in range(TRANSACTIONS_PER_BATCH + 1):
            yield number, line(f"SP{number}", **RATE)
        begun.set()
        assert told.wait(60)

    with ThreadPoolExecutor() as pool:
        imported = pool.submit(import_transactions, database, lines(), refuse, source="test", actor="test")
        assert begun.wait(60)
        # A server starts all the same.
        assert start(database, "GBP", False) == []
        with (
            patch("storage.settings.LOCK_SECONDS", 1),
            pytest.raises(DatabaseBusy, match="another writer is holding the ledger"),
        ):
            change(database, Wanted("EUR"), actor="test")
        told.set()
        assert imported.result(60).recorded == TRANSACTIONS_PER_BATCH + 1

    with pytest.raises(SettingsRefused, match="have home amounts in GBP"):
        change(database, Wanted("EUR"), actor="test")
    assert settings_of(database).home_currency == "GBP"
