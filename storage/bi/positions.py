"""Positions of rows, which come back from clients: only one that a row can have is taken."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal

from storage.bi.catalogue import AMOUNT_PRECISION, AMOUNT_SCALE, Kind
from storage.bi.expressions import Term
from storage.bi.questions import Value


class UnfitPosition(ValueError):
    """No row has such a position in this order."""


def check_position(terms: Sequence[Term], position: Sequence[Value]) -> None:
    """Raises UnfitPosition unless the position has a value for each term, of its kind."""
    if len(position) != len(terms) or not all(map(_fits, terms, position)):
        raise UnfitPosition(UnfitPosition.__doc__)


def _fits(term: Term, value: Value) -> bool:
    return term.nullable if value is None else _IS_OF[term.kind](value)


def _is_amount(value: Value) -> bool:
    return (
        isinstance(value, Decimal)
        and value.is_finite()
        and value.adjusted() < AMOUNT_PRECISION - AMOUNT_SCALE
        and int(value.as_tuple().exponent) >= -AMOUNT_SCALE
    )


_IS_OF: Mapping[Kind, Callable[[Value], bool]] = {
    Kind.TEXT: lambda value: isinstance(value, str) and "\0" not in value,
    Kind.INTEGER: lambda value: isinstance(value, int) and not isinstance(value, bool),
    Kind.AMOUNT: _is_amount,
    Kind.DATE: lambda value: isinstance(value, date) and not isinstance(value, datetime),
    Kind.MOMENT: lambda value: isinstance(value, datetime),
    Kind.BOOLEAN: lambda value: isinstance(value, bool),
}
