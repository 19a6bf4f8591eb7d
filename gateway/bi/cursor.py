"""Cursors: a position in the rows that answer one question."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from urllib.parse import quote, unquote

from gateway.bi.values import moment_text, parse_moment, shown
from resolvers.errors import RequestError
from storage.bi.catalogue import View
from storage.bi.questions import Question, Value

CURSOR = "cursor"

_SEPARATOR = "~"
_DIGEST_LENGTH = 12

_WRITTEN: dict[type, tuple[str, Callable[..., str]]] = {
    type(None): ("n", lambda _: ""),
    bool: ("b", lambda value: str(int(value))),
    int: ("i", str),
    Decimal: ("a", lambda value: format(value, "f")),
    datetime: ("m", moment_text),
    date: ("d", date.isoformat),
    str: ("t", lambda value: quote(value, safe="").replace(_SEPARATOR, "%7E")),
}
"""For each type of a value its letter, and how it is written."""

_READ: dict[str, Callable[[str], Value]] = {
    "n": lambda _: None,
    "b": lambda text: text == "1",
    "i": int,
    "a": Decimal,
    "m": parse_moment,
    "d": date.fromisoformat,
    "t": unquote,
}


def cursor_of(view: View, question: Question, position: Sequence[Value]) -> str:
    """The cursor of that position: the view, a digest of the question and the position, and the position."""
    parts = [letter + write(value) for value in position for letter, write in [_WRITTEN[type(value)]]]
    return _SEPARATOR.join([view.short_name, digest(view, question, parts), *parts])


def position_of(view: View, question: Question, cursor: str) -> Sequence[Value]:
    """The position of the cursor. Raises RequestError for one that was not given for the same question."""
    name, *rest = cursor.split(_SEPARATOR)
    if name == view.short_name and len(rest) > 1 and rest[0] == digest(view, question, rest[1:]):
        with suppress(KeyError, ArithmeticError, ValueError):
            return [_READ[part[:1]](part[1:]) for part in rest[1:]]
    raise RequestError(
        f"{CURSOR}: {shown(cursor)} is not a cursor of {view.name} with these columns and filters;"
        " use the one of an answer to the same request, or leave it out to begin anew."
    )


def digest(view: View, question: Question, parts: Sequence[str]) -> str:
    """What tells a cursor from one of another question. It is no secret: storage checks a position that is forged."""
    asked = repr(
        (view.name, list(question.columns), question.where, list(question.order), question.by_change, list(parts))
    )
    return sha256(asked.encode(errors="surrogatepass")).hexdigest()[:_DIGEST_LENGTH]
