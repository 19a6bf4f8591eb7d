"""One implementation of every rule: the same cases through GraphQL and REST leave equal ledgers."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from gateway.application import Application
from gateway.rest.refusals import Category
from runs.violations import Rule
from storage.database import Database
from storage.migration import migrate
from storage.words import TransactionType, TransferStatus
from tests.support.client import Client
from tests.support.ledger import fill, line, post
from tests.support.postgresql import PostgreSQL
from tests.support.rest import Rest
from tests.support.served import served
from tests.support.settled import settled

Outcome = list[tuple[int, str]]
"""What came of a request: nothing when it was accepted, else the code and the message of each broken rule."""

COUNTRIES = ["AT", "BE", "CH", "DE"]

CATEGORIES = {
    Rule.REQUIRED: 22,
    Rule.INVALID: 20,
    Rule.DUPLICATE: 20,
    Rule.OUT_OF_RANGE: 20,
    Rule.UNKNOWN: 40,
    Rule.PERIOD_MISMATCH: 30,
    Rule.PERIOD_OPEN_ENDED: 30,
    Rule.NOT_IN_ONE_PERIOD: 30,
    Rule.WHOLE_PERIOD_ONLY: 30,
    Rule.RUN_IN_PROGRESS: 30,
    Rule.STATUS_NOT_ALLOWED: 30,
    Rule.IDEMPOTENCY_KEY_REUSED: 30,
}


class ByGraphQL:
    """Sends GraphQL mutations, and converts refusals to REST's form."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def create(self, **values: Any) -> Outcome:
        """Ask for a run."""
        types = [TransactionType(word).name for word in values.pop("transactionTypes")]
        usual = {"accountingPeriodName": None, "journalEntryDate": None}
        return self._told(self._client.create(transactionTypes=types, **{**usual, **values}))

    def cancel(self, number: str) -> Outcome:
        """Ask for a run's cancellation."""
        return self._told(self._client.cancel(number))

    def delete(self, number: str) -> Outcome:
        """Ask for a run's deletion."""
        return self._told(self._client.delete(number))

    def cancel_entry(self, number: str) -> Outcome:
        """Ask for an entry's cancellation."""
        return self._told(self._client.cancel_entry(number))

    def update_entry(self, number: str, **values: Any) -> Outcome:
        """Ask for an entry's change."""
        if "transferredToAccounting" in values:
            values["transferredToAccounting"] = TransferStatus(values["transferredToAccounting"]).name
        return self._told(self._client.update_entry(number, **values))

    def _told(self, payload: dict[str, Any]) -> Outcome:
        return [
            (50_000_000 + CATEGORIES[Rule(error["code"])], named(error["field"][1:], error["message"]))
            for error in payload["errors"]
        ]


class ByRest:
    """Sends REST requests."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def create(self, **values: Any) -> Outcome:
        """Ask for a run."""
        key = values.pop("idempotencyKey", None)
        values["transactionTypes"] = [{"type": word} for word in values["transactionTypes"]]
        if "organizationLabels" in values:
            values["organizationLabels"] = [{"organizationName": label} for label in values["organizationLabels"]]
        headers = {} if key is None else {"Idempotency_Key": key}
        return self._told(self._rest.send("POST", "/v1/journal-runs", values, **headers))

    def cancel(self, number: str) -> Outcome:
        """Ask for a run's cancellation."""
        return self._told(self._rest.send("PUT", f"/v1/journal-runs/{number}/cancel"))

    def delete(self, number: str) -> Outcome:
        """Ask for a run's deletion."""
        return self._told(self._rest.send("DELETE", f"/v1/journal-runs/{number}"))

    def cancel_entry(self, number: str) -> Outcome:
        """Ask for an entry's cancellation."""
        return self._told(self._rest.send("PUT", f"/v1/journal-entries/{number}/cancel"))

    def update_entry(self, number: str, **values: Any) -> Outcome:
        """Ask for an entry's change."""
        return self._told(self._rest.send("PUT", f"/v1/journal-entries/{number}/basic-information", values))

    def _told(self, answer: dict[str, Any]) -> Outcome:
        assert answer["success"] is ("reasons" not in answer)
        return [(reason["code"], reason["message"]) for reason in answer.get("reasons", [])]


Interface = ByGraphQL | ByRest


def named(path: list[str], message: str) -> str:
    """The message with its field, in REST's form."""
    if not path or path == ["number"]:
        return message
    name = ("Idempotency-Key" if path[0] == "idempotencyKey" else path[0]) + "".join(
        f"[{position}]" for position in path[1:]
    )
    return f"{name}: {message}"


