"""Amounts in columns are what `storage.money` makes of each, or left to it; so are texts and their one rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa  # type: ignore[import-untyped]
from hypothesis import example, given, settings
from hypothesis import strategies as st

from resolvers.minor_units import agrees, converted, factor_of, minor_units
from resolvers.screen import are_surely_normalised
from storage.money import AMOUNT_MINOR_MAX, Minor, MoneyError, convert, parse_decimal, to_minor
from storage.texts import TextRefused, normalised


@dataclass(frozen=True, slots=True)
class Unit:
    """A currency."""

    code: str
    digits: int


DIGITS = (0, 2, 3, 4)
units = st.sampled_from([Unit("AAA", digits) for digits in DIGITS])
odd_numbers = st.from_regex(r"\A[-+]?[0-9]{0,20}[.,]?[0-9]{0,6}(e[0-9])?\Z")
plain_numbers = st.from_regex(r"\A-?[0-9]{1,15}(\.[0-9]{1,4})?\Z")
rates = st.from_regex(r"\A[0-9]{1,6}(\.[0-9]{1,9})?\Z").map(Decimal).filter(lambda rate: rate > 0)


def exactly(text: str, unit: Unit) -> int | None:
    """The amount in minor units, or None."""
    try:
        return to_minor(parse_decimal(text), unit)
    except MoneyError:
        return None


@settings(max_examples=50)
@given(st.lists(st.tuples(odd_numbers | plain_numbers | st.none(), units), max_size=20))
@example([("0x1F", Unit("AAA", 2)), ("-0", Unit("AAA", 0)), ("1" * 19, Unit("AAA", 4)), ("\u0663", Unit("AAA", 0))])
def test_an_amount_is_what_money_makes_of_it_or_left_to_it(cases: Sequence[tuple[str | None, Unit]]) -> None:
    texts = pa.array([text for text, _ in cases], pa.string())
    digits = pa.array([unit.digits for _, unit in cases], pa.int32())

    found = minor_units(texts, digits).to_pylist()

    for (text, unit), minor in zip(cases, found, strict=True):
        assert minor is None or minor == exactly(text or "", unit)


@given(st.integers(-(10**14) + 1, 10**14 - 1), units)
def test_usual_amounts_are_not_left_to_it(minor: int, unit: Unit) -> None:
    text = str(Decimal(minor).scaleb(-unit.digits))
    if "E" not in text:
        assert minor_units(pa.array([text]), pa.array([unit.digits], pa.int32())).to_pylist() == [minor]


minors = st.integers(-(10**9), 10**9) | st.integers(-AMOUNT_MINOR_MAX, AMOUNT_MINOR_MAX)


@settings(max_examples=50)
@given(st.lists(st.tuples(minors, units, rates, units), max_size=20))
@example([(5, Unit("AAA", 2), Decimal("0.5"), Unit("BBB", 2)), (15, Unit("AAA", 2), Decimal("0.5"), Unit("BBB", 2))])
@example([(-5, Unit("AAA", 2), Decimal("0.5"), Unit("BBB", 2)), (-15, Unit("AAA", 2), Decimal("0.1"), Unit("BBB", 2))])
def test_a_home_amount_is_what_money_makes_of_it_or_left_to_it(
    cases: Sequence[tuple[int, Unit, Decimal, Unit]],
) -> None:
    factors = [factor_of(rate, unit.digits, home.digits) for _, unit, rate, home in cases]

    found = converted(
        pa.array([minor for minor, _, _, _ in cases], pa.int64()),
        pa.array([factor.multiplier if factor.is_small else None for factor in factors], pa.int64()),
        pa.array([factor.exponent if factor.is_small else 0 for factor in factors], pa.int32()),
    ).to_pylist()

    for (minor, unit, rate, home), factor, product in zip(cases, factors, found, strict=True):
        assert (product is not None) == (factor.is_small and abs(minor) * factor.multiplier <= 2**62)
        assert product is None or product == convert(Minor(minor), unit, rate, home)


@given(st.integers(-3000, 3000), st.integers(-3000, 3000), st.integers(-2, 2))
def test_a_given_home_amount_agrees_by_the_rule_of_the_checker(home: int, product: int, amount: int) -> None:
    homes, products, amounts = (pa.array([value], pa.int64()) for value in (home, product, amount))
    tolerance = max(1, abs(product) // 1_000)
    right = abs(home - product) <= tolerance and home * amount >= 0 and not (amount == 0 and home)
    assert agrees(homes, products, amounts, 1_000).to_pylist() == [right]


@given(st.text(min_size=1, max_size=6) | st.text(st.characters(max_codepoint=0x17F), min_size=1, max_size=6))
def test_a_text_that_is_surely_normalised_is_its_own_normal_form(text: str) -> None:
    stripped = text.strip()
    sure = bool(stripped) and are_surely_normalised(pa.array([stripped]))[0].as_py()
    try:
        assert not sure or normalised(text) == stripped
    except TextRefused:
        assert not sure


def test_all_of_printable_ascii_is_surely_normalised() -> None:
    texts = [f"a{chr(code)}a" for code in range(0x100)]
    assert are_surely_normalised(pa.array(texts)).to_pylist() == [0x20 <= code < 0x7F for code in range(0x100)]
    lengths = pa.array(["a" * 255, "a" * 256])
    assert are_surely_normalised(lengths).to_pylist() == [True, False]
