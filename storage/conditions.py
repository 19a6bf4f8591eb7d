"""Conditions on the rows of a list, which `storage.documents.conditions` writes in SQL.

A condition that asks of a value which a row does not have is not met; so its negation is.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, Literal


class Comparison(Enum):
    """What a condition asks of a column.

    CONTAINS asks whether a text is in it, with A to Z as a to z. HAS_ANY and IS_EMPTY are for JSON arrays of texts.
    """

    EQUALS = "="
    AT_LEAST = ">="
    AT_MOST = "<="
    IN = "in"
    IS_SET = "is set"
    IS_NOT_SET = "is not set"
    CONTAINS = "contains"
    HAS_ANY = "has any"
    IS_EMPTY = "is empty"


@dataclass(frozen=True, slots=True)
class Comparing:
    """A condition on one column of a row."""

    column: str
    comparison: Comparison
    value: Any = None


@dataclass(frozen=True, slots=True)
class AmountBound:
    """An amount, in minor units of the currency in another column, is that much at least, or at most; exactly."""

    column: str
    currency: str
    comparison: Literal[Comparison.AT_LEAST, Comparison.AT_MOST]
    value: Decimal


@dataclass(frozen=True, slots=True)
class HasSegment:
    """The row has the segment with that name, with one of these values; None means any value."""

    name: str
    values: Sequence[str] | None


@dataclass(frozen=True, slots=True)
class Referring:
    """The column has the value that `key` has in a row of that type which meets the conditions."""

    column: str
    of: type
    key: str
    conditions: "Sequence[Condition]"


@dataclass(frozen=True, slots=True)
class OfJoined:
    """The row of that type, which the row's shape joins by that name, meets the condition."""

    join: str
    of: type
    condition: "Condition"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of these is met; so are none."""

    conditions: "Sequence[Condition]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """One of these is met; of none, none is."""

    conditions: "Sequence[Condition]"


@dataclass(frozen=True, slots=True)
class Not:
    """The condition is not met."""

    condition: "Condition"


Condition = Comparing | AmountBound | HasSegment | Referring | OfJoined | AllOf | AnyOf | Not


def numbered(number: str) -> Comparing:
    """The condition that a run or an entry has that number."""
    return Comparing("number", Comparison.EQUALS, number)


def named(name: str) -> Comparing:
    """The condition that an accounting code or period has that name."""
    return Comparing("name", Comparison.EQUALS, name)


def given(column: str, comparison: Comparison, value: Any) -> list[Condition]:
    """The condition, unless its value is None, which means any."""
    return [] if value is None else [Comparing(column, comparison, value)]


def between(column: str, first: Any, last: Any) -> list[Condition]:
    """The conditions that the column is in the range, ends included; None means that there is no end."""
    return [*given(column, Comparison.AT_LEAST, first), *given(column, Comparison.AT_MOST, last)]


def amount_between(column: str, currency: str, least: Decimal | None, most: Decimal | None) -> list[Condition]:
    """The same for an amount."""
    bounds: list[Condition] = []
    if least is not None:
        bounds.append(AmountBound(column, currency, Comparison.AT_LEAST, least))
    if most is not None:
        bounds.append(AmountBound(column, currency, Comparison.AT_MOST, most))
    return bounds


def containing(text: str | None, columns: Iterable[str]) -> list[Condition]:
    """The condition that one of the columns contains the text, unless it is None."""
    return [] if text is None else [AnyOf([Comparing(column, Comparison.CONTAINS, text) for column in columns])]


def combined(
    all_of: Sequence[Sequence[Condition]] | None,
    any_of: Sequence[Sequence[Condition]] | None,
    none_of: Sequence[Condition] | None,
) -> list[Condition]:
    """The conditions of filters in a filter: all of them, one of them at least, and one that is not met."""
    found: list[Condition] = [condition for one in all_of or () for condition in one]
    if any_of is not None:
        found.append(AnyOf([AllOf(one) for one in any_of]))
    if none_of is not None:
        found.append(Not(AllOf(none_of)))
    return found