@dataclass(frozen=True)
class Case:
    """One request, and the expected categories of its refusal; none if it is accepted."""

    ask: Callable[[Interface], Outcome]
    categories: tuple[int, ...] = ()


def create(*categories: int, **values: Any) -> Case:
    """A request for a run, by default of December 2024. None omits a field."""
    usual = {
        "accountingPeriodName": "Dec 2024",
        "journalEntryDate": "2024-12-31",
        "transactionTypes": ["Invoice Item"],
    }
    given = {name: value for name, value in {**usual, **values}.items() if value is not None}
    return Case(lambda interface: interface.create(**given), categories)


def cancel(number: str, *categories: int) -> Case:
    """A request to cancel that run."""
    return Case(lambda interface: interface.cancel(number), categories)


def delete(number: str, *categories: int) -> Case:
    """A request to delete that run."""
    return Case(lambda interface: interface.delete(number), categories)


def cancel_entry(number: str, *categories: int) -> Case:
    """A request to cancel that entry."""
    return Case(lambda interface: interface.cancel_entry(number), categories)


def update_entry(number: str, *categories: int, **values: Any) -> Case:
    """A request to change that entry."""
    return Case(lambda interface: interface.update_entry(number, **values), categories)


RUN, OTHER = "JR-00000001", "JR-00000002"
FIRST, SECOND, THIRD, FOURTH = (f"JE-{number:08}" for number in range(1, 5))
DATES = {"targetStartDate": "2024-12-01", "targetEndDate": "2024-12-31"}

CASES = [
    create(22, accountingPeriodName=None),
    create(22, accountingPeriodName=None, targetStartDate="2024-12-01"),
    create(22, accountingPeriodName=None, targetEndDate="2024-12-31"),
    create(40, accountingPeriodName="Dec 1824"),
    create(40, accountingPeriodName=""),
    create(20, accountingPeriodName="Dec\u00a02024"),
    create(20, accountingPeriodName="Dec 2024\u200b", journalEntryDate="2024-12-31"),
    create(40, 30, 30, accountingPeriodName="?", targetStartDate="1999-01-01", targetEndDate="2025-03-02"),
    create(20, 40, 30, accountingPeriodName="?", targetStartDate="2025-01-02", targetEndDate="2024-12-30"),
    create(20, 30, accountingPeriodName=None, targetStartDate="2025-01-02", targetEndDate="2024-12-30"),
    create(30, 30, accountingPeriodName="Open-Ended", targetStartDate="2025-03-02", targetEndDate="2025-03-03"),
    create(30, accountingPeriodName="Open-Ended"),
    create(30, 30, targetStartDate="2024-12-02", targetEndDate="2024-12-30"),
    create(20, 30, 30, targetStartDate="2025-01-31", targetEndDate="2025-01-01"),
    create(30, accountingPeriodName=None, targetStartDate="2024-12-30", targetEndDate="2025-01-02"),
    create(30, 30, accountingPeriodName=None, targetStartDate="1999-01-01", targetEndDate="1999-02-01"),
    create(30, 30, accountingPeriodName=None, targetStartDate="2025-03-02", targetEndDate="2025-03-03"),
    create(20, journalEntryDate="1999-12-31"),
    create(22, transactionTypes=[]),
    create(20, 20, transactionTypes=["Invoice Item", "Taxation Item", "Invoice Item", "Invoice Item"]),
    create(
        30,
        accountingPeriodName=None,
        targetStartDate="2024-12-01",
        targetEndDate="2024-12-30",
        transactionTypes=["Revenue Event Item"],
    ),
    create(
        30,
        30,
        accountingPeriodName=None,
        targetStartDate="2024-12-01",
        targetEndDate="2025-01-31",
        transactionTypes=["Revenue Event Item"],
    ),
    create(
        30,
        30,
        30,
        accountingPeriodName=None,
        targetStartDate="2025-03-02",
        targetEndDate="2025-03-03",
        transactionTypes=["Revenue Event Item"],
    ),
    create(30, accountingPeriodName="Open-Ended", transactionTypes=["Revenue Event Item"]),
    create(40, 40, organizationLabels=["North", "Nørth"]),
    create(40, 20, organizationLabels=[" ", "No\u00adrth"]),
    create(
        40,
        22,
        40,
        20,
        accountingPeriodName="?",
        journalEntryDate="1999-12-31",
        transactionTypes=[],
        organizationLabels=["?"],
    ),
    create(20, idempotencyKey="k" * 256),
    cancel(RUN, 40),
    delete(RUN, 40),
    cancel_entry(FIRST, 40),
    update_entry(FIRST, 40, notes="x"),
    create(idempotencyKey="December"),
    create(idempotencyKey="December", accountingPeriodName=" Dec 2024\n"),
    create(30, idempotencyKey="December", transactionTypes=["Taxation Item"]),
    delete(RUN, 30),
    update_entry(FIRST, 22),
    update_entry(FIRST, 20, notes="x" * 2001, transferredToAccounting="Yes"),
    update_entry(FIRST, notes="Checked, 月次"),
    update_entry(SECOND, transferredToAccounting="Yes"),
    update_entry(THIRD, transferredToAccounting="Processing", notes="On its way"),
    cancel_entry(SECOND, 30),
    cancel_entry(THIRD, 30),
    cancel_entry(FIRST),
    cancel_entry(FIRST, 30),
    update_entry(FIRST, 30, transferredToAccounting="No"),
    update_entry(FIRST, notes=""),
    update_entry(FIRST, notes="Cancelled by mistake:\n\tsee JR-00000002"),
    update_entry(FIRST, 30, transferredToAccounting="No", notes="the same status as it has"),
    update_entry(FIRST, 20, notes="NUL \0"),
    update_entry(FIRST, 20, 20, notes="\0" + "x" * 2000),
    cancel(RUN),
    update_entry(FOURTH, 30, transferredToAccounting="Ignore"),
    update_entry(SECOND, transferredToAccounting="Error"),
    update_entry(THIRD, transferredToAccounting="Ignore"),
    delete(RUN, 30),
    create(accountingPeriodName=None, **DATES),
    cancel(RUN),
    cancel(RUN, 30),
    delete(RUN),
    cancel(RUN, 40),
    create(30, idempotencyKey="December"),
    cancel(OTHER),
    delete(OTHER),
]


