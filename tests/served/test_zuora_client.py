"""The vendor's own published client, used against the running gateway."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gateway.application import Application
from storage.audit import events_of
from storage.database import Database
from storage.settings import Ledger
from storage.words import Permission, TransactionType
from tests.support.held import held
from tests.support.ledger import keep, line, post
from tests.support.served import served
from tests.support.vendor import Vendor, logged_in, understood, zuora

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

COUNTRIES = ["AT", "BE", "CH", "DE", "DK", "ES", "FR", "IT", "NL", "PL"]


def refused(answer: Any, *reasons: tuple[int, str]) -> None:
    """The request was refused for these reasons: the last two digits of each code, and part of its message."""
    assert answer.success is False
    assert answer.process_id
    assert answer.request_id
    told = [(reason.code - 50_000_000, reason.message) for reason in answer.reasons]
    assert [category for category, _ in told] == [category for category, _ in reasons], told
    for (_, message), (_, part) in zip(told, reasons, strict=True):
        assert part in message


@pytest.fixture
def vendor(database: Database) -> Iterator[Vendor]:
    """The vendor's client with an API key that has all permissions, at a gateway that requires one."""
    with served(Application(database, require_api_key=True), database) as gateway:
        yield Vendor(logged_in(gateway, *Permission), gateway)


def test_the_worked_example(vendor: Vendor) -> None:
    post(vendor.gateway.database, [line(country, segment_country=country) for country in COUNTRIES])

    created = vendor.create(idempotency_key="close of December")
    assert created.success is True
    number = created.journal_run_number
    assert vendor.create(idempotency_key="close of December").journal_run_number == number
    run = vendor.poll(number, "Completed")
    assert (run.success, run.number, run.total_journal_entry_count) == (True, number, 10)
    assert (str(run.target_start_date), str(run.target_end_date)) == ("2024-12-01", "2024-12-31")
    assert (run.segmentation_rule_name, run.aggregate_currency, run.organization_labels) == ("By country", False, [])
    assert [wanted.type for wanted in run.transaction_types] == ["Invoice Item"]
    time.strptime(run.executed_on, "%Y-%m-%d %H:%M:%S")

    entries = vendor.all_entries(number, size=3)
    assert [entry.segments[0].segment_value for entry in entries] == COUNTRIES
    assert len({entry.number for entry in entries}) == 10
    for entry in entries:
        assert [(item.type, item.amount) for item in entry.journal_entry_items] == [
            ("Debit", "10.00"),
            ("Credit", "10.00"),
        ]
        assert (entry.currency, entry.home_currency, entry.transfer_date_time) == ("GBP", None, None)
    transferred = entries[3].number
    assert vendor.set(transferred, transferred_to_accounting="Yes").success is True
    held_back = understood(vendor.entries.get_summary_journal_entry(transferred))
    assert (held_back.success, held_back.transferred_to_accounting) == (True, "Yes")
    assert held_back.transferred_by == "ERP 13"
    time.strptime(held_back.transfer_date_time, "%Y-%m-%d %H:%M:%S")

    assert understood(vendor.runs.cancel_journal_run(number)).success is True
    vendor.poll(number, "Completed")
    after = {entry.number: entry.status for entry in vendor.all_entries(number)}
    assert after.pop(transferred) == "Created"
    assert list(after.values()) == ["Cancelled"] * 9

    refused(understood(vendor.runs.delete_journal_run(number)), (30, f"Journal run {number} is Completed"))
    assert vendor.set(transferred, transferred_to_accounting="No", notes="Taken back").success is True
    assert understood(vendor.runs.cancel_journal_run(number)).success is True
    vendor.poll(number, "Cancelled")
    assert {entry.status for entry in vendor.all_entries(number)} == {"Cancelled"}
    assert understood(vendor.runs.delete_journal_run(number)).success is True
    refused(vendor.poll(number, None), (40, f"There is no journal run '{number}'."))
    with vendor.gateway.database.read() as session:
        actors = [(event.action, event.actor) for event in events_of(session, "JournalRun", number)]
    assert [actors[0], actors[-2]] == [
        (action, f"API key ERP 13, client id {vendor.sdk.client_id}") for action in ("create", "delete")
    ]


