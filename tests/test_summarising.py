"""How a run summarises, by example."""

from decimal import Decimal

import pytest

from resolvers.context import Ledger
from tests.client import Client
from tests.ledger import line, post


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


def test_a_run_takes_only_its_types_days_and_organisations_and_what_stands_in_no_entry(client: Client) -> None:
    post(
        client.database,
        [
            line("wanted", organization="North"),
            line("another type", transaction_type="Taxation Item", organization="North"),
            line("another day", transaction_date="2024-12-06", organization="North"),
            line("another organisation", organization="South"),
            line("no organisation"),
        ],
    )
    part = {"accountingPeriodName": None, "targetStartDate": "2024-12-05", "targetEndDate": "2024-12-05"}
    narrow = client.completed(**part, transactionTypes=["INVOICE_ITEM"], organizationLabels=["North"])
    assert narrow["transactionCount"] == 1
    assert client.completed()["transactionCount"] == 4
    post(client.database, [line("late", organization="North")])
    assert client.completed()["transactionCount"] == 1


def test_a_negative_sum_turns_the_item_round_and_a_sum_of_zero_gives_none(client: Client) -> None:
    post(
        client.database,
        [
            line("refund", amount="-7.00", segment_country="round"),
            line("sale", amount="5.00", segment_country="mixed"),
            line("service", amount="-8.00", credit_account="Services", segment_country="mixed"),
            line("plus", amount="3.00", segment_country="left"),
            line("minus", amount="-3.00", segment_country="left"),
            line("tax", amount="1.00", credit_account="Tax Payable", segment_country="left"),
        ],
    )
    run = client.completed()
    by_country = {entry["segments"][0]["value"]: items(entry) for entry in client.entries(run["number"])}
    assert by_country == {
        "round": [("CREDIT", "7.00", "Accounts Receivable"), ("DEBIT", "7.00", "Sales")],
        "mixed": [
            ("CREDIT", "3.00", "Accounts Receivable"),
            ("CREDIT", "5.00", "Sales"),
            ("DEBIT", "8.00", "Services"),
        ],
        "left": [("DEBIT", "1.00", "Accounts Receivable"), ("CREDIT", "1.00", "Tax Payable")],
    }


def test_amounts_have_the_decimals_of_their_currency(client: Client) -> None:
    post(
        client.database,
        [line("yen", currency="JPY", amount="12"), line("dinar", currency="KWD", amount="1.234"), line("pound")],
    )
    entries = client.entries(client.completed()["number"])
    assert {entry["currency"]: entry["totalDebit"] for entry in entries} == {
        "GBP": "10.00",
        "JPY": "12",
        "KWD": "1.234",
    }


class TestWithAHomeCurrency:
    """Transactions carry an exchange rate and an amount in the home currency."""

    @pytest.fixture
    def ledger(self) -> Ledger:
        return Ledger("GBP")

    def test_home_amounts_are_rounded_half_even_once_for_each_transaction(self, client: Client, ledger: Ledger) -> None:
        lines = [
            line(str(number), currency="EUR", amount=amount, exchange_rate="0.5")
            for number, amount in enumerate(["0.01", "0.01", "0.01", "0.03"])
        ]
        post(client.database, lines, ledger)
        (entry,) = client.entries(client.completed()["number"])
        assert entry["totalDebit"] == "0.06"
        # Three of 0.005 are 0.00 and one of 0.015 is 0.02. Half-up it were 0.05, and the sum rounded once 0.03.
        assert [item["homeCurrencyAmount"] for item in entry["items"]] == ["0.02", "0.02"]

    def test_a_home_amount_on_the_other_side_gets_an_item_of_its_own(self, client: Client, ledger: Ledger) -> None:
        lines = [
            line("plus", currency="EUR", amount="100", exchange_rate="1"),
            line("minus", currency="EUR", amount="-90", exchange_rate="2"),
        ]
        post(client.database, lines, ledger)
        (entry,) = client.entries(client.completed()["number"])
        found = [(item["type"], item["amount"], item["homeCurrencyAmount"]) for item in entry["items"]]
        assert found == [
            ("DEBIT", "10.00", "0.00"),
            ("CREDIT", "0.00", "80.00"),
            ("CREDIT", "10.00", "0.00"),
            ("DEBIT", "0.00", "80.00"),
        ]


class TestAggregated:
    """Entries are kept in the home currency, and the transaction currency leaves the key."""

    @pytest.fixture
    def ledger(self) -> Ledger:
        return Ledger("GBP", aggregate_currency=True)

    def test_all_currencies_go_into_one_entry_in_the_home_currency(self, client: Client, ledger: Ledger) -> None:
        lines = [line("pound"), line("euro", currency="EUR", exchange_rate="0.85"), line("yen", currency="JPY",
                 amount="1000", exchange_rate="0.0052")]  # fmt: skip
        post(client.database, lines, ledger)
        run = client.completed()
        assert run["aggregateCurrency"] is True
        (entry,) = client.entries(run["number"])
        assert (entry["currency"], Decimal(entry["totalDebit"])) == (
            "GBP",
            Decimal("10.00") + Decimal("8.50") + Decimal("5.20"),
        )

    def test_what_was_posted_without_a_home_amount_ends_the_run_as_error_with_nothing_left(
        self, client: Client, ledger: Ledger
    ) -> None:
        post(client.database, [line("before the home currency was set")])
        run = client.wait(client.create()["journalRun"]["number"], "ERROR")
        assert "carry no amount in GBP" in run["errorMessage"]
        assert (run["totalJournalEntryCount"], client.entries(run["number"])) == (0, [])
        client.cancel(run["number"])
        assert client.wait(run["number"], "CANCELLED")["cancellation"]["canceledCount"] == 0
