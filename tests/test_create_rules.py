"""The rules of creating a run. Each refusal names its field, and a refused run leaves nothing behind."""

from typing import Any

from tests.client import Client
from tests.ledger import line, post

Broken = list[tuple[str, str]]

DATES = {"accountingPeriodName": None}

REFUSALS: dict[str, tuple[dict[str, Any], Broken]] = {
    "rule 1: a period or both dates": (DATES, [("REQUIRED", "accountingPeriodName")]),
    "rule 1: no start without an end": (
        {**DATES, "targetStartDate": "2024-12-01"},
        [("REQUIRED", "targetEndDate")],
    ),
    "rule 1: no end without a start": (
        {**DATES, "targetEndDate": "2024-12-31"},
        [("REQUIRED", "targetStartDate")],
    ),
    "rule 1: an unknown period": ({"accountingPeriodName": "Dec 1824"}, [("UNKNOWN", "accountingPeriodName")]),
    "rule 1: a start that is not the period's own": (
        {"targetStartDate": "2024-12-02", "targetEndDate": "2024-12-31"},
        [("PERIOD_MISMATCH", "targetStartDate")],
    ),
    "rule 1: an end that is not the period's own": (
        {"targetStartDate": "2024-12-01", "targetEndDate": "2024-12-30"},
        [("PERIOD_MISMATCH", "targetEndDate")],
    ),
    "rule 2: start after end": (
        {**DATES, "targetStartDate": "2024-12-31", "targetEndDate": "2024-12-01"},
        [("OUT_OF_RANGE", "targetEndDate")],
    ),
    "rule 2: a range over two periods": (
        {**DATES, "targetStartDate": "2024-12-31", "targetEndDate": "2025-01-01"},
        [("NOT_IN_ONE_PERIOD", "targetEndDate")],
    ),
    "rule 2: a range outside of every period": (
        {**DATES, "targetStartDate": "2023-01-01", "targetEndDate": "2023-01-02"},
        [("NOT_IN_ONE_PERIOD", "targetStartDate"), ("NOT_IN_ONE_PERIOD", "targetEndDate")],
    ),
    "rule 2: the open-ended period by name": (
        {"accountingPeriodName": "Open-Ended"},
        [("PERIOD_OPEN_ENDED", "accountingPeriodName")],
    ),
    "rule 2: the open-ended period by dates": (
        {**DATES, "targetStartDate": "2025-03-01", "targetEndDate": "2025-03-02"},
        [("PERIOD_OPEN_ENDED", "targetStartDate"), ("PERIOD_OPEN_ENDED", "targetEndDate")],
    ),
    "rule 3: revenue for a part of a period": (
        {
            **DATES,
            "targetStartDate": "2024-12-01",
            "targetEndDate": "2024-12-30",
            "transactionTypes": ["INVOICE_ITEM", "REVENUE_EVENT_ITEM"],
        },
        [("WHOLE_PERIOD_ONLY", "transactionTypes.1")],
    ),
    "rule 3: revenue for a single day": (
        {
            **DATES,
            "targetStartDate": "2024-12-01",
            "targetEndDate": "2024-12-01",
            "transactionTypes": ["REVENUE_EVENT_ITEM"],
        },
        [("WHOLE_PERIOD_ONLY", "transactionTypes.0")],
    ),
    "rule 4: a journal entry date in no period": (
        {"journalEntryDate": "2024-11-30"},
        [("OUT_OF_RANGE", "journalEntryDate")],
    ),
    "rule 5: no transaction type": ({"transactionTypes": []}, [("REQUIRED", "transactionTypes")]),
    "rule 5: a transaction type named twice": (
        {"transactionTypes": ["INVOICE_ITEM", "TAXATION_ITEM", "INVOICE_ITEM"]},
        [("DUPLICATE", "transactionTypes.2")],
    ),
    "rule 5: an unknown organisation, and one named twice": (
        {"organizationLabels": ["North", "Mars", "North"]},
        [("UNKNOWN", "organizationLabels.1"), ("DUPLICATE", "organizationLabels.2")],
    ),
    "rule 7: a key that is no key": ({"idempotencyKey": ""}, [("INVALID", "idempotencyKey")]),
    "every broken rule at once": (
        {
            **DATES,
            "targetStartDate": "2024-12-02",
            "targetEndDate": "2025-01-01",
            "journalEntryDate": "1999-01-01",
            "organizationLabels": ["Mars"],
            "transactionTypes": ["INVOICE_ITEM", "INVOICE_ITEM"],
        },
        [
            ("NOT_IN_ONE_PERIOD", "targetEndDate"),
            ("DUPLICATE", "transactionTypes.1"),
            ("UNKNOWN", "organizationLabels.0"),
            ("OUT_OF_RANGE", "journalEntryDate"),
        ],
    ),
}


