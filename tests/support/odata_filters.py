"""Random filters of OData: their text, and by plain Python for which rows they are true."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from operator import ge, gt, le, lt
from typing import Any

from hypothesis import strategies as st

from storage.bi.catalogue import Column, Kind, View

Row = Mapping[str, Any]

_ORDERED: Mapping[str, Callable[[Any, Any], bool]] = {"gt": gt, "ge": ge, "lt": lt, "le": le}
_TURNED = {"gt": "lt", "ge": "le", "lt": "gt", "le": "ge", "eq": "eq", "ne": "ne"}
_FUNCTIONS: Mapping[str, Callable[[str, str], bool]] = {
    "contains": lambda whole, part: part in whole,
    "startswith": str.startswith,
    "endswith": str.endswith,
}

_DEEPEST = 4

EARLIEST = date(1000, 1, 1)
"""The first day that the parser of filters reads."""


@dataclass(frozen=True)
class Filter:
    """A filter: its text, the columns that it names, and its truth for a row: true, false, or None for null."""

    text: str
    names: frozenset[str]
    truth: Callable[[Row], bool | None]

    def __repr__(self) -> str:
        return self.text


def filters(view: View, rows: Sequence[Row]) -> st.SearchStrategy[Filter]:
    """Filters of the view; most of their values are those of the rows."""
    columns = [column for column in view.columns if column.kind is not Kind.JSON]
    leaf = st.sampled_from(columns).flatmap(lambda column: _of_column(column, rows))
    found = leaf
    for _ in range(_DEEPEST):
        found = leaf | _not(found) | _joined(found) | _compared(found)
    return found


def literal(value: Any) -> str:
    """The value as OData writes it."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case str():
            doubled = value.replace("'", "''")
            return f"'{doubled}'"
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case Decimal():
            return format(value, "f")
    return str(value)


def _of_column(column: Column, rows: Sequence[Row]) -> st.SearchStrategy[Filter]:
    values = _values(column, rows)
    kinds = [_comparison(column, values), _list(column, values)]
    if column.kind is Kind.TEXT:
        kinds.append(_call(column, values))
    if column.kind is Kind.BOOLEAN:
        name = column.name
        kinds.append(st.just(Filter(name, frozenset([name]), lambda row: row[name])))
    return st.one_of(kinds)


def _values(column: Column, rows: Sequence[Row]) -> st.SearchStrategy[Any]:
    known = [row[column.name] for row in rows if row[column.name] is not None]
    if column.kind in (Kind.DATE, Kind.MOMENT):
        known = [value for value in known if (value.date() if isinstance(value, datetime) else value) >= EARLIEST]
    others: Mapping[Kind, st.SearchStrategy[Any]] = {
        Kind.TEXT: st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=3),
        Kind.INTEGER: st.integers(-3, 3) | st.integers(-(2**70), 2**70),
        Kind.AMOUNT: st.decimals(-20, 20, places=5) | st.decimals(-(10**22), 10**22, places=2),
        Kind.DATE: st.dates(date(2010, 1, 1), date(2025, 1, 1)),
        Kind.MOMENT: st.datetimes(datetime(2010, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        Kind.BOOLEAN: st.booleans(),
    }
    near = st.sampled_from(known).map(_near) | st.sampled_from(known) if known else st.nothing()
    return st.one_of(near, st.sampled_from(known) if known else st.nothing(), others[column.kind])


def _near(value: Any) -> Any:
    """A value beside it, where there is one."""
    match value:
        case bool():
            return not value
        case str():
            return value[:-1] or "a"
        case datetime():
            return value + timedelta(microseconds=1)
        case date():
            return value + timedelta(days=1) if value < date.max else value
        case Decimal():
            return value + Decimal("0.0001")
    return value + 1


def _comparison(column: Column, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Filter]:
    def filter_of(operator: str, value: Any, turned: bool) -> Filter:
        name = column.name
        text = f"{literal(value)} {_TURNED[operator]} {name}" if turned else f"{name} {operator} {literal(value)}"
        return Filter(text, frozenset([name]), lambda row: _is(row[name], operator, value))

    operators = ["eq", "ne"] if column.kind is Kind.BOOLEAN else list(_TURNED)
    return st.builds(filter_of, st.sampled_from(operators), values | st.none(), st.booleans())


def _is(value: Any, operator: str, wanted: Any) -> bool:
    """Null is equal to itself alone, and neither greater nor less than anything."""
    if operator in ("eq", "ne"):
        return bool((value == wanted) is (operator == "eq"))
    if value is None or wanted is None:
        return operator in ("ge", "le") and value is wanted
    return _ORDERED[operator](value, wanted)


def _list(column: Column, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Filter]:
    def filter_of(wanted: list[Any]) -> Filter:
        name = column.name
        text = f"{name} in ({','.join(map(literal, wanted))})"
        return Filter(text, frozenset([name]), lambda row: any(_is(row[name], "eq", each) for each in wanted))

    return st.builds(filter_of, st.lists(values, min_size=1, max_size=3))


def _call(column: Column, values: st.SearchStrategy[Any]) -> st.SearchStrategy[Filter]:
    def filter_of(function: str, value: str, start: int, end: int) -> Filter:
        name, part = column.name, value[min(start, len(value)) : max(start, end)]

        def truth(row: Row) -> bool | None:
            return None if row[name] is None else _FUNCTIONS[function](row[name], part)

        return Filter(f"{function}({name},{literal(part)})", frozenset([name]), truth)

    ends = st.integers(0, 12)
    return st.builds(filter_of, st.sampled_from(list(_FUNCTIONS)), values, ends, ends)


def _not(inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    def filter_of(one: Filter, form: str) -> Filter:
        def truth(row: Row) -> bool | None:
            found = one.truth(row)
            return None if found is None else not found

        return Filter(form.format(one.text), one.names, truth)

    return st.builds(filter_of, inner, st.sampled_from(["not ({})", "not({})", "( not ( {} ) )"]))


def _joined(inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    def filter_of(parts: list[Filter], word: str) -> Filter:
        # What decides alone: one false part for `and`, one true part for `or`.
        deciding = word == "or"

        def truth(row: Row) -> bool | None:
            found = [part.truth(row) for part in parts]
            if deciding in found:
                return deciding
            return None if None in found else not deciding

        text = f" {word} ".join(f"({part.text})" for part in parts)
        return Filter(text, frozenset().union(*(part.names for part in parts)), truth)

    return st.builds(filter_of, st.lists(inner, min_size=2, max_size=3), st.sampled_from(["and", "or"]))


def _compared(inner: st.SearchStrategy[Filter]) -> st.SearchStrategy[Filter]:
    """A condition compared with true or false, as some tools write it. Null is equal to neither."""

    def filter_of(one: Filter, operator: str, wanted: bool) -> Filter:
        text = f"({one.text}) {operator} {literal(wanted)}"
        return Filter(text, one.names, lambda row: _is(one.truth(row), operator, wanted))

    return st.builds(filter_of, inner, st.sampled_from(["eq", "ne"]), st.booleans())
