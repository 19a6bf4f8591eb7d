"""Money is exact: between minor units and decimals, and into the home currency."""

import re
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.currencies import Currency
from storage.money import AMOUNT_MINOR_MAX, Minor, MoneyError, convert, parse_decimal, plain, to_decimal, to_minor

DIGITS = {"JPY": 0, "GBP": 2, "KWD": 3, "CLF": 4}
CURRENCIES = {code: Currency(code=code, digits=digits, withdrawn=False) for code, digits in DIGITS.items()}
GBP, JPY = CURRENCIES["GBP"], CURRENCIES["JPY"]

currencies = st.sampled_from(list(CURRENCIES.values()))
minors = st.integers(-AMOUNT_MINOR_MAX, AMOUNT_MINOR_MAX).map(Minor)


@given(minors, currencies)
def test_minor_units_survive_the_way_to_a_decimal_and_back(minor: Minor, currency: Currency) -> None:
    amount = to_decimal(minor, currency)

    assert to_minor(amount, currency) == minor
    assert to_minor(parse_decimal(format(amount, "f")), currency) == minor
    assert Fraction(amount) == Fraction(minor, 10**currency.digits)
    assert amount.as_tuple().exponent == -currency.digits


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [
        ("12.5", "GBP", 1250),
        ("12.500000", "GBP", 1250),
        ("-0.01", "GBP", -1),
        ("-0", "GBP", 0),
        ("1250", "JPY", 1250),
        ("1250.0", "JPY", 1250),
        ("1.234", "KWD", 1234),
        ("1.2345", "CLF", 12345),
        ("007.50", "GBP", 750),
        ("92233720368547758.07", "GBP", AMOUNT_MINOR_MAX),
        ("-92233720368547758.07", "GBP", -AMOUNT_MINOR_MAX),
    ],
)
def test_an_amount_is_parsed_exactly(text: str, currency: str, minor: int) -> None:
    assert to_minor(parse_decimal(text), CURRENCIES[currency]) == minor


@given(minors, currencies, st.integers(1, 9), st.integers(1, 20))
def test_too_many_decimals_are_refused_never_rounded(minor: Minor, currency: Currency, digit: int, place: int) -> None:
    finer = Decimal(f"{to_decimal(minor, currency):f}" + ("" if currency.digits else ".") + "0" * place + str(digit))

    with pytest.raises(MoneyError, match="has too many decimals"):
        to_minor(finer, currency)


@pytest.mark.parametrize("text", ["0.001", "1E-999999999", "12345678901234567.001", "-1." + "0" * 100 + "1"])
def test_far_decimals_are_not_ignored(text: str) -> None:
    with pytest.raises(MoneyError, match="has too many decimals; GBP amounts have 2"):
        to_minor(Decimal(text), GBP)


@given(st.integers(AMOUNT_MINOR_MAX + 1, 10**30), st.sampled_from([1, -1]), currencies)
def test_an_amount_beyond_64_bits_is_refused(minor: int, sign: int, currency: Currency) -> None:
    with pytest.raises(MoneyError, match="beyond 64 bits; the largest amount in"):
        to_minor(to_decimal(Minor(sign * minor), currency), currency)


@pytest.mark.parametrize("text", ["1E+21", "1E+999999999", "-1E+999999999999", "9" * 5000])
def test_an_amount_far_beyond_64_bits_is_refused_quickly(text: str) -> None:
    with pytest.raises(MoneyError, match="beyond 64 bits"):
        to_minor(Decimal(text), GBP)


SHAPE = "is not a decimal number; use the format -12.50"
EXPONENT = "format the column as text or as a number with decimals before saving"
SEPARATORS = "remove thousands separators, and use a point before the decimals"
POINT_FIRST = "put a digit before the point"
POINT_LAST = "put a digit after the point, or remove the point"
ASCII = "use the ASCII digits 0 to 9"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        *[(text, "") for text in ["", "-", ".", "ten", "£5", "0x10", "--1", "12\0", "1e", "GBP 5", "12.50 GBP"]],
        *[(text, EXPONENT) for text in ["1.23E+05", "1e3", "-5E-2", "0E+999999999", "1,5E+3"]],
        *[(text, SEPARATORS) for text in ["1,000.00", "1 000", "1.234.567,89", "12.5.0", "12,50", "1'000", "1_000"]],
        *[(text, SEPARATORS) for text in ["1\u00a0000", "1\u202f000", "1\u2019000.50"]],
        *[(text, POINT_FIRST) for text in [".5", "-.5"]],
        *[(text, POINT_LAST) for text in ["1.", "-1."]],
        *[(text, "remove the plus sign") for text in ["+1", "+1.50"]],
        *[(text, "remove the white space around it") for text in [" 1", "1 ", "1\n", "\u00a01"]],
        *[(text, ASCII) for text in ["\u0661\u0662", "\uff11\uff12.\uff15", "1\u0665"]],
        *[(text, "use the ASCII hyphen") for text in ["\u221212.50", "\u201312.50"]],
        *[(text, "put a minus sign before a negative number") for text in ["(12.50)", "12.50-"]],
    ],
)
def test_a_number_in_another_form_is_refused_with_a_hint(text: str, hint: str) -> None:
    with pytest.raises(MoneyError, match=re.escape(SHAPE) + ".*" + re.escape(hint)):
        parse_decimal(text)