def broken(payload: dict[str, Any]) -> Broken:
    """The code and the field of each error of a refusal."""
    assert payload["journalRun"] is None
    for error in payload["errors"]:
        assert error["field"][0] == "input"
        assert error["message"].endswith(".")
    return [(error["code"], ".".join(error["field"][1:])) for error in payload["errors"]]


def test_each_rule_refuses_completely_and_leaves_nothing(client: Client) -> None:
    post(client.database, [line("a", organization="North")])
    for rule, (given, expected) in REFUSALS.items():
        assert broken(client.create(**given)) == expected, rule
    assert client.query("{ journalRuns { totalCount } }") == {"journalRuns": {"totalCount": 0}}
    assert client.completed()["number"] == "JR-00000001"


def test_rule_1_and_2_accept_a_period_its_own_dates_or_a_part_of_it(client: Client) -> None:
    whole = client.completed()
    assert (whole["targetStartDate"], whole["targetEndDate"]) == ("2024-12-01", "2024-12-31")
    assert client.completed(targetStartDate="2024-12-01", targetEndDate="2024-12-31")["errorMessage"] is None
    part = client.completed(accountingPeriodName=None, targetStartDate="2024-12-05", targetEndDate="2024-12-05")
    assert part["accountingPeriod"] == {"name": "Dec 2024"}
    revenue = client.completed(transactionTypes=["REVENUE_EVENT_ITEM"])
    assert revenue["executedOn"] >= revenue["createdAt"]


def test_rule_5_an_unknown_transaction_type_is_a_broken_document(client: Client) -> None:
    answer = client.send(
        "mutation($input: CreateJournalRunInput!) { createJournalRun(input: $input) { errors { code } } }",
        {
            "input": {
                "accountingPeriodName": "Dec 2024",
                "journalEntryDate": "2024-12-31",
                "transactionTypes": ["INVOICE"],
            }
        },
    )
    assert "'INVOICE' does not exist in 'TransactionType'" in answer["errors"][0]["message"]


def test_rule_6_one_run_at_a_time_naming_the_run_in_the_way(client: Client) -> None:
    first = client.create()["journalRun"]
    second = client.create(journalEntryDate="1999-01-01")
    assert broken(second) == [("OUT_OF_RANGE", "journalEntryDate"), ("RUN_IN_THE_WAY", "")]
    assert second["errors"][1]["message"].startswith(f"Journal run {first['number']} is P")
    client.wait(first["number"], "COMPLETED")
    assert client.completed()["number"] == "JR-00000002"


def test_rule_7_the_same_key_gives_the_same_run_and_another_input_is_refused(client: Client) -> None:
    run = client.completed(idempotencyKey="close december")
    again = client.create(idempotencyKey="close december", transactionTypes=list(reversed(run["transactionTypes"])))
    assert again["errors"] == []
    assert again["journalRun"]["number"] == run["number"]
    other = client.create(idempotencyKey="close december", journalEntryDate="2024-12-30")
    assert broken(other) == [("IDEMPOTENCY_KEY_REUSED", "idempotencyKey")]
    client.cancel(run["number"])
    client.wait(run["number"], "CANCELLED")
    client.delete(run["number"])
    client.wait_until_gone(run["number"])
    gone = client.create(idempotencyKey="close december")
    assert broken(gone) == [("IDEMPOTENCY_KEY_REUSED", "idempotencyKey")]
    assert "has been deleted" in gone["errors"][0]["message"]
