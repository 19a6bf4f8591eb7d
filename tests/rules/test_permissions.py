"""A field without a stated permission keeps the contract from being built."""

import re
from pathlib import Path

import pytest
import strawberry

from resolvers.access import STANDARD
from schema.guards import guard
from schema.permissions import ANYONE, Unstated, stated
from storage.words import COMMAND_LINE_ONLY, Permission
from tests.support.statements_of_permissions import Stated


@strawberry.type(directives=[ANYONE])
class Open:
    a: int


@strawberry.type
class Unsaid:
    a: int


@strawberry.type
class Query:
    open: Open
    guarded: int = strawberry.field(directives=[stated(Permission.VIEW_JOURNAL_RUNS)])


@strawberry.type
class Unguarded:
    open: Open
    bare: int
    unsaid: Unsaid


@strawberry.type
class Mutation:
    @strawberry.mutation
    def change(self) -> Open:
        raise NotImplementedError


def test_fields_and_types_without_a_statement_are_refused_by_name() -> None:
    guard(strawberry.Schema(Query)._schema)
    with pytest.raises(Unstated, match=r"need: Unguarded\.bare, Unguarded\.unsaid, Unsaid$"):
        guard(strawberry.Schema(Unguarded)._schema)


def test_a_mutation_needs_a_statement_of_its_own() -> None:
    with pytest.raises(Unstated, match=r"need: Mutation\.change$"):
        guard(strawberry.Schema(Query, mutation=Mutation)._schema)


def test_the_sdl_states_what_is_checked() -> None:
    stated_in_sdl = Stated()
    needs = {
        f"{of.name}.{name}": stated_in_sdl.needs(field)
        for of in stated_in_sdl.contract.type_map.values()
        for name, field in getattr(of, "fields", {}).items()
        if not of.name.startswith("__") and not of.name.endswith(("Input", "Filter", "Order"))
    }
    runs, entries = frozenset({Permission.VIEW_JOURNAL_RUNS}), frozenset({Permission.VIEW_JOURNAL_ENTRIES})
    assert needs["JournalEntry.journalRun"] == needs["Query.journalRuns"] == needs["JournalRun.cancellation"] == runs
    assert needs["EntryCancelOutcome.journalEntry"] == needs["JournalRun.journalEntries"] == entries
    assert needs["EntryCancelOutcome.message"] == needs["CancelJournalEntryPayload.journalEntry"] == entries
    assert needs["Query.accountingCodes"] == needs["Query.viewer"] == needs["UserError.message"] == frozenset()


def test_every_permission_is_needed_for_something_or_listed_as_needed_for_nothing() -> None:
    stated_in_sdl = Stated()
    fields = [
        field
        for of in stated_in_sdl.contract.type_map.values()
        if not of.name.startswith("__")
        for field in getattr(of, "fields", {}).values()
        if hasattr(field, "args")
    ]
    used = frozenset().union(*(stated_in_sdl.needs(one) | stated_in_sdl.needs_one_of(one) for one in fields))
    # This one depends on the status that the entry has.
    assert frozenset(Permission) - used == COMMAND_LINE_ONLY | {Permission.OVERRIDE_TRANSFERRED_TO_ACCOUNTING}


def test_the_documentation_has_each_permission_and_whether_standard_users_have_it() -> None:
    page = (Path(__file__).parents[2] / "docs" / "access.md").read_text()
    rows = re.findall(r"^\| ([^|]+) \| (yes|no) \|", page, re.MULTILINE)
    documented = {name: standard == "yes" for names, standard in rows for name in names.split(", ")}
    assert documented == {one.value: one in STANDARD for one in Permission}
