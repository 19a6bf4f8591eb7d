"""Exact money: integers of a currency's minor unit inside, `Decimal` outside, a float nowhere.

Nothing here knows how many decimals a currency has: the ledger says so (`storage.currencies`), and callers pass it.
"""

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, InvalidOperation
from typing import Protocol

LARGEST = 2**63 - 1
"""The largest amount, in minor units. Its negative is the smallest, so that every amount can be turned round."""

LONGEST_NUMBER = 100
"""The most characters that a number can have; 64 bits need 20, a rate 62."""

_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")
_NOT_FINITE = re.compile(r"[+-]?(?:s?nan|inf|infinity)", re.IGNORECASE)

# The first that fits is given.
_HINTS = [
    (re.compile(rf"^.{{{LONGEST_NUMBER + 1}}}", re.DOTALL), f"it can have at most {LONGEST_NUMBER} characters"),
    (
        re.compile(r"^[+-]?[\d.,]+[eE][+-]?\d+$"),
        "an exponent is refused, because the spreadsheet that wrote it may have dropped digits: format the column as"
        " text or as a number with decimals before saving",
    ),
    (re.compile(r"(?![0-9])\d"), "use the digits 0 to 9 of ASCII"),
    (re.compile("^[\u2010-\u2015\u207b\u2212\ufe63\uff0d]"), "use the hyphen of ASCII as the minus sign"),
    (re.compile(r"^\s|\s$"), "leave out the white space around it"),
    (
        re.compile(r"\d[\s,'\u2019_]\d|\.[\d,']*\."),
        "leave out thousands separators, and put a point before the decimals",
    ),
    (re.compile(r"^\+"), "leave out the plus sign"),
    (re.compile(r"^-?\.\d"), "put a digit before the point"),
    (re.compile(r"\d\.$"), "put a digit after the point, or leave the point out"),
    (re.compile(r"^\(.*\)$|\d\s*[-\u2212]$"), "put a minus sign before a negative number"),
]

_EXACT = Context(prec=60, traps=[InvalidOperation, Inexact])
_ROUNDING = Context(prec=120, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation])


class MinorUnit(Protocol):
    """A currency: its ISO 4217 code, and how many decimals its amounts have."""

    @property
    def code(self) -> str:
        """Three capital letters, such as GBP."""

    @property
    def digits(self) -> int:
        """The decimals of its minor unit: 0, 2, 3 or 4."""


class MoneyError(ValueError):
    """An amount, rate or currency that cannot be taken exactly. Its text is fit for a user."""


def parse_decimal(text: str) -> Decimal:
    """The number in the one form that amounts and rates have: `-12.50`.

    An optional minus sign, ASCII digits, and where wanted a point and more digits; at most LONGEST_NUMBER characters.
    Raises MoneyError for anything else, and says what was probably meant.
    """
    if len(text) <= LONGEST_NUMBER and _NUMBER.fullmatch(text):
        return Decimal(text)
    finite = "finite " if _NOT_FINITE.fullmatch(text) else ""
    hint = next((f"; {hint}" for pattern, hint in _HINTS if pattern.search(text)), "")
    raise MoneyError(f"{_shown(text)} is not a {finite}decimal number; write it like -12.50{hint}")


def to_minor(amount: Decimal, currency: MinorUnit) -> int:
    """The amount in minor units of its currency, exactly.

    Raises MoneyError when it has more decimals than the currency, or does not fit into 64 bits.
    """
    if not amount.is_finite():
        raise MoneyError(f"{amount} is not a finite amount; write it like -12.50")
    if amount and amount.adjusted() > 20:
        raise MoneyError(_too_large(str(amount), currency))
    try:
        scaled = amount.scaleb(currency.digits, _EXACT).to_integral_exact(context=_EXACT)
    except (Inexact, InvalidOperation):
        raise MoneyError(
            f"{_text(amount)} has more decimals than {currency.code} has, which is {currency.digits}"
        ) from None
    return within_limits(int(scaled), currency)


def to_decimal(minor: int, currency: MinorUnit) -> Decimal:
    """The amount as a Decimal with exactly the decimals of its currency: 1250 GBP is 12.50, 1250 JPY is 1250."""
    return Decimal(minor).scaleb(-currency.digits, _EXACT)


def convert(minor: int, currency: MinorUnit, rate: Decimal, home_currency: MinorUnit) -> int:
    """The home-currency amount in minor units: amount times rate, rounded half-even, once.

    Raises MoneyError when the result does not fit into 64 bits.
    """
    product = _ROUNDING.multiply(to_decimal(minor, currency), rate)
    if not product.is_finite() or (product and product.adjusted() > 20):
        raise MoneyError(_too_large(str(product), home_currency))
    scaled = product.scaleb(home_currency.digits, _ROUNDING)
    return within_limits(int(scaled.to_integral_value(ROUND_HALF_EVEN, _ROUNDING)), home_currency)


def plain(number: Decimal) -> str:
    """The number as one text for one value, with every digit that counts: 1.50 and 1.5 are both 1.5."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def within_limits(minor: int, currency: MinorUnit) -> int:
    """The amount itself. Raises MoneyError when it does not fit into 64 bits: sums are refused, never wrapped."""
    if not -LARGEST <= minor <= LARGEST:
        raise MoneyError(_too_large(f"{minor} minor units", currency))
    return minor


def _text(number: Decimal) -> str:
    """The number without an exponent, unless that would take thousands of zeros."""
    return format(number, "f") if -200 < int(number.as_tuple().exponent) <= 0 else str(number)


def _too_large(what: str, currency: MinorUnit) -> str:
    largest = to_decimal(LARGEST, currency)
    return f"{what} is beyond 64 bits; the largest amount in {currency.code} is {largest}"


def _shown(text: str) -> str:
    return repr(text) if len(text) <= 60 else f"{text[:40]!r}... ({len(text):,} characters)"
