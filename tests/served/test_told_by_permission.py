"""What a caller learns from a refusal, and the permission to leave the transfer status Yes: in both interfaces."""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from typing import Any

import pytest

from gateway.application import Application
from runs.statements import Statements
from storage.database import Database
from storage.words import COMMAND_LINE_ONLY, Permission
from tests.support.client import ERRORS, Client
from tests.support.ledger import line, post
from tests.support.rest import Rest
from tests.support.served import served
from tests.support.tokens import new_token


class Holders:
    """Clients of one gateway, each with a key of its own permissions."""

    def __init__(self, url: str, database: Database, stack: ExitStack) -> None:
        self.url, self.database, self._stack = url, database, stack
        self._numbers = count(1)

    def graphql(self, *permissions: Permission) -> Client:
        """A GraphQL client with these permissions."""
        return self._stack.enter_context(Client(self.url, self.database, self.token(*permissions)))

    def rest(self, *permissions: Permission) -> Rest:
        """A REST client with these permissions."""
        rest = Rest(self.url, self.token(*permissions))
        self._stack.callback(rest.http.close)
        return rest

    def token(self, *permissions: Permission) -> str:
        """A token with these permissions."""
        return new_token(self.database, *permissions, name=f"Key {next(self._numbers)}")[1]


@pytest.fixture
def holders(database: Database) -> Iterator[Holders]:
    """Of a gateway that requires keys, with one Completed run of one entry."""
    post(database, [line("a", organization="North")])
    with ExitStack() as stack:
        client = stack.enter_context(served(Application(database, require_api_key=True), database))
        holders = Holders(client.url, database, stack)
        holders.graphql(*Permission).completed()
        yield holders


RUN, ENTRY = "JR-00000001", "JE-00000001"


def mutate(client: Client, name: str, given: str) -> list[str]:
    """The messages of the payload's errors, or of the operation's."""
    answer = client.send(f"mutation {{ {name}(input: {{ {given} }}) {{ {ERRORS} }} }}")
    if "errors" in answer:
        return [error["extensions"]["code"] for error in answer["errors"]]
    return [error["message"] for error in answer["data"][name]["errors"]]


def reasons(answer: Any) -> list[str]:
    """The messages of a refusal in REST."""
    return [reason["message"] for reason in answer.get("reasons", [])]


def test_only_who_may_override_leaves_the_transfer_status_yes(holders: Holders) -> None:
    transfer = Permission.TRANSFER_JOURNAL_ENTRIES
    plain, overriding = (
        holders.graphql(transfer),
        holders.graphql(transfer, Permission.OVERRIDE_TRANSFERRED_TO_ACCOUNTING),
    )
    path = f"/v1/journal-entries/{ENTRY}/basic-information"
    set_to = f'journalEntryNumbers: ["{ENTRY}"], transferredToAccounting: '
    update_to = f'number: "{ENTRY}", transferredToAccounting: '
    assert mutate(plain, "setTransferredToAccounting", set_to + "YES") == []
    assert mutate(plain, "setTransferredToAccounting", set_to + "YES") == []
    for status in ("NO", "PROCESSING", "ERROR", "IGNORE"):
        assert mutate(plain, "setTransferredToAccounting", set_to + status) == ["FORBIDDEN"]
        assert mutate(plain, "updateJournalEntry", update_to + status) == ["FORBIDDEN"]
    (told,) = reasons(holders.rest(transfer).send("PUT", path, {"transferredToAccounting": "No"}))
    assert "lacks the permission 'Override Transferred to Accounting'" in told
    assert holders.graphql(*Permission).entries(RUN)[0]["transferredToAccounting"] == "YES"

    assert mutate(overriding, "setTransferredToAccounting", set_to + "ERROR") == []
    assert mutate(plain, "setTransferredToAccounting", set_to + "YES") == []
    both = holders.rest(transfer, Permission.OVERRIDE_TRANSFERRED_TO_ACCOUNTING)
    assert reasons(both.send("PUT", path, {"transferredToAccounting": "No"})) == []


