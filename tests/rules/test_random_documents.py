"""The random documents that compare answers are not blind: they select everything that there is."""

from graphql import GraphQLError, build_schema

from schema.preparation import RequestRefused
from schema.schema import SCHEMA
from tests.support.coverage_of_documents import Selected, selectable
from tests.support.known_values import KnownValues
from tests.support.random_documents import random_document

CONTRACT = build_schema(SCHEMA.as_str())
MOST = 1_500
"""Documents that may be needed until everything has been selected; about a third of it are."""


class AnyValues(KnownValues):
    """Stands for a ledger: a value for everything, since nothing is executed."""

    def of(self, kind: str, field: str) -> list[str]:
        return [f"{kind} {field}"]

    def called(self, name: str) -> list[str]:
        return [name]

    def dates(self) -> list[str]:
        return ["2010-12-31"]

    def cursors(self, edge: str, order: str | None) -> list[str]:
        return [f"{edge} {order}"]

    def foreign_cursors(self, edge: str) -> list[str]:
        return [f"not {edge}"]


KNOWN = AnyValues(CONTRACT)


def test_random_documents_select_every_field_with_every_argument_and_filter() -> None:
    selected, missing = Selected(CONTRACT), selectable(CONTRACT)
    for seed in range(MOST):
        try:
            selected.add(random_document(CONTRACT, KNOWN, seed).document)
        except GraphQLError:
            continue  # a careless document
        missing -= selected.found
        if not missing:
            break
    assert missing == set()


def test_a_seed_gives_the_same_document_again() -> None:
    assert random_document(CONTRACT, KNOWN, 7) == random_document(CONTRACT, KNOWN, 7)
    assert random_document(CONTRACT, KNOWN, 7) != random_document(CONTRACT, KNOWN, 8)


def test_some_documents_are_refused_but_most_are_not() -> None:
    refused = 0
    for seed in range(100):
        asked = random_document(CONTRACT, KNOWN, seed)
        try:
            SCHEMA.prepare(asked.document, asked.operation_name)
        except RequestRefused:
            refused += 1
    assert 2 < refused < 25
