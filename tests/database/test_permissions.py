"""What a caller may not see is refused wherever it appears: the whole contract, over every permission and every pair.

The SDL says what each type and field needs; the answers of both ways are compared with that.
"""

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from itertools import combinations
from typing import Any

import orjson
import pytest
from graphql import GraphQLField, get_named_type, is_leaf_type, is_required_argument
from sqlmodel import select

from gateway.application import Application
from gateway.graphql.encoding import encoded
from gateway.graphql.payload import payload
from gateway.graphql.subscription_limits import SubscriptionLimits
from gateway.graphql.subscriptions import results
from resolvers.context import Gateway
from runs.statements import Statements
from schema.planning import Planning
from schema.schema import SCHEMA
from storage.database import Database
from storage.journal_entries import JournalEntry
from storage.words import Permission, TransferStatus
from tests.support.answers import Answer, Caller, Way, answer
from tests.support.asking import context_of
from tests.support.direct_runs import cancel_now, run_now
from tests.support.ledger import line, post
from tests.support.random_documents import Asked
from tests.support.statements_of_permissions import Documents, Permissions, Stated

DEEPEST = 3
ROWS = 1

STATED = Stated()
DOCUMENTS = Documents(STATED, ROWS)

NONE: Permissions = frozenset()
ALL = frozenset(Permission)
VIEWS = [frozenset({one}) for one in (Permission.VIEW_JOURNAL_RUNS, Permission.VIEW_JOURNAL_ENTRIES)]
SINGLE: list[Permissions] = [NONE, *map(frozenset, combinations(Permission, 1))]
CALLERS: list[Permissions] = [*SINGLE, *map(frozenset, combinations(Permission, 2))]

RUN, HELD, CANCELLED = "JR-00000001", "JE-00000002", "JE-00000001"

LOOK_UPS = {
    "accountingCode": ('name: "Sales"', "AccountingCode", "AccountingCode:Sales"),
    "accountingPeriod": ('name: "Dec 2024"', "AccountingPeriod", "AccountingPeriod:Dec 2024"),
    "journalEntry": (f'number: "{HELD}"', "JournalEntry", HELD),
    "journalRun": (f'number: "{RUN}"', "JournalRun", RUN),
    "transaction": ('transactionId: "held"', "Transaction", "Transaction:held"),
    "": ("", "Cancellation", "Cancellation:1"),
}
"""Queries of one object: the argument, the type, and the object's global id."""

ARGUMENTS = {name: argument for name, (argument, *_) in LOOK_UPS.items() if name} | {
    "journalEntryTotals": "groupBy: [{ by: STATUS }]"
}
"""The argument that a query cannot do without."""

INPUTS = {
    "createJournalRun": '{ journalEntryDate: "1999-01-01" }',
    "cancelJournalRun": '{ number: "JR-99999999" }',
    "deleteJournalRun": f'{{ number: "{RUN}" }}',
    "setTransferredToAccounting": f'{{ journalEntryNumbers: ["{HELD}"], transferredToAccounting: YES }}',
    "updateJournalEntry": f'{{ number: "{HELD}" }}',
    "cancelJournalEntry": f'{{ number: "{HELD}" }}',
    "recordTransactions": "{ transactions: [] }",
}
"""Inputs of mutations that change nothing: they are refused, or have been done before."""


@pytest.fixture
def gateway(database: Database) -> Gateway:
    """The gateway of a ledger with a run that could not be cancelled as a whole, and what nets to zero."""
    post(
        database,
        [
            line("free", segment_country="France"),
            line("held"),
            line("plus", segment_country="Spain"),
            line("minus", segment_country="Spain", amount="-10.00"),
        ],
    )
    run = run_now(database)
    with database.write() as session:
        for entry in session.exec(select(JournalEntry)):
            held = entry.segment_values[0]["value"] == "UK"
            assert entry.number == (HELD if held else CANCELLED)
            entry.transferred_to_accounting = TransferStatus.YES if held else TransferStatus.NO
            session.add(entry)
    assert cancel_now(database, run.number).number == RUN
    return Application(database).gateway