def test_every_refusal(vendor: Vendor) -> None:
    post(vendor.gateway.database, [line(country, segment_country=country) for country in ("AT", "BE")])
    refused(
        vendor.create(accounting_period_name=None, journal_entry_date=None, transaction_types=[]),
        (22, "accountingPeriodName: Give an accounting period, or both target dates."),
        (22, "transactionTypes: Give at least one transaction type."),
        (22, "journalEntryDate: "),
    )
    refused(
        vendor.create(
            accounting_period_name="Dec 1824",
            target_start_date="2024-12-31",
            target_end_date="2024-12-01",
            journal_entry_date="1999-01-01",
            transaction_types=["Invoice Item", "Invoice Item", "Invoice item"],
            organization_labels=[zuora().OrganizationLabel(organization_name="Mars")],
        ),
        (20, "targetEndDate: The end 2024-12-01 is before the start 2024-12-31"),
        (40, "accountingPeriodName: There is no accounting period 'Dec 1824'"),
        (20, "transactionTypes[1]: Transaction type Invoice Item is given more than once."),
        (20, "transactionTypes[2]: There is no transaction type 'Invoice item'"),
        (40, "organizationLabels[0]: There is no organisation 'Mars'"),
        (20, "journalEntryDate: 1999-01-01 is not in any accounting period"),
    )
    refused(
        vendor.create(
            accounting_period_name=None,
            target_start_date="2024-12-01",
            target_end_date="2024-12-02",
            transaction_types=["Revenue Event Item"],
        ),
        (30, "Revenue Event Item requires a run for a whole accounting period"),
    )
    refused(vendor.create(journal_entry_date="31/12/2024"), (20, "journalEntryDate: '31/12/2024' is not a date"))
    refused(vendor.create(ledger="main"), (21, "ledger: There is no such field."))

    with held("make_entries"):
        number = vendor.create(idempotency_key="one").journal_run_number
        refused(vendor.create(), (30, f"Journal run {number} is P"))
        refused(
            vendor.create(idempotency_key="one", transaction_types=["Taxation Item"]),
            (30, f"Journal run {number} is P"),
            (30, f"Idempotency-Key: Key 'one' was used for {number} with a different input"),
        )
        vendor.poll(number, "Processing")
        refused(understood(vendor.runs.cancel_journal_run(number)), (30, f"Journal run {number} is Processing"))
    vendor.poll(number, "Completed")
    first, second = (entry.number for entry in vendor.all_entries(number))
    vendor.set(first, transferred_to_accounting="Processing")
    refused(understood(vendor.entries.cancel_summary_journal_entry(first)), (30, "status is Processing."))
    assert understood(vendor.entries.cancel_summary_journal_entry(second)).success is True
    refused(understood(vendor.entries.cancel_summary_journal_entry(second)), (30, "is already Cancelled"))
    refused(vendor.set(second, transferred_to_accounting="Yes"), (30, "transferredToAccounting: Journal entry"))
    refused(vendor.set(first, notes="x" * 2001), (20, "notes: They have 2,001 characters; the maximum is 2,000."))
    refused(vendor.set(first, transferred_to_accounting="Maybe"), (20, "transferredToAccounting: "))
    refused(vendor.set(first), (22, "Give notes, a transfer status, or both."))

    for unknown in (
        vendor.runs.get_journal_run("JR-99999999"),
        vendor.runs.cancel_journal_run("JR-99999999"),
        vendor.runs.delete_journal_run("JR-99999999"),
        vendor.entries.get_all_summary_journal_entries("JR-99999999"),
    ):
        refused(understood(unknown), (40, "There is no journal run 'JR-99999999'."))
    for unknown in (
        vendor.entries.get_summary_journal_entry("JE-99999999"),
        vendor.entries.cancel_summary_journal_entry("JE-99999999"),
        vendor.set("JE-99999999", notes="x"),
    ):
        refused(understood(unknown), (40, "There is no journal entry 'JE-99999999'."))


def test_unauthenticated_callers_and_missing_permissions_are_refused(vendor: Vendor) -> None:
    post(vendor.gateway.database, [line("a")])
    number = vendor.create().journal_run_number
    vendor.poll(number, "Completed")
    vendor.runs.cancel_journal_run(number)
    vendor.poll(number, "Cancelled")

    few = logged_in(vendor.gateway, Permission.VIEW_JOURNAL_RUNS)
    assert understood(few.journal_runs_api().get_journal_run(number)).status == "Cancelled"
    refused(understood(few.journal_runs_api().delete_journal_run(number)), (10, "Delete Cancelled Journal Run"))
    refused(
        understood(few.summary_journal_entries_api().get_all_summary_journal_entries(number)),
        (10, "View journal entries"),
    )
    few.api_client.default_headers["Authorization"] = "Bearer expired"
    with pytest.raises(zuora().exceptions.UnauthorizedException) as caught:
        few.journal_runs_api().get_journal_run(number)
    assert "The access token is unknown, expired or revoked" in understood(caught.value.data).message
    with pytest.raises(zuora().exceptions.UnauthorizedException) as caught:
        zuora().OAuthApi(few.api_client).create_token(few.client_id, "wrong", "client_credentials")
    assert "The client id or secret is wrong" in understood(caught.value.data).message
    with pytest.raises(zuora().exceptions.BadRequestException) as caught:
        zuora().OAuthApi(few.api_client).create_token(few.client_id, "wrong", "password")
    assert caught.value.data.code == 50_000_020
    vendor.poll(number, "Cancelled")


