"""The columns and filters that an address asks of a view, such as `?status=Created&total_debit.from=100`."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import partial

from starlette.datastructures import QueryParams

from gateway.bi.values import ValueRefused, parse_moment, parse_value, shown
from resolvers.did_you_mean import DidYouMean
from resolvers.errors import RequestError
from storage.bi.catalogue import Column, Kind, View
from storage.bi.questions import And, Compare, Comparison, Condition, Or, Value

COLUMNS = "columns"
UPDATED_SINCE = "updated_since"
UPDATED_AT = "updated_at"

VALUES_MAX = 100
"""The values that the filters of one request may have: a statement has a limited depth."""

_ORDERED = frozenset({Kind.TEXT, Kind.INTEGER, Kind.AMOUNT, Kind.DATE, Kind.MOMENT})
_TEXTS = frozenset({Kind.TEXT})
_COMPARED = _ORDERED | {Kind.BOOLEAN}

_WHOLE = ("", "not")
"""The filters whose value is the whole value of a column: one that no row can have is a mistake."""

_NULL = Column("null", Kind.BOOLEAN, "")


@dataclass(frozen=True, slots=True)
class Filter:
    """What `column.NAME=value` means; the plain `column=value` has the empty name."""

    name: str
    description: str
    kinds: frozenset[Kind]
    condition: Callable[[str, Sequence[Value]], Condition]
    repeats: bool = True


@dataclass(frozen=True, slots=True)
class Selection:
    """The columns of the answer, and which rows it has."""

    columns: Sequence[str]
    where: Condition


def _any(comparison: Comparison, column: str, values: Sequence[Value]) -> Condition:
    return Or([Compare(column, comparison, value) for value in values])


def _all(comparison: Comparison, column: str, values: Sequence[Value]) -> Condition:
    return And([Compare(column, comparison, value) for value in values])


def _null(column: str, values: Sequence[Value]) -> Condition:
    return Compare(column, Comparison.EQUAL if values[0] else Comparison.NOT_EQUAL, None)


FILTERS = {
    each.name: each
    for each in (
        Filter("", "Equal to the value; repeated: to any of the values.", _COMPARED, partial(_any, Comparison.EQUAL)),
        Filter("not", "Other than the value, or null.", _COMPARED, partial(_all, Comparison.NOT_EQUAL)),
        Filter("from", "At least the value.", _ORDERED, partial(_all, Comparison.AT_LEAST), repeats=False),
        Filter("to", "At most the value.", _ORDERED, partial(_all, Comparison.AT_MOST), repeats=False),
        Filter(
            "contains", "Contains the text; repeated: any of the texts.", _TEXTS, partial(_any, Comparison.CONTAINS)
        ),
        Filter("starts_with", "Starts with the text.", _TEXTS, partial(_any, Comparison.STARTS_WITH)),
        Filter("ends_with", "Ends with the text.", _TEXTS, partial(_any, Comparison.ENDS_WITH)),
        Filter("null", "true: is null; false: is not null.", frozenset(Kind), _null, repeats=False),
    )
}
"""The filters by name, for the kinds of columns that have them."""


def selection(parameters: QueryParams, view: View, others: Collection[str]) -> Selection:
    """What the parameters ask of the view; `others` are those that the interface itself reads.

    Raises RequestError for an unknown parameter, column or filter, and for a value that is not of its column's kind.
    """
    conditions: list[Condition] = []
    columns: Sequence[str] = view.names
    given = {name: parameters.getlist(name) for name in sorted(set(parameters))}
    if sum(map(len, given.values())) > VALUES_MAX:
        raise RequestError(f"There are more than {VALUES_MAX} parameters; ask for fewer values in each request.")
    for name, texts in given.items():
        if name == COLUMNS:
            columns = _columns(",".join(texts), view)
        elif name == UPDATED_SINCE:
            conditions.append(_updated_since(texts))
        elif name not in others:
            conditions.append(_condition(name, texts, view, others))
    return Selection(columns, And(conditions))


def single(parameters: QueryParams, name: str) -> str | None:
    """The value of a parameter that is not repeated; None if it is not given. Raises RequestError."""
    texts = parameters.getlist(name)
    return _once(name, texts) if texts else None


def filters_of(column: Column) -> list[str]:
    """The names of the column's filters."""
    return [name for name, each in FILTERS.items() if column.kind in each.kinds]


def _columns(text: str, view: View) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in view.names:
            raise RequestError(_unknown(f"{COLUMNS}: there is no column", name, view.names, _columns_are(view)))
        if names.count(name) > 1:
            raise RequestError(f"{COLUMNS}: {name!r} is given more than once; name each column once.")
    return names


def _updated_since(texts: Sequence[str]) -> Condition:
    try:
        return Compare(UPDATED_AT, Comparison.AT_LEAST, parse_moment(_once(UPDATED_SINCE, texts)))
    except ValueRefused as refused:
        raise RequestError(f"{UPDATED_SINCE}: {refused}.") from None


def _condition(name: str, texts: Sequence[str], view: View, others: Collection[str]) -> Condition:
    column_name, dot, filter_name = name.partition(".")
    if column_name not in view.names:
        known = [COLUMNS, UPDATED_SINCE, *others]
        are = f"The parameters are {', '.join(known)}, and the columns as filters. {_columns_are(view)}"
        raise RequestError(_unknown("There is no parameter", column_name, [*known, *view.names], are))
    column = view.column(column_name)
    allowed = filters_of(column)
    if filter_name not in allowed or (dot and not filter_name):
        are = f"Use {', '.join(f'{column_name}.{each}' if each else column_name for each in allowed)}."
        if not dot:
            raise RequestError(f"{name}: {_kind_of(column)} cannot be compared with a value. {are}")
        raise RequestError(
            _unknown(f"{name}: {_kind_of(column)} has no filter", filter_name, [*filter(None, allowed)], are)
        )
    if filter_name in _WHOLE and column.values:
        _require_known(name, texts, column.values)
    found = FILTERS[filter_name]
    if not found.repeats:
        texts = [_once(name, texts)]
    try:
        values = [parse_value(text, _NULL if found.condition is _null else column) for text in texts]
    except ValueRefused as refused:
        raise RequestError(f"{name}: {refused}.") from None
    return found.condition(column_name, values)


def _require_known(name: str, texts: Sequence[str], known: Sequence[str]) -> None:
    for text in texts:
        if text not in known:
            are = f"The values are {', '.join(known)}."
            raise RequestError(_unknown(f"{name}: there is no value", text, known, are))


def _once(name: str, texts: Sequence[str]) -> str:
    if len(texts) > 1:
        raise RequestError(f"{name}: it is given {len(texts)} times; give it once.")
    return texts[0]


def _unknown(what: str, name: str, known: Sequence[str], are: str) -> str:
    suggested = DidYouMean(known)(name) or "."
    return f"{what} {shown(name)}{suggested} {are}"


def _columns_are(view: View) -> str:
    return f"The columns of {view.name} are {', '.join(view.names)}."


def _kind_of(column: Column) -> str:
    return f"a column of kind {column.kind.name.lower()}"