def ask(gateway: Gateway, planned: bool, permissions: Permissions, document: str) -> Answer:
    """The answer of one way to a caller with these permissions."""
    return _RUNNER.run(answer(Way("", gateway, planned), Asked(0, document, {}, None), Caller("", permissions)))


_RUNNER = asyncio.Runner()


def documents(deep: int, permissions: Permissions | None = None) -> Iterator[tuple[str, str]]:
    """Each query with everything below it, or with what these permissions allow; and its name."""
    query = STATED.contract.query_type
    assert query is not None
    for name, field in query.fields.items():
        if name == "node":
            for _, kind, node_id in LOOK_UPS.values():
                of = STATED.contract.type_map[kind]
                if permissions is None or STATED.needs_of(of) <= permissions:
                    selection = DOCUMENTS.selection(of, deep - 1, permissions)
                    yield f'{{ node(id: "{node_id}") {{ __typename ... on {kind} {selection} }} }}', name
        elif permissions is None or STATED.allows(field, permissions):
            written = DOCUMENTS.field(name, field, deep, permissions)
            if name in ARGUMENTS:
                written = written.replace(name, f"{name}({ARGUMENTS[name]})", 1)
            yield f"{{ {written} }}", name


def test_every_query_that_needs_an_argument_is_tried() -> None:
    query = STATED.contract.query_type
    assert query is not None
    taking = {name for name, field in query.fields.items() if any(map(is_required_argument, field.args.values()))}
    assert taking == {*ARGUMENTS, "node"}
    node: Any = STATED.contract.type_map["Node"]
    assert {one.name for one in STATED.contract.get_possible_types(node)} == {of for _, of, _ in LOOK_UPS.values()}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("planned", [True, False], ids=["planned", "stock"])
def test_queries_reveal_what_the_caller_may_see_and_nothing_else(gateway: Gateway, planned: bool) -> None:
    # The executor takes ten times as long; no field that a query can select needs two permissions but the views.
    callers = CALLERS if planned else [*SINGLE, frozenset().union(*VIEWS)]
    refused = 0
    for deep in range(1, DEEPEST + 1):
        for document, name in documents(deep):
            whole = ask(gateway, planned, ALL, document)
            assert not whole.errors, whole.errors
            needed = DOCUMENTS.revealed({"__typename": "Query", **orjson.loads(whole.data)}, asked=True)
            for permissions in callers:
                given = ask(gateway, planned, permissions, document)
                data = {"__typename": "Query", **(orjson.loads(given.data) or {})}
                assert DOCUMENTS.revealed(data) <= permissions, (document, permissions)
                codes = {error["extensions"]["code"] for error in given.errors}
                assert codes == (set() if needed <= permissions else {"FORBIDDEN"}), (document, permissions)
                assert all(error["path"][0] == name for error in given.errors)
                refused += bool(given.errors)
    assert refused > 10 * len(callers)


@pytest.mark.parametrize("planned", [True, False], ids=["planned", "stock"])
def test_what_the_caller_may_see_comes_whole(gateway: Gateway, planned: bool) -> None:
    for permissions in (NONE, *VIEWS, *(ALL - view for view in VIEWS)):
        for document, name in documents(DEEPEST, permissions):
            given = ask(gateway, planned, permissions, document)
            assert not given.errors, (document, given.errors)
            if name != "viewer":
                assert given.data == ask(gateway, planned, ALL, document).data


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("planned", [True, False], ids=["planned", "stock"])
def test_one_forbidden_field_is_refused_at_the_end_of_every_path(gateway: Gateway, planned: bool) -> None:
    """A document of everything stops at its first refusal; here nothing else is refused."""
    tried = 0
    for permissions in VIEWS:
        for name, (argument, kind, node_id) in LOOK_UPS.items():
            of: Any = STATED.contract.type_map[kind]
            if not STATED.needs_of(of) <= permissions:
                continue
            for selection, path in DOCUMENTS.forbidden(of, DEEPEST, permissions):
                documents = [f'{{ node(id: "{node_id}") {{ ... on {kind} {selection} }} }}']
                documents += [f"{{ {name}({argument}) {selection} }}"] if name else []
                for document in documents:
                    given = ask(gateway, planned, permissions, document)
                    tried += 1
                    assert given.errors, document
                    for error in given.errors:
                        assert error["extensions"]["code"] == "FORBIDDEN"
                        assert [part for part in error["path"][1:] if part in path] == path, document
                    data = {"__typename": "Query", **(orjson.loads(given.data) or {})}
                    assert DOCUMENTS.revealed(data) <= permissions, document
    assert tried > 15


