"""Cursors: a position in the rows that answer one question."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from urllib.parse import quote, unquote

from gateway.bi.values import moment_text, parse_moment, shown
from resolvers.errors import RequestError
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


def cursor_of(question: Question, position: Sequence[Value]) -> str:
    """The cursor of that position: the view, a digest of the question and the position, and the position."""
    parts = [letter + write(value) for value in position for letter, write in [_WRITTEN[type(value)]]]
    return _SEPARATOR.join([question.view, _digest(question, parts), *parts])


def position_of(question: Question, cursor: str) -> Sequence[Value]:
    """The position of the cursor. Raises RequestError for one that was not given for the same question."""
    view, *rest = cursor.split(_SEPARATOR)
    if view != question.view or len(rest) < 2 or rest[0] != _digest(question, rest[1:]):
        raise RequestError(
            f"{CURSOR}: {shown(cursor)} is not a cursor of this view with these columns and filters;"
            " use next_cursor of an answer to the same request, or leave it out to begin anew."
        )
    return [_READ[part[:1]](part[1:]) for part in rest[1:]]


def _digest(question: Question, parts: Sequence[str]) -> str:
    asked = repr((question.view, list(question.columns), question.where, question.order, list(parts)))
    return sha256(asked.encode(errors="surrogatepass")).hexdigest()[:_DIGEST_LENGTH]
