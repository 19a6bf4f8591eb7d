"""Exact money: integers of a currency's minor unit inside, `Decimal` outside, a float nowhere."""

from decimal import ROUND_HALF_EVEN, Context, Decimal, Inexact, InvalidOperation
from functools import cache

from iso4217 import Currency

LARGEST = 2**63 - 1
"""The largest amount, in minor units. Its negative is the smallest, so that every amount can be turned round."""

_EXACT = Context(prec=60, traps=[InvalidOperation, Inexact])
_ROUNDING = Context(prec=120, rounding=ROUND_HALF_EVEN, traps=[InvalidOperation])


class MoneyError(ValueError):
    """An amount, rate or currency that cannot be taken exactly. Its text is fit for a user."""


@cache
def digits(currency: str) -> int:
    """The number of decimals of an ISO 4217 currency: 0, 2, 3 or 4.

    Raises MoneyError for a code that ISO 4217 does not list, or that has no minor unit (gold, test codes).
    """
    try:
        exponent = Currency(currency).exponent
    except ValueError:
        raise MoneyError(
            f"{currency!r} is no ISO 4217 currency; give its three capital letters, for example GBP"
        ) from None
    if exponent is None:
        raise MoneyError(f"{currency} has no minor unit in ISO 4217, so amounts in it cannot be posted")
    return exponent


def parse_decimal(text: str) -> Decimal:
    """A plain decimal number such as `-12.50`. Raises MoneyError for anything else, infinities included."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise MoneyError(f"{text!r} is not a decimal number; write it like -12.50") from None
    if not number.is_finite() or "_" in text:
        raise MoneyError(f"{text!r} is not a finite decimal number; write it like -12.50")
    return number


def to_minor(amount: Decimal, currency: str) -> int:
    """The amount in minor units of its currency, exactly.

    Raises MoneyError when it has more decimals than the currency, or does not fit into 64 bits.
    """
    if not amount.is_finite():
        raise MoneyError(f"{amount} is not a finite amount; write it like -12.50")
    if amount and amount.adjusted() > 20:
        raise MoneyError(_too_large(str(amount), currency))
    places = digits(currency)
    try:
        scaled = amount.scaleb(places, _EXACT).to_integral_exact(context=_EXACT)
    except (Inexact, InvalidOperation):
        raise MoneyError(f"{amount} has more decimals than {currency} has, which is {places}") from None
    return within_limits(int(scaled), currency)


def to_decimal(minor: int, currency: str) -> Decimal:
    """The amount as a Decimal with exactly the decimals of its currency: 1250 GBP is 12.50, 1250 JPY is 1250."""
    return Decimal(minor).scaleb(-digits(currency), _EXACT)


def convert(minor: int, currency: str, rate: Decimal, home_currency: str) -> int:
    """The home-currency amount in minor units: amount times rate, rounded half-even, once.

    Raises MoneyError when the result does not fit into 64 bits.
    """
    product = _ROUNDING.multiply(to_decimal(minor, currency), rate)
    if not product.is_finite() or (product and product.adjusted() > 20):
        raise MoneyError(_too_large(str(product), home_currency))
    scaled = product.scaleb(digits(home_currency), _ROUNDING)
    return within_limits(int(scaled.to_integral_value(ROUND_HALF_EVEN, _ROUNDING)), home_currency)


def plain(number: Decimal) -> str:
    """The number as one text for one value, with every digit that counts: 1.50 and 1.5 are both 1.5."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def within_limits(minor: int, currency: str) -> int:
    """The amount itself. Raises MoneyError when it does not fit into 64 bits: sums are refused, never wrapped."""
    if not -LARGEST <= minor <= LARGEST:
        raise MoneyError(_too_large(f"{minor} minor units", currency))
    return minor


def _too_large(what: str, currency: str) -> str:
    largest = to_decimal(LARGEST, currency)
    return f"{what} is beyond 64 bits; the largest amount in {currency} is {largest}"
