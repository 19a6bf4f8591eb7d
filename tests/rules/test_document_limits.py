"""The limits of a document: each is counted with the fragments wherever they are spread, and refused with its place."""

from collections.abc import Callable, Mapping

import pytest
from graphql import DocumentNode, GraphQLError, Source, get_introspection_query
from hypothesis import given
from hypothesis import strategies as st

from schema import preparation
from schema.document_limits import (
    MAX_ALIASES,
    MAX_BYTES,
    MAX_DEPTH,
    MAX_FIELDS,
    MAX_FRAGMENTS,
    MAX_NESTING,
    MAX_OPERATIONS,
    MAX_TOKENS,
)
from schema.document_text import DocumentText
from schema.preparation import Preparation, RequestRefused
from schema.schema import SCHEMA
from tests.support.attacks import each


def refusal(document: str) -> GraphQLError | None:
    """The first error of a document, if it is refused, but for what only validation finds."""
    try:
        SCHEMA.prepare(document, "q")
    except RequestRefused as refused:
        return refused.errors[0]
    return None


def inside(how_many: int, leaf: str) -> str:
    """So many objects inside each other, below a run."""
    opened, closed = "", ""
    for number in range(how_many):
        opened += ["journalEntries { ", "nodes { ", "journalRun { "][number % 3]
        closed += " }"
    return opened + leaf + closed


SHORT = "query q { __typename } # é"
LIMITS: Mapping[str, tuple[int, Callable[[int], str], str]] = {
    "bytes": (MAX_BYTES - len(SHORT.encode()), lambda n: SHORT + "x" * n, "The document has 100,001 bytes"),
    "operations": (
        MAX_OPERATIONS - 1,
        lambda n: f"query q {{ __typename }} {each(n, 'query q%d { __typename }')}",
        "The document has 101 operations",
    ),
    "fragments": (
        MAX_FRAGMENTS,
        lambda n: f"query q {{ {each(n, '...f%d')} }} {each(n, 'fragment f%d on Query { __typename }')}",
        "The document has 101 fragments",
    ),
    "fields": (
        (MAX_FIELDS - 20) // 40,
        lambda n: (
            f"query q {{ {each(20, 'a%d: viewer { ...f }')} }} fragment f on Viewer {{ {each(n, '...g')} }}"
            " fragment g on Viewer { ...h ...h } fragment h on Viewer { name }"
        ),
        "The operations have 2,020 fields, counting those of fragments",
    ),
    "aliases": (
        MAX_ALIASES // 2,
        lambda n: f"query q {{ ...f ...f }} fragment f on Query {{ {each(n, 'a%d: __typename')} }}",
        "There are 102 aliases, counting those of fragments",
    ),
    "depth": (
        MAX_DEPTH - 2,
        lambda n: f"query q {{ journalRuns {{ nodes {{ {inside(n, '__typename')} }} }} }}",
        "Here 16 objects are inside each other",
    ),
    "depth of a fragment": (
        MAX_DEPTH - 3,
        lambda n: (
            "query q { journalRuns { nodes { ...f } } } fragment f on JournalRun {"
            f" accountingPeriod {{ name }} {inside(n + 1, '__typename')} }}"
        ),
        "Here 16 objects are inside each other",
    ),
    "nesting": (
        MAX_NESTING - 1,
        lambda n: f"query q {{ {'... on Query { ' * n} __typename {'} ' * n} }}",
        "Here 51 selections are inside each other",
    ),
}


@pytest.mark.parametrize("name", LIMITS)
def test_what_is_at_a_limit_runs_and_what_is_beyond_is_refused(name: str) -> None:
    most, document, message = LIMITS[name]
    assert refusal(document(most)) is None
    error = refusal(document(most + 1))
    assert error is not None
    assert error.message.startswith(message)
    assert "the maximum is" in error.message
    assert name == "bytes" or error.locations


def test_a_depth_beyond_the_limit_is_placed_where_it_is_reached() -> None:
    document = "query q {\n journalRuns { nodes {\n number\n ...deep } } }\nfragment deep on JournalRun {"
    error = refusal(f"{document} {inside(14, '__typename')} }}")
    assert error is not None
    assert [(place.line, place.column) for place in error.locations or ()] == [(4, 2)]


def test_introspection_is_as_deep_as_tools_send_it_and_returned_once() -> None:
    whole = get_introspection_query(
        specified_by_url=True, directive_is_repeatable=True, schema_description=True, input_value_deprecation=True
    ).replace("IntrospectionQuery", "q")
    assert refusal(whole) is None
    error = refusal(whole.replace("__schema {", "twice: __schema { types { ...FullType } } __schema {", 1))
    assert error is not None
    assert error.message.startswith("The introspection returns some")
    assert error.locations


@given(st.text("\n\r a", max_size=30))
def test_places_are_those_of_graphql_core(text: str) -> None:
    ours, theirs = DocumentText(text), Source(text)
    for position in range(len(text) + 2):
        assert ours.get_location(position) == theirs.get_location(position)


@pytest.mark.parametrize("many", [50, 2_400])
def test_a_circle_of_fragments_ends(many: int) -> None:
    error = refusal("query q { ...a } fragment a on Query { " + "...b " * many + "} fragment b on Query { ...a ...a }")
    assert error is not None
    assert error.message == "Cannot spread fragment 'a' within itself via 'b'."


def test_the_errors_that_are_told_are_bounded_and_the_last_says_so() -> None:
    with pytest.raises(RequestRefused) as refused:
        SCHEMA.prepare(f"query q {{ {each(300, 'nothing%d')} }}", "q")
    errors = refused.value.errors
    assert len(errors) == 21
    assert errors[-1].message.startswith("There are more than 20 errors")
    assert all(error.locations for error in errors)


def test_the_documents_that_are_kept_are_bounded_by_what_they_take(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared = Preparation(SCHEMA._schema)
    parsed: list[str] = []
    parse = preparation._parsed

    def counted(query: str) -> DocumentNode:
        parsed.append(query)
        return parse(query)

    monkeypatch.setattr(preparation, "_parsed", counted)
    short = [f"{{ a{number}: __typename }}" for number in range(8)]
    long = [document + "#\n" * (MAX_TOKENS - 100) for document in short]
    for document in short * 2:
        prepared.prepare(document, None)
    assert parsed == short
    for document in long * 2:
        prepared.prepare(document, None)
    assert parsed == short + long * 2
