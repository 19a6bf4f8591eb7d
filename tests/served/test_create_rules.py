"""The rules of creating a run. Each refusal names its field and what would be right, and nothing is changed."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from resolvers.import_ledger import import_accounting_periods
from runs.create_rules import check
from runs.violations import Invalid
from schema.schema import SCHEMA
from storage.database import Database
from storage.settings import Ledger
from storage.words import TransactionType
from tests.support.client import Client
from tests.support.direct_runs import DECEMBER, cancel_now, run_now
from tests.support.held import held
from tests.support.ledger import keep, line, post, refuse

Broken = list[tuple[str, str]]

DATES = {"accountingPeriodName": None}
TWICE = "is given more than once"

REFUSALS: dict[str, tuple[dict[str, Any], list[tuple[str, str, str]]]] = {
    "rule 1: a period or both dates": (
        DATES,
        [
            (
                "REQUIRED",
                "accountingPeriodName",
                "Give an accounting period, or both target dates.",
            )
        ],
    ),
    "rule 1: no start without an end": (
        {**DATES, "targetStartDate": "2024-12-01"},
        [("REQUIRED", "targetEndDate", "It is required with a target start date.")],
    ),
    "rule 1: no end without a start": (
        {**DATES, "targetEndDate": "2024-12-31"},
        [("REQUIRED", "targetStartDate", "It is required with a target end date.")],
    ),
    "rule 1: an unknown period": (
        {"accountingPeriodName": "Dec 1824"},
        [("UNKNOWN", "accountingPeriodName", "'Dec 1824'; use a name from the list of accounting periods")],
    ),
    "rule 1: a start that is not the period's own": (
        {"targetStartDate": "2024-12-02", "targetEndDate": "2024-12-31"},
        [
            (
                "PERIOD_MISMATCH",
                "targetStartDate",
                "the first day of accounting period Dec 2024; use 2024-12-01, or omit",
            )
        ],
    ),
    "rule 1: an end that is not the period's own": (
        {"targetEndDate": "2024-12-30", "targetStartDate": "2024-12-01"},
        [
            (
                "PERIOD_MISMATCH",
                "targetEndDate",
                "the last day of accounting period Dec 2024; use 2024-12-31, or omit",
            )
        ],
    ),
    "rule 1: a start alone beside a period": (
        {"targetStartDate": "2024-12-01"},
        [("REQUIRED", "targetEndDate", "It is required with a target start date.")],
    ),
    "rule 2: start after end": (
        {**DATES, "targetStartDate": "2024-12-31", "targetEndDate": "2024-12-01"},
        [("OUT_OF_RANGE", "targetEndDate", "it must be the same day or later")],
    ),
    "rule 2: a range over two periods": (
        {**DATES, "targetStartDate": "2024-12-31", "targetEndDate": "2025-01-01"},
        [
            (
                "NOT_IN_ONE_PERIOD",
                "targetEndDate",
                "2024-12-31 is in accounting period Dec 2024, but 2025-01-01 is in",
            )
        ],
    ),
    "rule 2: a range outside of every period": (
        {**DATES, "targetStartDate": "2023-01-01", "targetEndDate": "2023-01-02"},
        [
            ("NOT_IN_ONE_PERIOD", "targetStartDate", "2023-01-01 is not in any accounting period; use a date inside"),
            ("NOT_IN_ONE_PERIOD", "targetEndDate", "2023-01-02 is not in any accounting period; use a date inside"),
        ],
    ),
    "rule 2: the open-ended period by name": (
        {"accountingPeriodName": "Open-Ended"},
        [("PERIOD_OPEN_ENDED", "accountingPeriodName", "runs need a period that has an end")],
    ),
    "rule 2: the open-ended period by dates": (
        {**DATES, "targetStartDate": "2025-03-01", "targetEndDate": "2025-03-02"},
        [
            ("PERIOD_OPEN_ENDED", "targetStartDate", "runs need a period that has an end"),
            ("PERIOD_OPEN_ENDED", "targetEndDate", "runs need a period that has an end"),
        ],
    ),
    "rule 2: a start after the end, both of them in no period a run can use": (
        {**DATES, "targetStartDate": "2025-03-02", "targetEndDate": "2023-01-01"},
        [
            ("OUT_OF_RANGE", "targetEndDate", "it must be the same day or later"),
            ("PERIOD_OPEN_ENDED", "targetStartDate", "runs need a period that has an end"),
            ("NOT_IN_ONE_PERIOD", "targetEndDate", "use a date inside"),
        ],
    ),
    "rule 2: a start alone, in no period": (
        {**DATES, "targetStartDate": "2023-01-01"},
        [
            ("REQUIRED", "targetEndDate", "It is required with a target start date."),
            ("NOT_IN_ONE_PERIOD", "targetStartDate", "use a date inside"),
        ],
    ),
    "rule 2: a start after the end, in two periods": (
        {**DATES, "targetStartDate": "2025-01-15", "targetEndDate": "2024-12-20"},
        [
            ("OUT_OF_RANGE", "targetEndDate", "it must be the same day or later"),
            ("NOT_IN_ONE_PERIOD", "targetEndDate", "the range must lie inside one period"),
        ],
    ),
    "rules 1 and 2: an unknown period, and dates that no period would take": (
        {"accountingPeriodName": "?", "targetStartDate": "2024-12-31", "targetEndDate": "2025-01-01"},
        [
            ("UNKNOWN", "accountingPeriodName", "use a name from the list of accounting periods"),
            ("NOT_IN_ONE_PERIOD", "targetEndDate", "the range must lie inside one period"),
        ],
    ),
    "rules 1 and 2: the open-ended period by name, and a start that is not its own": (
        {"accountingPeriodName": "Open-Ended", "targetStartDate": "2025-03-02", "targetEndDate": "2025-03-03"},
        [
            ("PERIOD_OPEN_ENDED", "accountingPeriodName", "runs need a period that has an end"),
            (
                "PERIOD_MISMATCH",
                "targetStartDate",
                "2025-03-02 is not the first day of accounting period Open-Ended; use 2025-03-01",
            ),
        ],
    ),
    "rules 2 and 3: revenue over two periods": (
        {
            **DATES,
            "targetStartDate": "2024-12-01",
            "targetEndDate": "2025-01-31",
            "transactionTypes": ["REVENUE_EVENT_ITEM"],
        },
        [
            ("NOT_IN_ONE_PERIOD", "targetEndDate", "the range must lie inside one period"),
            ("WHOLE_PERIOD_ONLY", "transactionTypes.0", "2024-12-01 to 2025-01-31 is not a period"),
        ],
    ),
    "rules 2 and 3: revenue in the open-ended period": (
        {
            **DATES,
            "targetStartDate": "2025-03-01",
            "targetEndDate": "2025-03-02",
            "transactionTypes": ["REVENUE_EVENT_ITEM"],
        },
        [
            ("PERIOD_OPEN_ENDED", "targetStartDate", "runs need a period that has an end"),
            ("PERIOD_OPEN_ENDED", "targetEndDate", "runs need a period that has an end"),
            ("WHOLE_PERIOD_ONLY", "transactionTypes.0", "2025-03-01 to 2025-03-02 is not a period"),
        ],
    ),
    "names are normalised, and refused for what cannot be seen": (
        {"accountingPeriodName": "Dec\u00a02024", "organizationLabels": ["North\u200b", " North", "North "]},
        [
            ("INVALID", "accountingPeriodName", "Character 4 is NO-BREAK SPACE (U+00A0), which is invisible"),
            ("INVALID", "organizationLabels.0", "Character 6 is ZERO WIDTH SPACE (U+200B)"),
            ("DUPLICATE", "organizationLabels.2", TWICE),
        ],
    ),
    "a blank organisation is not absent, which would mean all": (
        {"organizationLabels": [" "]},
        [("UNKNOWN", "organizationLabels.0", "There is no organisation ''")],
    ),
    "a key that no database can keep": (
        {"idempotencyKey": "a\ud800"},
        [("INVALID", "idempotencyKey", "1 to 255 characters, without NUL")],
    ),
    "rule 3: revenue for a part of a period": (
        {
            **DATES,
            "targetStartDate": "2024-12-01",
            "targetEndDate": "2024-12-30",
            "transactionTypes": ["INVOICE_ITEM", "REVENUE_EVENT_ITEM"],
        },
        [("WHOLE_PERIOD_ONLY", "transactionTypes.1", "requires a run for a whole accounting period")],
    ),
    "rule 3: revenue for a single day": (
        {
            **DATES,
            "targetStartDate": "2024-12-01",
            "targetEndDate": "2024-12-01",
            "transactionTypes": ["REVENUE_EVENT_ITEM"],
        },
        [("WHOLE_PERIOD_ONLY", "transactionTypes.0", "requires a run for a whole accounting period")],
    ),
    "rule 4: a journal entry date in no period": (
        {"journalEntryDate": "2024-11-30"},
        [("OUT_OF_RANGE", "journalEntryDate", "use a date inside one, such as the last day of the period")],
    ),
    "rule 5: no transaction type": (
        {"transactionTypes": []},
        [("REQUIRED", "transactionTypes", "at least one transaction type")],
    ),
    "rule 5: all transaction types, but not a whole period": (
        {
            "accountingPeriodName": None,
            "targetStartDate": "2024-12-01",
            "targetEndDate": "2024-12-30",
            "transactionTypes": None,
        },
        [("WHOLE_PERIOD_ONLY", "transactionTypes", "is only a part of Dec 2024, so name the transaction types to")],
    ),
    "rule 5: a transaction type named twice": (
        {"transactionTypes": ["INVOICE_ITEM", "TAXATION_ITEM", "INVOICE_ITEM"]},
        [("DUPLICATE", "transactionTypes.2", f"Invoice Item {TWICE}")],
    ),
    "rule 5: an unknown organisation, and one named twice": (
        {"organizationLabels": ["North", "Mars", "North"]},
        [
            ("UNKNOWN", "organizationLabels.1", "no organisation 'Mars'; the organisations are: North"),
            ("DUPLICATE", "organizationLabels.2", f"'North' {TWICE}"),
        ],
    ),
    "rule 7: a key that is no key": (
        {"idempotencyKey": ""},
        [("INVALID", "idempotencyKey", "1 to 255 characters")],
    ),
    "every broken rule at once": (
        {
            "targetStartDate": "2024-12-02",
            "targetEndDate": "2025-01-01",
            "journalEntryDate": "1999-01-01",
            "organizationLabels": ["Mars"],
            "transactionTypes": ["INVOICE_ITEM", "INVOICE_ITEM"],
            "idempotencyKey": "x" * 256,
        },
        [
            ("PERIOD_MISMATCH", "targetStartDate", "use 2024-12-01, or omit"),
            ("PERIOD_MISMATCH", "targetEndDate", "use 2024-12-31, or omit"),
            ("DUPLICATE", "transactionTypes.1", TWICE),
            ("UNKNOWN", "organizationLabels.0", "the organisations are: North"),
            ("OUT_OF_RANGE", "journalEntryDate", "use a date inside one"),
            ("INVALID", "idempotencyKey", "1 to 255 characters"),
        ],
    ),
}


def broken(payload: dict[str, Any]) -> Broken:
    """The code and the field of each error of a refusal."""
    assert payload["journalRun"] is None
    assert all(error["field"][0] == "input" for error in payload["errors"])
    return [(error["code"], ".".join(error["field"][1:])) for error in payload["errors"]]


def test_each_rule_refuses_completely_and_leaves_nothing(client: Client) -> None:
    post(client.database, [line("a", organization="North")])
    for rule, (given, expected) in REFUSALS.items():
        refused = client.create(**{"idempotencyKey": "never used up", **given})
        assert broken(refused) == [(code, field) for code, field, _ in expected], rule
        for error, (_, _, right) in zip(refused["errors"], expected, strict=True):
            assert right in error["message"], rule
    assert client.query("{ journalRuns { totalCount } }") == {"journalRuns": {"totalCount": 0}}
    assert client.completed(idempotencyKey="never used up")["number"] == "JR-00000001"


def test_rules_1_to_4_accept_a_period_its_own_dates_a_part_of_it_and_a_closed_one(client: Client) -> None:
    closed = {"name": "Nov 2024", "start_date": "2024-11-01", "end_date": "2024-11-30", "status": "Closed"}
    import_accounting_periods(client.database, enumerate([closed]), refuse, actor="test")
    whole = client.completed()
    assert (whole["targetStartDate"], whole["targetEndDate"]) == ("2024-12-01", "2024-12-31")
    assert client.completed(targetStartDate="2024-12-01", targetEndDate="2024-12-31")["errorMessage"] is None
    part = client.completed(accountingPeriodName=None, targetStartDate="2024-11-30", targetEndDate="2024-11-30")
    assert part["accountingPeriod"] == {"name": "Nov 2024"}
    revenue = client.completed(transactionTypes=["REVENUE_EVENT_ITEM"], journalEntryDate="2025-03-31")
    assert revenue["executedAt"] >= revenue["createdAt"]


def test_without_transaction_types_a_run_collects_all(client: Client) -> None:
    post(client.database, [line("a"), line("b", transaction_type="External Refund", segment_country="FR")])
    run = client.completed(transactionTypes=None)
    assert run["transactionTypes"] == [word.name for word in TransactionType]
    assert run["totalJournalEntryCount"] == 2
    document = """mutation { createJournalRun(input: { accountingPeriodName: "Jan 2025", journalEntryDate: "2025-01-31",
      transactionTypes: null }) { journalRun { transactionTypes } errors { code } } }"""
    created = client.query(document)["createJournalRun"]
    assert created == {"journalRun": {"transactionTypes": run["transactionTypes"]}, "errors": []}


def test_rule_5_an_unknown_transaction_type_is_an_invalid_document() -> None:
    answer = SCHEMA.execute_sync(
        "mutation($input: CreateJournalRunInput!) { createJournalRun(input: $input) { errors { code } } }",
        {"input": {"journalEntryDate": "2024-12-31", "transactionTypes": ["INVOICE"]}},
    )
    assert answer.errors is not None
    assert "'INVOICE' does not exist in 'TransactionType'" in answer.errors[0].message


def test_rule_6_one_run_at_a_time_naming_the_run_in_progress(client: Client) -> None:
    with held("make_entries"):
        with held("begin"):
            number = client.create()["journalRun"]["number"]
            behind_pending = client.create(journalEntryDate="1999-01-01")
        client.wait(number, "PROCESSING")
        behind_processing = client.create()
    assert broken(behind_pending) == [("OUT_OF_RANGE", "journalEntryDate"), ("RUN_IN_PROGRESS", "")]
    assert behind_pending["errors"][1]["message"].startswith(f"Journal run {number} is Pending;")
    assert broken(behind_processing) == [("RUN_IN_PROGRESS", "")]
    assert behind_processing["errors"][0]["message"].startswith(f"Journal run {number} is Processing;")
    client.wait(number, "COMPLETED")
    with held("cancel_batch"):
        client.cancel(number)
        assert client.completed()["number"] == "JR-00000002"


def test_rule_7_the_same_key_gives_the_same_run_and_another_input_is_refused(client: Client) -> None:
    with held("begin"):
        created = client.create(idempotencyKey="close december")["journalRun"]
        at_once = client.create(idempotencyKey="close december")
    run = client.wait(created["number"], "COMPLETED")
    reordered = list(reversed(run["transactionTypes"]))
    later = client.create(idempotencyKey="close december", transactionTypes=reordered)
    assert [(again["errors"], again["journalRun"]["number"]) for again in (at_once, later)] == [([], run["number"])] * 2
    other = client.create(idempotencyKey="close december", journalEntryDate="1999-01-01")
    assert broken(other) == [("OUT_OF_RANGE", "journalEntryDate"), ("IDEMPOTENCY_KEY_REUSED", "idempotencyKey")]
    assert f"was used for {run['number']} with a different input; use a new key" in other["errors"][1]["message"]
    client.cancel(run["number"])
    client.wait(run["number"], "CANCELLED")
    client.delete(run["number"])
    client.wait_until_gone(run["number"])
    gone = client.create(idempotencyKey="close december")
    assert broken(gone) == [("IDEMPOTENCY_KEY_REUSED", "idempotencyKey")]
    assert "has been deleted; use a new key" in gone["errors"][0]["message"]


@pytest.mark.parametrize(
    ("kept", "asked", "message"),
    [
        (
            Ledger("GBP", True),
            Ledger("GBP"),
            "has entries aggregated, but this run's entries would be in transaction currency;",
        ),
        (
            Ledger("GBP"),
            Ledger("GBP", True),
            "has entries in transaction currency, but this run's entries would be aggregated;",
        ),
    ],
)
def test_one_period_is_either_all_aggregated_or_all_not(
    database: Database, kept: Ledger, asked: Ledger, message: str
) -> None:
    post(database, [line("a", currency="EUR", exchange_rate="0.5")], kept)
    first = run_now(database, kept)
    by_dates = replace(
        DECEMBER,
        accounting_period_name=None,
        target_start_date=date(2024, 12, 1),
        target_end_date=date(2024, 12, 2),
    )
    keep(database, asked)
    with database.read() as session:
        for attempt, field in ((DECEMBER, "accounting_period_name"), (by_dates, "target_start_date")):
            with pytest.raises(Invalid) as refused:
                check(session, attempt)
            (violation,) = refused.value.violations
            assert (violation.rule, violation.path) == ("AGGREGATION_MIXED", (field,))
            assert message in violation.sentence
        assert check(session, replace(DECEMBER, accounting_period_name="Jan 2025"))
    keep(database, kept)
    with database.read() as session:
        assert check(session, DECEMBER)
    cancel_now(database, first.number)
    assert run_now(database, asked).transaction_count == 1
