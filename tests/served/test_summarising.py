"""How a run summarises, by example."""

from dataclasses import replace
from datetime import date

import pytest

from resolvers.import_ledger import import_segments
from runs.create_rules import RunDraft
from storage.database import Database
from storage.segments import deactivate_rules
from storage.settings import Ledger
from storage.words import JournalRunStatus, TransactionType
from tests.support.client import Client
from tests.support.direct_runs import DECEMBER, entries_of, items_of, run_now
from tests.support.ledger import line, post, refuse


def items(entry: dict[str, object]) -> list[tuple[str, str, str]]:
    """The side, the amount and the accounting code of each item."""
    found = entry["items"]
    assert isinstance(found, list)
    return [(item["type"], item["amount"], item["accountingCode"]["name"]) for item in found]


def test_type_currency_debit_code_organisation_and_segments_make_the_entry(client: Client) -> None:
    post(
        client.database,
        [
            line("same 1"),
            line("same 2", credit_account="Services", amount="2.50"),
            line("another day", transaction_date="2024-12-31"),
            line("another product", segment_product="Books"),
            line("type", transaction_type="Taxation Item"),
            line("currency", currency="EUR"),
            line("debit", debit_account="Cash"),
            line("organisation", organization="North"),
            line("segment", segment_country="FR"),
            line("no segment", segment_country=""),
        ],
    )
    run = client.completed()
    entries = client.entries(run["number"])
    assert (run["totalJournalEntryCount"], run["transactionCount"]) == (7, 10)
    first = next(entry for entry in entries if entry["transactionCount"] == 4)
    assert items(first) == [
        ("DEBIT", "32.50", "Accounts Receivable"),
        ("CREDIT", "30.00", "Sales"),
        ("CREDIT", "2.50", "Services"),
    ]
    assert sum(entry["transactionCount"] for entry in entries) == 10
    assert all(entry["totalDebit"] == entry["totalCredit"] for entry in entries)


def test_a_run_takes_only_free_transactions_of_its_types_days_and_organisations(database: Database) -> None:
    post(
        database,
        [
            line("wanted", organization="North"),
            line("another type", transaction_type="Taxation Item", organization="North"),
            line("another day", transaction_date="2024-12-06", organization="North"),
            line("another organisation", organization="South"),
            line("no organisation"),
        ],
    )
    fifth = date(2024, 12, 5)
    narrow = RunDraft(
        transaction_types=[TransactionType.INVOICE_ITEM],
        journal_entry_date=fifth,
        target_start_date=fifth,
        target_end_date=fifth,
        organization_labels=["North"],
    )
    (entry,) = entries_of(database, run_now(database, draft=narrow))
    assert (entry.transaction_count, entry.organization_label) == (1, "North")
    assert (entry.time_period_start, entry.time_period_end) == (fifth, fifth)
    assert run_now(database).transaction_count == 4
    post(database, [line("late", organization="North")])
    assert run_now(database).transaction_count == 1
    assert run_now(database).transaction_count == 0


def test_a_negative_sum_changes_the_items_side_and_a_sum_of_zero_makes_no_item(database: Database) -> None:
    post(
        database,
        [
            line("refund", amount="-7.00", segment_country="round"),
            line("sale", amount="5.00", segment_country="mixed"),
            line("service", amount="-8.00", credit_account="Services", segment_country="mixed"),
            line("plus", amount="3.00", segment_country="left"),
            line("minus", amount="-3.00", segment_country="left"),
            line("tax", amount="1.00", credit_account="Tax Payable", segment_country="left"),
        ],
    )
    by_country = {
        entry.segment_values[0]["value"]: items_of(database, entry) for entry in entries_of(database, run_now(database))
    }
    assert by_country == {
        "round": [("Debit", "Sales", "7.00", None), ("Credit", "Accounts Receivable", "7.00", None)],
        "mixed": [
            ("Debit", "Services", "8.00", None),
            ("Credit", "Accounts Receivable", "3.00", None),
            ("Credit", "Sales", "5.00", None),
        ],
        "left": [("Debit", "Accounts Receivable", "1.00", None), ("Credit", "Tax Payable", "1.00", None)],
    }


def test_amounts_have_the_decimals_of_their_currency(database: Database) -> None:
    post(
        database,
        [line("yen", currency="JPY", amount="12"), line("dinar", currency="KWD", amount="1.234"), line("pound")],
    )
    amounts = {entry.currency: items_of(database, entry)[0][2] for entry in entries_of(database, run_now(database))}
    assert amounts == {"GBP": "10.00", "JPY": "12", "KWD": "1.234"}


def test_home_amounts_are_rounded_half_even_once_for_each_transaction(database: Database) -> None:
    ledger = Ledger("GBP")
    lines = [
        line(str(number), currency="EUR", amount=amount, exchange_rate="0.5")
        for number, amount in enumerate(["0.01", "0.01", "0.01", "0.03"])
    ]
    post(database, lines, ledger)
    (entry,) = entries_of(database, run_now(database, ledger))
    # Three of 0.005 are 0.00 and one of 0.015 is 0.02. Half-up it were 0.05, and the sum rounded once 0.03.
    assert items_of(database, entry) == [
        ("Debit", "Accounts Receivable", "0.06", "0.02"),
        ("Credit", "Sales", "0.06", "0.02"),
    ]


