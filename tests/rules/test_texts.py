"""The one rule for text input."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.texts import TextRefused, normalised


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SP1", "SP1"),
        ("  SP1 ", "SP1"),
        ("\t\u00a0\u3000SP1\u2003\r\n", "SP1"),
        ("Cafe\u0301", "Café"),
        ("\u212b", "Å"),
        ("Acme  Ltd", "Acme  Ltd"),
        ("日本 支店 😀", "日本 支店 😀"),
        ("\u0600\u0661", "\u0600\u0661"),
        (" ", ""),
    ],
)
def test_a_text_loses_white_space_around_it_and_is_brought_to_nfc(text: str, expected: str) -> None:
    assert normalised(text) == expected


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("SP\u200b1", "character 3 is ZERO WIDTH SPACE (U+200B)"),
        ("\ufeffSP1", "character 1 is ZERO WIDTH NO-BREAK SPACE (U+FEFF)"),
        ("SP\u00ad1", "SOFT HYPHEN (U+00AD)"),
        ("SP\u00a01", "NO-BREAK SPACE (U+00A0)"),
        ("SP\t1", "TAB (U+0009)"),
        ("SP\n1", "LINE FEED (U+000A)"),
        ("SP\u20281", "LINE SEPARATOR (U+2028)"),
        ("SP\0", "NUL (U+0000)"),
        ("SP\x07", "a control character (U+0007)"),
        ("SP\u3164", "HANGUL FILLER (U+3164)"),
        ("SP\ufe0f", "VARIATION SELECTOR-16 (U+FE0F)"),
        ("SP\U000e0041", "TAG LATIN CAPITAL LETTER A (U+E0041)"),
        ("SP\u2800", "BRAILLE PATTERN BLANK (U+2800)"),
        ("SP\ud800", "an unpaired surrogate (U+D800)"),
    ],
)
def test_a_character_that_cannot_be_seen_is_refused_by_name(text: str, name: str) -> None:
    with pytest.raises(TextRefused) as refused:
        normalised(text)
    assert name in str(refused.value)
    assert str(refused.value).endswith("which is invisible; remove it")


@given(st.text())
def test_a_normalised_text_stays_as_it_is(text: str) -> None:
    try:
        once = normalised(text)
    except TextRefused:
        return
    assert normalised(once) == once == once.strip()
    assert unicodedata.is_normalized("NFC", once)
    once.encode()