@given(st.text(alphabet="0123456789.-+eE_ ,\u0663\uff15", max_size=12))
def test_exactly_the_stated_form_is_a_number(text: str) -> None:
    head, point, tail = text.removeprefix("-").partition(".")
    ascii_digits = [part.isascii() and part.isdigit() for part in (head, tail)]
    if ascii_digits == [True, bool(point)]:
        assert parse_decimal(text) == Fraction(text)
    else:
        with pytest.raises(MoneyError):
            parse_decimal(text)


@pytest.mark.parametrize("text", ["9" * 1_000_000, "0." + "1" * 5000, "x" * 5000, "1E" + "9" * 5000])
def test_a_number_of_thousands_of_characters_is_refused_and_shown_shortened(text: str) -> None:
    with pytest.raises(MoneyError, match="the maximum is 100 characters") as refused:
        parse_decimal(text)
    assert len(str(refused.value)) < 250


@pytest.mark.parametrize("text", ["NaN", "-nan", "sNaN", "Infinity", "-inf"])
def test_a_number_that_is_not_finite_is_refused(text: str) -> None:
    with pytest.raises(MoneyError, match="is not a finite decimal number"):
        parse_decimal(text)


@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity", "-Infinity"])
def test_no_amount_is_infinite(text: str) -> None:
    with pytest.raises(MoneyError, match="not a finite amount"):
        to_minor(Decimal(text), GBP)


rates = st.decimals(min_value="0.000001", max_value="1000000", allow_nan=False, places=10)


@given(st.integers(-(10**12), 10**12).map(Minor), currencies, rates, currencies)
def test_conversion_is_the_exact_product_rounded_half_even(
    minor: Minor, currency: Currency, rate: Decimal, home: Currency
) -> None:
    exact = Fraction(minor, 10**currency.digits) * Fraction(rate) * 10**home.digits

    # round() of a Fraction is half-even and exact.
    if abs(round(exact)) <= AMOUNT_MINOR_MAX:
        assert convert(minor, currency, rate, home) == round(exact)
    else:
        with pytest.raises(MoneyError, match="beyond 64 bits"):
            convert(minor, currency, rate, home)


@given(st.integers(-(10**6), 10**6), currencies)
def test_exactly_half_a_unit_goes_to_the_even_neighbour(whole: int, currency: Currency) -> None:
    half = convert(Minor(2 * whole + 1), currency, Decimal("0.5"), currency)

    assert half % 2 == 0
    assert abs(2 * half - (2 * whole + 1)) == 1


def test_the_last_digit_of_a_long_rate_decides() -> None:
    assert convert(Minor(1), GBP, Decimal("0.5"), GBP) == 0
    assert convert(Minor(1), GBP, Decimal("0.5" + "0" * 57 + "1"), GBP) == 1


@pytest.mark.parametrize("rate", ["1.01", "1000000000000", "1E+30", "1E+999999"])
def test_a_home_amount_beyond_64_bits_is_refused(rate: str) -> None:
    with pytest.raises(MoneyError, match="beyond 64 bits; the largest amount in JPY is 9223372036854775807"):
        convert(AMOUNT_MINOR_MAX, JPY, Decimal(rate), JPY)


@pytest.mark.parametrize(
    ("number", "text"),
    [("1.50", "1.5"), ("1.0", "1"), ("100", "100"), ("1E+2", "100"), ("0." + "1" * 40 + "0", "0." + "1" * 40)],
)
def test_a_rate_has_one_text_that_keeps_every_digit(number: str, text: str) -> None:
    assert plain(Decimal(number)) == text
