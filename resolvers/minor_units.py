"""Columns of amounts, exactly in minor units: what `storage.money` makes of one amount, for many at once.

Each function leaves null what is not surely right; such a row is left to `storage.money`, which also says why.
"""

from decimal import Decimal
from typing import Any, NamedTuple

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

_AMOUNT = r"^-?[0-9]{1,14}(\.[0-9]{1,4})?$"
"""At most 18 digits, which 64 bits hold."""

_POWERS = pa.array([10**exponent for exponent in range(19)], pa.int64())
_PRODUCT_MAX = 2**62


def minor_units(texts: Any, digits: Any) -> Any:
    """The amounts in minor units, each of a currency with so many digits; null for what is not surely one."""
    plain = pc.replace_substring(texts, ".", "", max_replacements=1)
    point = pc.find_substring(texts, ".")
    behind_point = pc.subtract(pc.subtract(pc.binary_length(texts), point), 1)
    decimals = pc.if_else(pc.less(point, 0), 0, behind_point)
    sure = pc.and_(pc.match_substring_regex(texts, _AMOUNT), pc.less_equal(decimals, digits))
    if not pc.all(pc.fill_null(sure, False)).as_py():
        plain = pc.if_else(pc.fill_null(sure, False), plain, pa.scalar(None, pa.string()))
        decimals = pc.if_else(pc.is_valid(plain), decimals, digits)
    missing = pc.subtract(digits, decimals)
    whole = plain.cast(pa.int64())
    if pc.max(missing).as_py() in (0, None):
        return whole
    return pc.multiply(whole, _POWERS.take(missing))


class Factor(NamedTuple):
    """What an amount in minor units is multiplied by, and then divided by a power of ten, to convert it."""

    multiplier: int
    exponent: int

    @property
    def is_small(self) -> bool:
        """Whether both fit into 64 bits with room for the arithmetic of `converted`."""
        return 0 < self.multiplier < _PRODUCT_MAX and self.exponent <= 18


def factor_of(rate: Decimal, digits: int, home_digits: int) -> Factor:
    """The factor from a currency with so many digits to a home currency with so many."""
    sign, figures, scale = rate.as_tuple()
    assert sign == 0
    assert isinstance(scale, int)
    multiplier = int("".join(map(str, figures)))
    exponent = digits - home_digits - scale
    return Factor(multiplier, exponent) if exponent >= 0 else Factor(multiplier * 10**-exponent, 0)


def converted(minor: Any, multiplier: Any, exponent: Any) -> Any:
    """The amounts times their multipliers, divided by ten to their exponents, rounded half-even, once.

    Null where an amount or a multiplier is null, or the product comes near to 64 bits.
    """
    largest = pc.divide(_PRODUCT_MAX, multiplier)
    near = pc.and_(pc.less_equal(minor, largest), pc.greater_equal(minor, pc.negate(largest)))
    product = pc.multiply(pc.if_else(near, minor, pa.scalar(None, pa.int64())), multiplier)
    divisor = _POWERS.take(exponent)
    # Division truncates towards zero.
    quotient = pc.divide(product, divisor)
    rest = pc.abs(pc.subtract(product, pc.multiply(quotient, divisor)))
    twice = pc.add(rest, rest)
    odd = pc.not_equal(pc.bit_wise_and(quotient, 1), 0)
    up = pc.or_(pc.greater(twice, divisor), pc.and_(pc.equal(twice, divisor), odd))
    return pc.add(quotient, pc.if_else(up, pc.sign(product), 0).cast(pa.int64()))


def agrees(home: Any, product: Any, amount: Any, tolerance: int) -> Any:
    """Whether given home amounts are the products but for rounding, and have the sign of the amounts or are 0.

    The rule is `Checker`'s; they may differ by a minor unit, or by the `tolerance`-th part of the product.
    """
    allowed = pc.max_element_wise(pc.divide(pc.abs(product), tolerance), 1)
    # Both are below 2**62, so that the difference fits into 64 bits.
    close = pc.less_equal(pc.abs(pc.subtract(home, product)), allowed)
    signs = pc.multiply(pc.sign(home), pc.sign(amount))
    same_sign = pc.or_(pc.greater(signs, 0), pc.equal(home, 0))
    return pc.and_(close, same_sign)
