"""The one rule for incoming texts: ids, organisations, accounts, document numbers, segments and names."""

import re
import unicodedata
from string import ascii_uppercase

_CONTROL_NAMES = {"\0": "NUL", "\t": "TAB", "\n": "LINE FEED", "\r": "CARRIAGE RETURN", "\x7f": "DELETE"}
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})

# Unicode's Default_Ignorable_Code_Point outside category Cf (fillers, selectors and reserved code points), and the
# Braille blank: all are invisible.
_IGNORABLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\ufff0-\ufff8"
    "\U000e0000-\U000e0fff]"
)


_SMALL_LETTERS = str.maketrans({capital: capital.lower() for capital in ascii_uppercase})

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")

# Arabic signs that are visible, although Unicode has them among the format characters.
_VISIBLE_FORMAT = frozenset("\u0600\u0601\u0602\u0603\u0604\u0605\u06dd\u070f\u0890\u0891\u08e2")


class TextRefused(ValueError):
    """The text has an invisible character. The message gives the character and its position."""


def normalised(text: str) -> str:
    """The text without white space around it, in NFC, so that two texts that look alike are one.

    Raises TextRefused for a character that is invisible or looks like a plain space, and for an unpaired surrogate.
    """
    if text.isascii() and text.isprintable():
        return text.strip(" ")  # as `is_plain` assumes
    text = unicodedata.normalize("NFC", text.strip())
    for position, character in enumerate(text, start=1):
        if character != " " and not _visible(character):
            raise TextRefused(f"character {position} is {_name(character)}, which is invisible; remove it")
    return text


def in_small_letters(text: str) -> str:
    """The text with a to z for A to Z, and nothing else changed: what every database can do alike."""
    return text.translate(_SMALL_LETTERS)


def is_plain(text: str, length_max: int) -> bool:
    """Whether the text is surely normalised and of a valid length: printable ASCII without spaces around it."""
    return text.isascii() and text.isprintable() and 0 < len(text) <= length_max and text[0] != " " != text[-1]


def is_storable(text: str) -> bool:
    """Whether every database can store the text: it has no NUL and no unpaired surrogate."""
    return not _UNSTORABLE.search(text)


def check_free_text(text: str) -> None:
    """Raise TextRefused for a free text, such as notes, that databases cannot store. Line breaks are allowed."""
    if found := _UNSTORABLE.search(text):
        raise TextRefused(f"character {found.start() + 1} is {_name(found.group())}, which cannot be stored; remove it")


def _visible(character: str) -> bool:
    visible = unicodedata.category(character) not in _INVISIBLE_CATEGORIES or character in _VISIBLE_FORMAT
    return visible and not _IGNORABLE.match(character)


def _name(character: str) -> str:
    if unicodedata.category(character) == "Cs":
        return f"an unpaired surrogate (U+{ord(character):04X})"
    name = _CONTROL_NAMES.get(character) or unicodedata.name(character, "a control character")
    return f"{name} (U+{ord(character):04X})"
