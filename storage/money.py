"""Exact money: integers of a currency's minor unit inside, `Decimal` outside, never floats.

The decimals of a currency come from the ledger (`storage.currencies`); callers pass them.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, InvalidOperation
from typing import NewType, Protocol

from storage.errors import OperatorError

Minor = NewType("Minor", int)
"""An amount in minor units of its currency: 1250 is 12.50 GBP, and 1250 JPY."""

AMOUNT_MINOR_MAX = Minor(2**63 - 1)
"""The largest amount, in minor units. Its negative is the smallest, so that every amount can be negated."""

NUMBER_LENGTH_MAX = 100
"""The maximum of characters in a number; 64 bits need 20, a rate 62."""

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_NOT_FINITE = re.compile(r"[+-]?(?:s?nan|inf|infinity)", re.IGNORECASE)

# The first matching hint is given.
_HINTS = [
    (re.compile(rf"^.{{{NUMBER_LENGTH_MAX + 1}}}", re.DOTALL), f"the maximum is {NUMBER_LENGTH_MAX} characters"),
    (
        re.compile(r"^[+-]?[\d.,]+[eE][+-]?\d+$"),
        "exponents are refused, because the spreadsheet that wrote it may have dropped digits: format the column as"
        " text or as a number with decimals before saving",
    ),
    (re.compile(r"(?![0-9])\d"), "use the ASCII digits 0 to 9"),
    (re.compile("^[\u2010-\u2015\u207b\u2212\ufe63\uff0d]"), "use the ASCII hyphen as the minus sign"),
    (re.compile(r"^\s|\s$"), "remove the white space around it"),
    (
        re.compile(r"\d[\s,'\u2019_]\d|\.[\d,']*\."),
        "remove thousands separators, and use a point before the decimals",
    ),
    (re.compile(r"^\+"), "remove the plus sign"),
    (re.compile(r"^-?\.\d"), "put a digit before the point"),
    (re.compile(r"\d\.$"), "put a digit after the point, or remove the point"),
    (re.compile(r"^\(.*\)$|\d\s*[-\u2212]$"), "put a minus sign before a negative number"),
]

_EXACT = Context(prec=60, traps=[InvalidOperation, Inexact])
_ROUNDING = Context(prec=120, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation])


class MinorUnit(Protocol):
    """A currency: its ISO 4217 code and the number of decimals of its amounts."""

    @property
    def code(self) -> str:
        """Three capital letters, such as GBP."""

    @property
    def digits(self) -> int:
        """The decimals of its minor unit: 0, 2, 3 or 4."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """An amount in its currency and, if it has one, in the home currency."""

    minor: Minor
    home_minor: Minor | None = None

    def __add__(self, other: "Amounts") -> "Amounts":
        """The sum of both. It has a home amount only if both have one."""
        homes = (self.home_minor, other.home_minor)
        home = None if homes[0] is None or homes[1] is None else Minor(homes[0] + homes[1])
        return Amounts(Minor(self.minor + other.minor), home)


class MoneyError(OperatorError, ValueError):
    """An amount, rate or currency that is not valid. The text is a message for users."""


def parse_decimal(text: str) -> Decimal:
    """The number in the only format of amounts and rates: `-12.50`.

    An optional minus sign, ASCII digits, and optionally a point and more digits; at most NUMBER_LENGTH_MAX characters.
    Raises MoneyError for anything else, with a hint about the probable mistake.
    """
    if len(text) <= NUMBER_LENGTH_MAX and _NUMBER.fullmatch(text):
        return Decimal(text)
    finite = "finite " if _NOT_FINITE.fullmatch(text) else ""
    hint = next((f"; {hint}" for pattern, hint in _HINTS if pattern.search(text)), "")
    raise MoneyError(f"{_shown(text)} is not a {finite}decimal number; use the format -12.50{hint}")


def to_minor(amount: Decimal, currency: MinorUnit) -> Minor:
    """The amount in minor units of its currency, exactly.

    Raises MoneyError if it has more decimals than the currency, or does not fit into 64 bits.
    """
    if not amount.is_finite():
        raise MoneyError(f"{amount} is not a finite amount; use the format -12.50")
    if amount and amount.adjusted() > 20:
        raise MoneyError(_too_large(str(amount), currency))
    try:
        scaled = amount.scaleb(currency.digits, _EXACT).to_integral_exact(context=_EXACT)
    except (Inexact, InvalidOperation):
        raise MoneyError(
            f"{_text(amount)} has too many decimals; {currency.code} amounts have {currency.digits}"
        ) from None
    return within_limits(int(scaled), currency)


def to_decimal(minor: Minor, currency: MinorUnit) -> Decimal:
    """The amount as a Decimal with the decimals of its currency: 1250 GBP is 12.50, 1250 JPY is 1250."""
    return Decimal(minor).scaleb(-currency.digits, _EXACT)


def to_units(minor: Minor, currency: MinorUnit) -> tuple[int, int]:
    """The whole units of an amount, and the rest in ten-thousandths, both with its sign: -1250 GBP is -12 and -5000."""
    scale, sign = 10**currency.digits, -1 if minor < 0 else 1
    whole, rest = divmod(abs(minor), scale)
    return sign * whole, sign * rest * (10_000 // scale)


def convert(minor: Minor, currency: MinorUnit, rate: Decimal, home_currency: MinorUnit) -> Minor:
    """The home-currency amount in minor units: amount times rate, rounded half-even, once.

    Raises MoneyError if the result does not fit into 64 bits.
    """
    product = _ROUNDING.multiply(to_decimal(minor, currency), rate)
    if not product.is_finite() or (product and product.adjusted() > 20):
        raise MoneyError(_too_large(str(product), home_currency))
    scaled = product.scaleb(home_currency.digits, _ROUNDING)
    return within_limits(int(scaled.to_integral_value(ROUND_HALF_EVEN, _ROUNDING)), home_currency)


def plain(number: Decimal) -> str:
    """The number in canonical form, without trailing zeros: 1.50 and 1.5 are both 1.5."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def within_limits(minor: int, currency: MinorUnit) -> Minor:
    """The same amount. Raises MoneyError if it does not fit into 64 bits: sums are refused, never wrapped."""
    if not -AMOUNT_MINOR_MAX <= minor <= AMOUNT_MINOR_MAX:
        raise MoneyError(_too_large(f"{minor} minor units", currency))
    return Minor(minor)


def _text(number: Decimal) -> str:
    """The number without an exponent, unless that would need hundreds of zeros."""
    return format(number, "f") if -200 < int(number.as_tuple().exponent) <= 0 else str(number)


def _too_large(what: str, currency: MinorUnit) -> str:
    largest = to_decimal(AMOUNT_MINOR_MAX, currency)
    return f"{what} is beyond 64 bits; the largest amount in {currency.code} is {largest}"


def _shown(text: str) -> str:
    return repr(text) if len(text) <= 60 else f"{text[:40]!r}... ({len(text):,} characters)"
