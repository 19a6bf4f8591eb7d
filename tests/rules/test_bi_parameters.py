"""What addresses ask of the views: values, filters and cursors."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from urllib.parse import urlencode

import pytest
from hypothesis import example
from hypothesis import given as for_all
from hypothesis import strategies as some
from starlette.datastructures import QueryParams

from gateway.bi.cursor import cursor_of, position_of
from gateway.bi.filters import FILTERS, Selection, selection, single
from gateway.bi.values import ValueRefused, moment_text, parse_moment, parse_value
from gateway.formulas import harmless
from resolvers.errors import RequestError
from storage.bi.catalogue import Column, Kind, View, catalogue
from storage.bi.questions import And, Compare, Comparison, Or, Question, Value

ENTRIES = catalogue(["country"])["bi_journal_entries"]
OTHERS = ("limit", "cursor")

VALUES: dict[Kind, list[tuple[str, Value]]] = {
    Kind.TEXT: [("", ""), (" a ", " a "), ("'; --", "'; --")],
    Kind.INTEGER: [("-0", 0), ("999999999999999999", 10**18 - 1), ("007", 7)],
    Kind.AMOUNT: [("12.50", Decimal("12.50")), ("-0.0001", Decimal("-0.0001")), ("9" * 19, Decimal("9" * 19))],
    Kind.DATE: [("2024-02-29", date(2024, 2, 29))],
    Kind.BOOLEAN: [("true", True), ("False", False)],
}

MOMENTS = {
    "2024-12-31": datetime(2024, 12, 31, tzinfo=UTC),
    "2024-12-31T10:20": datetime(2024, 12, 31, 10, 20, tzinfo=UTC),
    "2024-12-31 10:20:30": datetime(2024, 12, 31, 10, 20, 30, tzinfo=UTC),
    "2024-12-31t10:20:30.5z": datetime(2024, 12, 31, 10, 20, 30, 500_000, tzinfo=UTC),
    "2024-12-31T10:20:30.1234560Z": datetime(2024, 12, 31, 10, 20, 30, 123_456, tzinfo=UTC),
    "2024-12-31T10:20:30.000001+02:00": datetime(2024, 12, 31, 8, 20, 30, 1, tzinfo=UTC),
    "2024-12-31T10:20:30-0230": datetime(2024, 12, 31, 12, 50, 30, tzinfo=UTC),
    # A plus sign that was not escaped.
    "2024-12-31T10:20:30 02:00": datetime(2024, 12, 31, 8, 20, 30, tzinfo=UTC),
}

TEXT = some.text(some.characters(exclude_categories=["Cs"]), max_size=40)
"""What an address can have: no surrogates."""

NO_MOMENTS = [
    "", "now", "2024", "2024-12-31T", "2024-12-31T24:00", "2024-12-31T10", "2024-12-31T10:20:60", "2024-12-31T10:20Z ",
    "2024-12-31T10:20:30.1234567Z", "0001-01-01T00:00+00:01", "9999-12-31T23:59-00:01", "2024-12-31Z", "1735640430",
    "٢٠٢٤-١٢-٣١", "2024-12-31T10:20:30+24:00",
]  # fmt: skip


def of(kind: Kind) -> Column:
    """A column of that kind."""
    return Column("a", kind, "A column.")


def asked(*parameters: tuple[str, str], view: View = ENTRIES) -> Selection:
    """What these parameters ask."""
    return selection(QueryParams(urlencode(parameters)), view, OTHERS)


def test_values_are_those_of_their_kinds() -> None:
    for kind, pairs in VALUES.items():
        for text, value in pairs:
            found = parse_value(text, of(kind))
            assert (found, type(found)) == (value, type(value))
    for text, moment in MOMENTS.items():
        assert parse_value(text, of(Kind.MOMENT)) == moment
        assert parse_moment(moment_text(moment)) == moment
    for text in NO_MOMENTS:
        with pytest.raises(ValueRefused, match=r"is not a moment; use the format 2024-12-31T23:59:59\.123456Z"):
            parse_moment(text)


def test_parameters_are_columns_and_conditions() -> None:
    everything = asked()
    assert (everything.columns, everything.where) == (ENTRIES.names, And([]))
    assert asked(("cursor", "x"), ("limit", "x")) == everything
    given = [("status", "Created"), ("currency", "GBP"), ("columns", "id, deleted"), ("currency", "EUR")]
    found = asked(*given, ("notes.null", "true"))
    assert found.columns == ["id", "deleted"]
    equal = Comparison.EQUAL
    assert found.where == And(
        [
            Or([Compare("currency", equal, "GBP"), Compare("currency", equal, "EUR")]),
            Compare("notes", equal, None),
            Or([Compare("status", equal, "Created")]),
        ]
    )
    # The order of parameters is no part of the question.
    assert asked(("notes.null", "true"), ("status", "Created"), ("currency", "GBP"), ("currency", "EUR")).where == (
        found.where
    )
    since = asked(("updated_since", "2024-12-31")).where
    assert since == And([Compare("updated_at", Comparison.AT_LEAST, datetime(2024, 12, 31, tzinfo=UTC))])
    assert single(QueryParams("a=1"), "b") is None


@for_all(
    some.lists(
        some.tuples(
            some.one_of(
                TEXT,
                some.builds("{}.{}".format, some.sampled_from(ENTRIES.names), some.sampled_from([*FILTERS, "x"])),
                some.sampled_from([*ENTRIES.names, "columns", "updated_since"]),
            ),
            some.one_of(TEXT, some.from_regex(r"-?[0-9.:TZ]{1,30}", fullmatch=True)),
        ),
        max_size=4,
    )
)
@example([("amount", "1")] * 101)
def test_any_parameters_are_answered_or_refused(parameters: list[tuple[str, str]]) -> None:
    told = ""
    try:
        asked(*parameters)
    except RequestError as refused:
        told = str(refused)
    assert told == "" or told.endswith(".")


POSITIONS = some.lists(
    some.one_of(
        some.none(),
        some.booleans(),
        some.integers(),
        some.decimals(allow_nan=False, allow_infinity=False),
        some.datetimes(timezones=some.just(UTC)),
        some.dates(),
        TEXT,
    ),
    min_size=1,
    max_size=4,
)


@for_all(POSITIONS)
def test_a_cursor_keeps_its_position(position: Sequence[Value]) -> None:
    question = Question(["id"], And([Compare("status", Comparison.EQUAL, "Created")]))
    cursor = cursor_of(ENTRIES, question, position)
    found = position_of(ENTRIES, question, cursor)
    assert [(type(value), value) for value in found] == [(type(value), value) for value in position]
    assert position_of(ENTRIES, question, QueryParams(urlencode({"cursor": cursor}))["cursor"]) == found
    for other in (Question(["id"]), Question(["number"], question.where)):
        with pytest.raises(RequestError, match="is not a cursor of bi_journal_entries"):
            position_of(ENTRIES, other, cursor)


@for_all(some.text())
def test_any_other_text_is_no_cursor(text: str) -> None:
    with pytest.raises(RequestError, match="use the one of an answer to the same request, or leave it out"):
        position_of(ENTRIES, Question(["id"]), text)


def test_cells_that_spreadsheets_would_run_are_texts() -> None:
    for text in (
        "=1+1",
        "+1",
        "-",
        "-1-1",
        "@SUM(A1)",
        "\t=1",
        "\r",
        "\n=1",
        "\0",
        "\uff1d1",
        "\uff0b1",
        "\uff0d1",
        "\uff20",
    ):
        assert harmless(text) == f"'{text}"
    for text in ("", "a=b", "-75.63", "-1", "1", "'=1", " =1", "a\n=1"):
        assert harmless(text) == text
