"""The odd ledger's master data and posting keys, and the values that its rows take in turn."""

from datetime import UTC, date, datetime, timedelta

from storage.posting_keys import PostingKey
from storage.segments import RuleSegments
from storage.words import TransactionType
from tests.support.odd_texts import NAMES, TEXTS

CODES = len(NAMES)
TYPES = list(TransactionType)

PERIODS = [
    ("Year One", date(1, 1, 1), date(1, 12, 31)),
    ("Dec 2010", date(2010, 12, 1), date(2010, 12, 31)),
    ('Jän "2011" \U0001f600 %s', date(2011, 1, 1), date(2011, 1, 31)),
    ("Mar 2011 \\ :x ? $1", date(2011, 3, 1), date(2011, 3, 31)),
    ("Open-Ended", date(2011, 4, 1), None),
]

SEGMENTS = ["country", "Größe", 'quo"te\\', "%s :x $1 ?", "漢字\U0001f600"]

RULE: RuleSegments = {
    None: ["Größe", "country"],
    TYPES[0]: ['quo"te\\', "漢字\U0001f600", "country"],
    TYPES[2]: ["%s :x $1 ?"],
}
"""The segments of the odd ledger's rule, by transaction type."""

RATES = ["1", "0.5", "1.50", "0.000000001", "12345678901234567890.12345678901234567890", "100000", "0"]

_CURRENCIES = ["GBP", "JPY", "KWD", "CLF", "BEF", "USD"]
_HOMES = [None, "GBP", "KWD", "JPY", "CLF"]
_MICROSECONDS = [0, 10, 260_000, 999_999, 100]


def code_id(place: int) -> int:
    """The id of the accounting code at that place; from there on in turn. No two tables share ids."""
    return 100 + place % CODES


def period_id(place: int) -> int:
    """The id of the accounting period at that place, which is not the order of their dates."""
    return 209 - place


def moment(place: int) -> datetime:
    """A moment, one in five of which has no microseconds."""
    start = datetime(2010, 12, 31, 23, 59, 58, tzinfo=UTC)
    return (start + timedelta(seconds=place * 13)).replace(microsecond=_MICROSECONDS[place % len(_MICROSECONDS)])


def free_text(place: int) -> str:
    """A text without rules."""
    return TEXTS[place % len(TEXTS)]


def posting_key(place: int) -> PostingKey:
    """The posting key at that place; those with a distance of 29 and 58 have one type, currency and debit code.

    They differ in the credit code and in segments, so that with a rule some of them share a group.
    """
    kind = place % len(TYPES)
    home = _HOMES[kind // 3 % len(_HOMES)]
    names = [name for bit, name in enumerate(SEGMENTS) if (kind + place // 29 * 8) >> bit & 1]
    return PostingKey(
        id=5_000 + place,
        digest=place.to_bytes(16, "big"),
        transaction_type=TYPES[kind],
        debit_code_id=code_id(kind),
        credit_code_id=code_id(kind + 1 + place // 29),
        currency=_CURRENCIES[kind % len(_CURRENCIES)],
        home_currency=home,
        organization=None if kind % 4 == 0 else NAMES[kind % len(NAMES)],
        segments={name: NAMES[(kind + number) % len(NAMES)] for number, name in enumerate(reversed(names))},
    )
