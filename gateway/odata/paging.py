"""Server-driven paging: the size of a page, and the token of the next one.

A token says after which row the next page begins, so that a late page costs no more than the first, and a row that is
added meanwhile neither repeats nor hides another.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from hashlib import blake2b
from typing import Any
from urllib.parse import quote, urlencode

from gateway.odata.options import COUNT, FILTER, ORDER, SELECT, SKIP, SKIPTOKEN, TOP
from resolvers.errors import RequestError
from storage.bi.questions import Value

PAGE, PAGE_MAX = 1_000, 10_000
"""The rows of a page by default, and the most that a client can prefer."""

PREFERENCE = "odata.maxpagesize"
_PREFERRED = re.compile(r"(?:^|[,;\s])(?:odata\.)?maxpagesize\s*=\s*\"?(\d{1,9})\"?\s*(?:$|[,;])", re.IGNORECASE)

_LONGEST_TOKEN = 8_000

_WRITTEN: Mapping[type, tuple[str, Callable[[Any], str]]] = {
    bool: ("b", str),
    datetime: ("m", datetime.isoformat),
    date: ("d", date.isoformat),
    Decimal: ("n", str),
}
_READ: Mapping[str, Callable[[str], Value]] = {
    "b": lambda text: text == "True",
    "m": lambda text: datetime.fromisoformat(text).astimezone(UTC),
    "d": date.fromisoformat,
    "n": Decimal,
}
"""How values are written that JSON lacks, and which a reader must tell from texts and integers."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a client has read: after how many rows, and after which."""

    rows: int
    position: Sequence[Value]


def page_size(prefer: str | None) -> int | None:
    """The rows of a page that the client prefers, as far as they are allowed; None if it does not say."""
    found = _PREFERRED.search(prefer or "")
    return None if found is None else min(max(int(found.group(1)), 1), PAGE_MAX)


def next_link(address: str, view: str, options: Mapping[str, str], place: Place) -> str:
    """The address of the page that follows this place, of a view at this address."""
    following = {**options, SKIPTOKEN: _token(_digest(view, options), place)}
    return f"{address}?{urlencode(following, quote_via=quote, safe='$')}"


def place_of(token: str, view: str, options: Mapping[str, str]) -> Place:
    """The place in the token, which belongs to these options. Raises RequestError."""
    try:
        if len(token) > _LONGEST_TOKEN:
            raise ValueError
        digest, rows, position = json.loads(base64.urlsafe_b64decode(token.encode("ascii")))
        place = Place(int(rows), [_read(value) for value in position])
    except (ValueError, TypeError, KeyError, InvalidOperation, OverflowError, RecursionError, binascii.Error):
        message = f"{SKIPTOKEN}: {token[:60]!r} is not a token of this service; follow @odata.nextLink as it is."
        raise RequestError(message) from None
    if digest != _digest(view, options) or place.rows < 0:
        raise RequestError(f"{SKIPTOKEN} belongs to another request; follow @odata.nextLink as it is.")
    return place


def _token(digest: str, place: Place) -> str:
    text = json.dumps([digest, place.rows, [_written(value) for value in place.position]], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode()


def _written(value: Value) -> Any:
    if type(value) not in _WRITTEN:
        return value
    tag, write = _WRITTEN[type(value)]
    return {tag: write(value)}


def _read(value: Any) -> Value:
    if isinstance(value, dict):
        ((tag, text),) = value.items()
        return _READ[tag](text)
    if value is None or isinstance(value, str) or type(value) is int:
        return value
    raise TypeError


def _digest(view: str, options: Mapping[str, str]) -> str:
    """What a token is bound to: the options that decide which rows there are, and in which order."""
    asked = [view, *(options.get(name) for name in (FILTER, ORDER, TOP, SKIP, SELECT, COUNT))]
    return blake2b(json.dumps(asked).encode(), digest_size=9).hexdigest()
