"""Conditions on rows, written in SQL."""

from collections.abc import Sequence
from enum import Enum
from fractions import Fraction
from functools import partial
from math import ceil

from storage.conditions import (
    AllOf,
    AmountBound,
    AnyOf,
    Comparing,
    Comparison,
    Condition,
    HasSegment,
    Not,
    OfJoined,
    Referring,
)
from storage.currencies import DIGITS
from storage.documents.shape import Parts, Shape
from storage.documents.shapes import SHAPES
from storage.documents.statement import Statement, column_of, joins, where_all
from storage.money import AMOUNT_MINOR_MAX
from storage.texts import in_small_letters


def condition_sql(statement: Statement, shape: Shape, alias: str, condition: Condition) -> str:
    """The condition on the row of the table with that alias, as SQL that can stand beside others."""
    match condition:
        case Comparing():
            return _comparing(statement, column_of(shape, alias, condition.column), condition)
        case AmountBound():
            return _amount_bound(statement, shape, alias, condition)
        case HasSegment():
            return _has_segment(statement, shape, alias, condition)
        case Referring():
            return _referring(statement, column_of(shape, alias, condition.column), condition)
        case OfJoined():
            return condition_sql(statement, SHAPES[condition.of], f"{alias}{condition.join}", condition.condition)
        case AllOf():
            return _joined(" AND ", [condition_sql(statement, shape, alias, one) for one in condition.conditions])
        case AnyOf():
            return _joined(" OR ", [condition_sql(statement, shape, alias, one) for one in condition.conditions])
        case Not():
            return f"(({condition_sql(statement, shape, alias, condition.condition)}) IS NOT TRUE)"


def _joined(word: str, written: Sequence[str]) -> str:
    """The conditions joined by AND or OR; of none, what that of none is."""
    if not written:
        return "FALSE" if word == " OR " else "TRUE"
    return written[0] if len(written) == 1 else f"({word.join(written)})"


def _comparing(statement: Statement, column: str, condition: Comparing) -> str:
    json, value = statement.json, condition.value
    match condition.comparison:
        case Comparison.IS_SET:
            return f"{column} IS NOT NULL"
        case Comparison.IS_NOT_SET:
            return f"{column} IS NULL"
        case Comparison.IN:
            return json.is_one_of(column, _values(statement, value))
        case Comparison.CONTAINS:
            return json.contains(column, statement.bind(in_small_letters(value)))
        case Comparison.HAS_ANY:
            element = statement.alias()
            among = json.is_one_of(f"{element}.value", _values(statement, value))
            return f"EXISTS (SELECT 1 FROM {json.elements(column, element)} WHERE {among})"
        case Comparison.IS_EMPTY:
            return f"json_array_length({column}) = 0"
    return f"{column} {condition.comparison.value} {statement.bind(value)}"


def _amount_bound(statement: Statement, shape: Shape, alias: str, bound: AmountBound) -> str:
    """The bound in minor units, for each number of decimals that a currency can have; NULL if it is beyond 64 bits."""
    amount, currency = column_of(shape, alias, bound.column), column_of(shape, alias, bound.currency)
    unit = statement.alias()
    whens = " ".join(f"WHEN {digits} THEN {statement.bind(_minor(bound, digits))}" for digits in DIGITS)
    minor = f"SELECT CAST(CASE {unit}.digits {whens} END AS BIGINT) FROM currency AS {unit}"
    return f"{amount} {bound.comparison.value} ({minor} WHERE {unit}.code = {currency})"


def _minor(bound: AmountBound, digits: int) -> int | None:
    """The bound in minor units; None if no amount is within it. In fractions, since a Decimal is rounded."""
    is_least = bound.comparison is Comparison.AT_LEAST
    least = Fraction(bound.value) * 10**digits * (1 if is_least else -1)
    if least > AMOUNT_MINOR_MAX:
        return None
    minor: int = ceil(max(least, Fraction(-AMOUNT_MINOR_MAX)))
    return minor if is_least else -minor


def _has_segment(statement: Statement, shape: Shape, alias: str, condition: HasSegment) -> str:
    json, part = statement.json, statement.alias()
    wanted = [f"{part}.name = {statement.bind(condition.name)}"]
    if condition.values is None:
        wanted.append(f"{part}.value IS NOT NULL")
    else:
        wanted.append(json.is_one_of(f"{part}.value", _values(statement, condition.values)))
    segments = shape.related["segments"]
    assert isinstance(segments, Parts)
    rows = segments.rows(json, partial(column_of, shape, alias), part)
    return f"EXISTS (SELECT 1 FROM {rows}{where_all(wanted)})"


def _referring(statement: Statement, column: str, condition: Referring) -> str:
    shape, alias = SHAPES[condition.of], statement.alias()
    where = [condition_sql(statement, shape, alias, one) for one in condition.conditions]
    where += statement.limits(shape, alias)
    found = f"{shape.table} AS {alias}{joins(shape, alias, ' '.join(where))}{where_all(where)}"
    return f"{column} IN (SELECT {column_of(shape, alias, condition.key)} FROM {found})"


def _values(statement: Statement, values: Sequence[object]) -> str:
    return statement.bind_list([value.value if isinstance(value, Enum) else value for value in values])
