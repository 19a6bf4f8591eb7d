"""The cost of operations, and the contract's part in it."""

from typing import Any

import pytest
from graphql import GraphQLError, GraphQLObjectType, get_named_type, get_nullable_type, is_leaf_type, is_list_type

from schema.cost import Costs
from schema.definitions import definition_of
from schema.list_size import ListSize
from schema.plan import Selecting
from schema.schema import SCHEMA
from tests.support.costs import selecting

ITEMS = "items { type accountingCode { name } }"
CHANGED = 'transferredToAccounting: YES journalEntryNumbers: ["JE-1", "JE-2"]'


def _selecting(document: str, variables: dict[str, Any]) -> Selecting:
    found = selecting(document, variables)
    assert found is not None
    return found


def cost(document: str, **variables: Any) -> int:
    """The cost of the document's operation."""
    return Costs(SCHEMA._schema).cost(_selecting(document, variables))


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("{ __typename }", 1),
        ('{ journalRun(number: "JR-1") { number status } }', 1),
        ("{ journalRuns { nodes { number } } }", 1 + 100),
        (
            "{ journalRuns(first: 7) { nodes { number } edges { cursor node { id } } pageInfo { endCursor } } }",
            1 + 7 + 2 * 7 + 1,
        ),
        ("{ journalRuns(first: null, last: 3) { totalCount nodes { id } } }", 1 + 10 + 3),
        ("{ journalRuns(first: 1001) { nodes { id } } journalEntries(first: 2, last: 2) { nodes { id } } }", 1 + 1 + 2),
        (
            "{ journalRuns(first: 2) { nodes { takenTransactionCount accountingPeriod { name } } } }",
            1 + 2 * (1 + 10 + 1),
        ),
        (f"{{ journalEntries(first: 2) {{ nodes {{ {ITEMS} }} }} }}", 1 + 2 * (1 + 5 * 2)),
        ("{ journalEntries(first: 2) { nodes { segments { name } notes } } }", 1 + 2 * (1 + 3 + 4)),
        ("{ journalEntryTotals(groupBy: []) { debit segments { name } } }", 1_000 + 100 * (1 + 3)),
        ("{ a: journalRuns(first: 2) { nodes { id } } b: journalRuns(first: 3) { nodes { id } } }", 3 + 4),
        ("{ journalRuns(first: 2) { nodes { id } } ... { journalRuns(first: 2) { nodes { number } } } }", 3),
        ('{ node(id: "x") { id ... on JournalEntry { items { type } } ... on AccountingCode { name } } }', 1 + 5),
        (f"mutation {{ setTransferredToAccounting(input: {{ {CHANGED} }}) {{ journalEntries {{ {ITEMS} }} }} }}", 33),
        ('mutation { cancelJournalRun(input: { number: "x" }) { errors { code } } }', 10 + 1 + 10),
        ('subscription { entryCancelOutcomes(number: "x") { journalEntry { journalRun { number } } } }', 3),
    ],
)
def test_an_operation_costs_the_objects_that_it_can_return(document: str, expected: int) -> None:
    assert cost(document) == expected


def test_variables_give_the_sizes_of_pages_and_whether_fields_count() -> None:
    document = """query($n: Int = 5, $all: Boolean = true) {
      journalRuns(first: $n) { nodes { journalEntries(last: 2) @include(if: $all) { nodes { id } } } } }"""
    assert cost(document) == 1 + 5 * (1 + 3)
    assert cost(document, n=7) == 1 + 7 * (1 + 3)
    assert cost(document, n=7, all=False) == 1 + 7
    with pytest.raises(GraphQLError):
        cost(document, all=None)


def test_a_fragment_that_is_spread_at_many_places_is_reckoned_once(monkeypatch: pytest.MonkeyPatch) -> None:
    collected = []
    subfields = Selecting.subfields

    def counted(*args: Any) -> Any:
        collected.append(args)
        return subfields(*args)

    monkeypatch.setattr(Selecting, "subfields", counted)
    document = "{ journalEntries(first: 1) { nodes { ...f0 } } }" + "".join(
        f" fragment f{n} on JournalEntry {{ journalRun {{ a: journalEntries(first: 1) {{ nodes {{ ...f{n + 1} }} }}"
        f" b: journalEntries(first: 1) {{ nodes {{ ...f{n + 1} }} }} }} }}"
        for n in range(3)
    )
    assert cost(document + " fragment f3 on JournalEntry { items { type } }") == 15 + 15 + 7 + 8 * 5
    assert len(collected) < 20  # otherwise it would be 45


def test_the_largest_part_is_told_by_its_lists() -> None:
    document = f"{{ small: journalRuns {{ nodes {{ id }} }} big: journalEntries(first: 90) {{ nodes {{ {ITEMS} }} }} }}"
    part = Costs(SCHEMA._schema).largest(_selecting(document, {}))
    assert (part.name, part.cost, part.lists) == ("big", 991, [("journalEntries", 90), ("items", 5)])


def test_every_list_of_objects_has_a_size_in_the_contract() -> None:
    objects = [of for of in SCHEMA._schema.type_map.values() if isinstance(of, GraphQLObjectType)]
    sized = {"nodes", "edges", "journalEntries"}
    for of in objects:
        for name, field in of.fields.items():
            is_list = is_list_type(get_nullable_type(field.type)) and not is_leaf_type(get_named_type(field.type))
            if is_list and name not in sized and definition_of(field) is not None:
                directives = definition_of(field).directives
                assert any(isinstance(one, ListSize) for one in directives), f"{of.name}.{name}"
