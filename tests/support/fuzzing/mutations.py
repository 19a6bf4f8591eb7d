"""Small faults, made at random in bytes, in JSON values and in GraphQL documents."""

import re
from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from tests.support.odd_texts import NAMES, TEXTS

ODD_VALUES: Sequence[Any] = [
    None, True, False, 0, -1, 1.5, 1e308, -0.0, 2**31, -(2**63), 10**40, "", " ", "null", "\0", "\ud800", "A" * 5_000,
    [], [None], [[[]]], {}, {"": ""}, {"a": {"b": [{}]}}, "2024-02-30", "2024-12-31T00:00:00Z", "NaN", "-0.00", "1e3",
    "JR-00000001", "JE-00000001", "Dec 2024", "transactions:1:1", "entries:1", *TEXTS, *NAMES,
]  # fmt: skip
"""Values that a field may get in place of its own."""

_ODD_BYTES = [b"\0", b"\xff", b"\xc3", b"\r\n", b"\n\n", b'"', b"{", b"}", b"[", b",", b":", b"\\", b"\\ud800", b"%00"]
_TOKEN = re.compile(r'"""(?:.|\n)*?"""|"(?:\\.|[^"\\\n])*"|[A-Za-z_]\w*|-?\d[\d.eE+-]*|\.\.\.|\S')
_ODD_TOKENS = [
    "{", "}", "(", ")", "[", "]", "!", ":", "=", "|", "&", "@", "...", "$", '"', '"""', "#", "null", "true", "-", "0",
    "fragment", "on", "query", "mutation", "subscription", "__typename", "__schema", "@skip(if: true)",
    "@include(if: $x)", "@deprecated", "extend", "9" * 50, "1e999", '"\\u{110000}"', '"\\ud800"', "\ufeff", "é",
]  # fmt: skip


def in_bytes(random: Random, text: bytes) -> bytes:
    """The bytes, with one to four faults."""
    spoilt = bytearray(text)
    for _ in range(random.randint(1, 4)):
        start = random.randrange(len(spoilt) + 1)
        end = min(len(spoilt), start + random.choice([0, 1, 1, 2, 8, 64]))
        spoilt[start:end] = random.choice(
            [b"", bytes([random.randrange(256)]), random.choice(_ODD_BYTES), bytes(spoilt[start:end]) * 2]
        )
    return bytes(spoilt)


def in_value(random: Random, value: Any) -> Any:
    """The JSON value, with a fault somewhere in it."""
    if isinstance(value, dict) and value and random.random() < 0.9:
        name = random.choice(list(value))
        match random.randrange(6):
            case 0:
                return {key: one for key, one in value.items() if key != name}
            case 1:
                return {**value, name + random.choice(["", "s", "_", "\0"]): value[name], "": name}
            case _:
                return {**value, name: in_value(random, value[name])}
    if isinstance(value, list) and value and random.random() < 0.9:
        place = random.randrange(len(value))
        match random.randrange(4):
            case 0:
                return value * random.choice([2, 3, 40])
            case 1:
                return [*value[:place], *value[place + 1 :]]
            case _:
                return [*value[:place], in_value(random, value[place]), *value[place + 1 :]]
    if isinstance(value, str) and value and random.random() < 0.4:
        return in_bytes(random, value.encode(errors="surrogatepass")).decode(errors="replace")
    return random.choice(ODD_VALUES)


def in_document(random: Random, document: str, others: Sequence[str]) -> str:
    """The GraphQL document, with one to four faults: tokens left out, doubled, replaced, or of another document."""
    tokens = _TOKEN.findall(document)
    foreign = _TOKEN.findall(random.choice(others))
    for _ in range(random.randint(1, 4)):
        start = random.randrange(len(tokens) + 1)
        end = min(len(tokens), start + random.choice([0, 1, 1, 2, 6]))
        place = random.randrange(len(foreign))
        faults: list[Callable[[], list[str]]] = [
            list,
            lambda start=start, end=end: tokens[start:end] * random.choice([2, 3, 30]),  # type: ignore[misc]
            lambda: [random.choice(_ODD_TOKENS)],
            lambda place=place: foreign[place : place + random.choice([1, 4, 20])],  # type: ignore[misc]
        ]
        tokens[start:end] = random.choice(faults)()
    return " ".join(tokens)