def test_a_home_amount_of_the_opposite_sign_gets_a_separate_item(database: Database) -> None:
    ledger = Ledger("GBP")
    lines = [
        line("plus", currency="EUR", amount="100", exchange_rate="1"),
        line("minus", currency="EUR", amount="-90", exchange_rate="2"),
    ]
    post(database, lines, ledger)
    (entry,) = entries_of(database, run_now(database, ledger))
    assert items_of(database, entry) == [
        ("Debit", "Accounts Receivable", "10.00", "0.00"),
        ("Debit", "Sales", "0.00", "80.00"),
        ("Credit", "Accounts Receivable", "0.00", "80.00"),
        ("Credit", "Sales", "10.00", "0.00"),
    ]


def test_aggregated_all_currencies_go_into_one_entry_in_the_home_currency(database: Database) -> None:
    ledger = Ledger("GBP", aggregate_currency=True)
    lines = [
        line("pound"),
        line("euro", currency="EUR", exchange_rate="0.85"),
        line("yen", currency="JPY", amount="1000", exchange_rate="0.0052"),
    ]
    post(database, lines, ledger)
    run = run_now(database, ledger)
    (entry,) = entries_of(database, run)
    assert (run.aggregate_currency, entry.aggregate_currency, entry.currency) == (True, True, "GBP")
    assert items_of(database, entry) == [
        ("Debit", "Accounts Receivable", "23.70", "23.70"),
        ("Credit", "Sales", "23.70", "23.70"),
    ]


def test_a_transaction_without_a_home_amount_ends_an_aggregated_run_in_error(database: Database) -> None:
    post(database, [line("before the home currency was set", currency="EUR")])
    run = run_now(database, Ledger("GBP", aggregate_currency=True))
    assert run.status is JournalRunStatus.ERROR
    assert run.error_message == (
        "1 transaction in EUR has no amount in GBP, the home currency; send it again with its exchange rate, by"
        " file or through the API, and then create the run again."
    )
    assert (run.total_journal_entry_count, entries_of(database, run)) == (0, [])


def test_without_an_active_rule_there_are_no_segments_in_the_key(database: Database) -> None:
    with database.write() as session:
        deactivate_rules(session)
    post(database, [line("a"), line("b", segment_country="FR"), line("c", segment_product="Books")])
    run = run_now(database)
    (entry,) = entries_of(database, run)
    assert (entry.segment_values, entry.transaction_count, run.segmentation_rule_name) == ([], 3, None)


def test_a_rule_can_override_its_segments_for_a_type(database: Database) -> None:
    rule = {"segmentation_rule": "By product and country", "active": "yes"}
    tax = {"segmentation_rule": "By product and country", "transaction_type": "Taxation Item"}
    rows = [{**rule, "segment": "product"}, {**rule, "segment": "country"}, {**tax, "segment": "country"}]
    import_segments(database, enumerate(rows), refuse, actor="test")
    for kind in ("Invoice Item", "Taxation Item"):
        post(database, [line(f"{kind}{product}", transaction_type=kind, segment_product=product) for product in "AB"])
    entries = [
        (entry.transaction_type, [(segment["name"], segment["value"]) for segment in entry.segment_values])
        for entry in entries_of(database, run_now(database))
    ]
    assert entries == [
        (TransactionType.INVOICE_ITEM, [("product", "A"), ("country", "UK")]),
        (TransactionType.INVOICE_ITEM, [("product", "B"), ("country", "UK")]),
        (TransactionType.TAXATION_ITEM, [("country", "UK")]),
    ]


@pytest.mark.parametrize(
    ("home", "rate", "expected"), [("JPY", "50", "2"), ("GBP", "0.5", "0.02"), ("KWD", "0.35", "0.014")]
)
def test_home_amounts_are_rounded_to_the_home_currencys_own_digits(
    database: Database, home: str, rate: str, expected: str
) -> None:
    # Of 0.01 and 0.03 EUR: 0.5 and 1.5 JPY, 0.005 and 0.015 GBP, 0.0035 and 0.0105 KWD; each rounded to even.
    ledger = Ledger(home)
    post(database, [line(a, currency="EUR", amount=a, exchange_rate=rate) for a in ("0.01", "0.03")], ledger)
    (entry,) = entries_of(database, run_now(database, ledger))
    assert items_of(database, entry) == [
        ("Debit", "Accounts Receivable", "0.04", expected),
        ("Credit", "Sales", "0.04", expected),
    ]


def test_a_run_that_ends_as_error_leaves_no_entry_and_takes_nothing(database: Database) -> None:
    post(database, [line("fits", segment_country="FR")])
    for number in range(2):
        post(database, [line(f"{number}", transaction_type="Taxation Item", amount="60000000000000000.00")])
    run = run_now(database)
    assert run.status is JournalRunStatus.ERROR
    assert "beyond 64 bits" in (run.error_message or "")
    assert (run.total_journal_entry_count, run.transaction_count, entries_of(database, run)) == (0, 0, [])
    following = run_now(database, draft=replace(DECEMBER, transaction_types=[TransactionType.INVOICE_ITEM]))
    assert (following.status, following.transaction_count) == (JournalRunStatus.COMPLETED, 1)
    assert [entry.number for entry in entries_of(database, following)] == ["JE-00000001"]