def test_refusals_tell_what_the_caller_may_see(holders: Holders) -> None:
    cancel = Permission.CANCEL_JOURNAL_ENTRIES
    holders.graphql(*Permission).transfer([ENTRY])
    given = f'number: "{ENTRY}"'
    assert mutate(holders.graphql(cancel), "cancelJournalEntry", given) == [
        f"Journal entry {ENTRY} cannot be cancelled now."
    ]
    assert mutate(holders.graphql(cancel, Permission.VIEW_JOURNAL_ENTRIES), "cancelJournalEntry", given) == [
        f"Journal entry {ENTRY} cannot be cancelled: its transfer status is Yes."
    ]
    assert reasons(holders.rest(cancel).send("PUT", f"/v1/journal-entries/{ENTRY}/cancel")) == [
        f"Journal entry {ENTRY} cannot be cancelled now."
    ]

    delete = Permission.DELETE_CANCELLED_JOURNAL_RUN
    rest = "delete is possible only from Cancelled."
    given = f'number: "{RUN}"'
    assert mutate(holders.graphql(delete), "deleteJournalRun", given) == [
        f"Journal run {RUN} is in another status; {rest}"
    ]
    assert mutate(holders.graphql(delete, Permission.VIEW_JOURNAL_RUNS), "deleteJournalRun", given) == [
        f"Journal run {RUN} is Completed; {rest}"
    ]

    create = Permission.CREATE_JOURNAL_RUN
    given = 'accountingPeriodName: "Dec 2024", journalEntryDate: "2024-12-31", organizationLabels: ["South"]'
    assert mutate(holders.graphql(create), "createJournalRun", given) == ["There is no organisation 'South'."]
    assert mutate(holders.graphql(create, Permission.VIEW_JOURNAL_ENTRIES), "createJournalRun", given) == [
        "There is no organisation 'South'; the organisations are: North."
    ]


def test_a_run_in_the_way_is_named_to_those_who_may_see_it(holders: Holders) -> None:
    with holders.database.write() as session:
        session.connection().exec_driver_sql("UPDATE journal_run SET status = 'Pending'")
    create = Permission.CREATE_JOURNAL_RUN
    given = 'accountingPeriodName: "Dec 2024", journalEntryDate: "2024-12-31"'
    rest = "only one run can be Pending or Processing: wait until it has ended"
    assert mutate(holders.graphql(create), "createJournalRun", given) == [
        f"Another journal run is in progress; {rest}."
    ]
    assert mutate(holders.graphql(create, Permission.VIEW_JOURNAL_RUNS), "createJournalRun", given) == [
        f"Journal run {RUN} is Pending; {rest}, or cancel it while it is Pending."
    ]
    with holders.database.write() as session:
        session.connection().exec_driver_sql("UPDATE journal_run SET status = 'Completed'")


def test_rest_asks_for_the_permission_before_the_ledger(holders: Holders, monkeypatch: pytest.MonkeyPatch) -> None:
    token = holders.token(*COMMAND_LINE_ONLY)
    used: list[str] = []

    async def nothing(_: object, function: Any, *__: object, **___: object) -> None:
        used.append(function.__name__)

    rest = Rest(holders.url, token)
    requests = [
        ("GET", f"/v1/journal-runs/{RUN}", None),
        ("PUT", f"/v1/journal-runs/{RUN}/cancel", None),
        ("DELETE", f"/v1/journal-runs/{RUN}", None),
        ("POST", "/v1/journal-runs", {"accountingPeriodName": "Dec 2024", "journalEntryDate": "2024-12-31"}),
        ("GET", f"/v1/journal-entries/journal-runs/{RUN}", None),
        ("GET", f"/v1/journal-entries/{ENTRY}", None),
        ("PUT", f"/v1/journal-entries/{ENTRY}/basic-information", {}),
        ("PUT", f"/v1/journal-entries/{ENTRY}/cancel", None),
    ]
    monkeypatch.setattr(Statements, "write", nothing)
    for method, path, body in requests:
        for number in (RUN, ENTRY, "JR-99999999"):
            (told,) = reasons(rest.send(method, path.replace(RUN, number).replace(ENTRY, number), body))
            assert "lacks the permission" in told
    assert used == []
    rest.http.close()