def test_accounting_periods_and_codes_are_read(vendor: Vendor) -> None:
    periods = understood(vendor.sdk.accounting_periods_api().get_all_accounting_periods()).accounting_periods
    assert [(period.name, period.status, period.end_date is None) for period in periods] == [
        ("Dec 2024", "Open", False),
        ("Jan 2025", "Open", False),
        ("Feb 2025", "Open", False),
        ("Open-Ended", "Open", True),
    ]
    one = understood(vendor.sdk.accounting_periods_api().get_accounting_period(periods[1].id))
    assert (one.success, one.name, str(one.start_date)) == (True, "Jan 2025", "2025-01-01")
    codes = vendor.sdk.accounting_codes_api()
    first = understood(codes.get_all_accounting_codes(page=1, page_size=4))
    rest = understood(codes.get_all_accounting_codes(page=2, page_size=4))
    assert first.next_page is not None
    assert rest.next_page is None
    names = [code.name for code in first.accounting_codes + rest.accounting_codes]
    assert names == ["Accounts Receivable", "Cash", "Old Sales", "Sales", "Services", "Tax Payable"]
    sales = understood(codes.get_accounting_code(first.accounting_codes[3].id))
    assert (sales.name, sales.type, sales.status, sales.gl_account_number) == ("Sales", "OtherAssets", "Active", "1002")
    refused(understood(codes.get_accounting_code("7e3")), (40, "There is no accounting code with the id '7e3'"))
    refused(understood(vendor.sdk.accounting_periods_api().get_accounting_period("99")), (40, "id '99'"))


def test_home_currency_and_organisations(database: Database) -> None:
    ledger = Ledger(home_currency="JPY")
    keep(database, ledger)
    with served(Application(database), database) as gateway:
        vendor = Vendor(logged_in(gateway, *Permission), gateway)
        post(database, [line("a", organization="North", exchange_rate="150.5", amount="10.01")], ledger)
        labels = [zuora().OrganizationLabel(organization_name="North")]
        number = vendor.create(organization_labels=labels).journal_run_number
        run = vendor.poll(number, "Completed")
        assert [label.organization_name for label in run.organization_labels] == ["North"]
        (entry,) = vendor.all_entries(number)
        assert (entry.organization_label, entry.currency, entry.home_currency) == ("North", "GBP", "JPY")
        assert [(item.amount, item.home_currency_amount) for item in entry.journal_entry_items] == [
            ("10.01", "1507"),
            ("10.01", "1507"),
        ]


PUBLISHED = [
    "CreateJournalRunRequest",
    "CreateJournalRunResponse",
    "GetJournalRunResponse",
    "GetJournalEntriesInJournalRunResponse",
    "GetJournalEntryDetailResponse",
    "GetJournalEntryItemResponse",
    "GetJournalEntrySegmentResponse",
    "UpdateBasicSummaryJournalEntryRequest",
    "GetAccountingPeriodResponse",
    "GetAccountingPeriodWithoutSuccessResponse",
    "GetAccountingCodeResponse",
    "OrganizationLabel",
    "FailedReason",
    "TokenResponse",
]
WORDS = [
    "JournalRunStatus",
    "JournalEntryStatus",
    "TransferredToAccountingStatus",
    "JournalEntryItemType",
    "AccountingCodeStatus",
    "AccountingCodeCategory",
]


def test_the_documentation_covers_every_published_field_and_status() -> None:
    told = (Path(__file__).parents[2] / "docs" / "rest.md").read_text()
    fields = {
        field.alias or name
        for model in PUBLISHED
        for name, field in getattr(zuora(), model).model_fields.items()
        if name != "additional_properties"
    }
    assert {name for name in fields if name not in told and not name.startswith("runTrialBalance")} == set()
    assert {word.value for words in WORDS for word in getattr(zuora(), words) if word.value not in told} == set()


def test_the_published_transaction_types_are_the_known_ones() -> None:
    assert {word.value for word in zuora().JournalRunTransactionType} == set(TransactionType)