def mutations() -> Iterator[tuple[str, GraphQLField, str, Permissions]]:
    """Each mutation with each selection of its payload; and what the selection needs."""
    mutation = STATED.contract.mutation_type
    assert mutation is not None
    for name, field in mutation.fields.items():
        returned: Any = get_named_type(field.type)
        for part, of in returned.fields.items():
            returns = get_named_type(of.type)
            selection = "" if is_leaf_type(returns) else f" {DOCUMENTS.selection(returns, 1, STATED.needs(of))}"
            yield f"mutation {{ {name}(input: {INPUTS[name]}) {{ {part}{selection} }} }}", field, name, STATED.needs(of)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_mutation_writes_only_for_those_who_may_do_it_and_see_what_it_returns(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[object] = []
    write = Statements.write

    async def counted(statements: Statements, function: Any, *args: Any, **kwargs: Any) -> Any:
        written.append(function)
        return await write(statements, function, *args, **kwargs)

    monkeypatch.setattr(Statements, "write", counted)
    for document, field, name, needs in mutations():
        for permissions in [*CALLERS, *({*one, *STATED.needs(field), *needs} for one in SINGLE)]:
            written.clear()
            given = ask(gateway, True, frozenset(permissions), document)
            if STATED.allows(field, frozenset(permissions)) and needs <= permissions:
                assert not given.errors, (document, permissions, given.errors)
                continue
            (error,) = given.errors
            assert (error["extensions"]["code"], error["path"]) == ("FORBIDDEN", [name]), (document, permissions)
            assert orjson.loads(given.data) is None
            assert not written, (document, permissions)


SUBSCRIPTIONS = {"entryCancelOutcomes": f'(number: "{RUN}")', "journalRunUpdates": f'(number: "{RUN}")'}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("planned", [True, False], ids=["planned", "stock"])
def test_a_subscription_starts_only_for_those_who_may_see_all_that_it_selects(
    gateway: Gateway, planned: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SCHEMA, "planning", Planning.STRICT if planned else Planning.OFF)
    subscription = STATED.contract.subscription_type
    assert subscription is not None
    assert set(subscription.fields) == set(SUBSCRIPTIONS)
    for name, field in subscription.fields.items():
        for deep in range(1, DEEPEST + 1):
            selection = DOCUMENTS.selection(get_named_type(field.type), deep - 1)
            document = f"subscription {{ {name}{SUBSCRIPTIONS[name]} {selection} }}"
            whole = _RUNNER.run(first_result(gateway, ALL, document))
            needed = DOCUMENTS.revealed({"__typename": "Subscription", **whole["data"]}, asked=True)
            for permissions in CALLERS:
                given = _RUNNER.run(first_result(gateway, permissions, document))
                if needed <= permissions:
                    assert given == whole
                else:
                    (error,) = given["errors"]
                    assert (error["extensions"]["code"], error["path"]) == ("FORBIDDEN", [name])
                    assert given.get("data") is None


async def first_result(gateway: Gateway, permissions: Permissions, document: str) -> Any:
    """The first result of a subscription, as it is sent."""
    context = context_of(gateway, permissions)
    async with aclosing(results(document, None, None, context, SubscriptionLimits())) as found:
        one = await anext(found)
    return orjson.loads(one[0] if isinstance(one, list) else encoded(payload(one)))