@pytest.fixture
def new_database(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> Iterator[Callable[[], Database]]:
    """Creates a new, empty database at each call, of each kind in turn."""
    with ExitStack() as stack:

        def make() -> Database:
            url = f"sqlite:///{tmp_path}/{uuid4()}.db"
            if not database_url.startswith("sqlite"):
                server: PostgreSQL = request.getfixturevalue("postgresql")
                url = server.create_database()
                stack.callback(server.drop_database, url)
            return Database(url)

        yield make


def tried(database: Database, interface: type[Interface]) -> list[tuple[Outcome, Any]]:
    """The outcome of every case on a new ledger, and the whole ledger after it."""
    migrate(database)
    fill(database)
    post(database, [line(country, segment_country=country) for country in COUNTRIES])
    with served(Application(database), database) as client, Rest(client.url) as rest:
        asked = ByRest(rest) if interface is ByRest else ByGraphQL(client)
        return [(case.ask(asked), settled(client)) for case in CASES]


def test_the_same_cases_have_the_same_outcome_and_leave_the_same_ledger(new_database: Callable[[], Database]) -> None:
    by_rest = tried(new_database(), ByRest)
    by_graphql = tried(new_database(), ByGraphQL)
    for position, case in enumerate(CASES):
        outcome, _ = by_rest[position]
        assert tuple(code - 50_000_000 for code, _ in outcome) == case.categories, (position, outcome)
        assert by_rest[position] == by_graphql[position], position


def test_every_kind_of_violation_has_a_category() -> None:
    known = {category.value for category in Category}
    assert set(CATEGORIES.values()) <= known
    missing = set(Rule) - set(CATEGORIES)
    # These are told by the import and by recordTransactions alone, or need a ledger with a home currency.
    assert missing == {Rule.INACTIVE, Rule.CONFLICT, Rule.AGGREGATION_MIXED}


def test_both_interfaces_list_debits_first_also_where_negative_sums_change_sides(
    client: Client,
) -> None:
    post(
        client.database,
        [
            line("a", amount="-30.00", credit_account="Services"),
            line("b", amount="-20.00", credit_account="Tax Payable"),
            line("c", amount="5.00", credit_account="Sales"),
            line("d", transaction_type="Electronic Payment", debit_account="Services", credit_account="Cash"),
        ],
    )
    number = client.completed()["number"]
    expected = [
        [
            ("Debit", "Services", "30.00"),
            ("Debit", "Tax Payable", "20.00"),
            ("Credit", "Accounts Receivable", "45.00"),
            ("Credit", "Sales", "5.00"),
        ],
        [("Debit", "Services", "10.00"), ("Credit", "Cash", "10.00")],
    ]
    by_graphql = [
        [(item["type"].title(), item["accountingCode"]["name"], item["amount"]) for item in entry["items"]]
        for entry in client.entries(number)
    ]
    assert by_graphql == expected
    with Rest(client.url) as rest:
        by_rest = [
            [(item["type"], item["accountingCodeName"], item["amount"]) for item in entry["journalEntryItems"]]
            for entry in rest.entries(number)
        ]
    assert by_rest == expected
