"""Server-driven paging: the size of a page, and the address of the next one.

A token says after which row the next page begins, so that a late page costs no more than the first, and a row that is
added meanwhile neither repeats nor hides another.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

from gateway.bi.cursor import cursor_of, position_of
from gateway.odata.options import SKIPTOKEN
from resolvers.errors import RequestError
from storage.bi.catalogue import View
from storage.bi.questions import Question, Value

PAGE, PAGE_MAX = 1_000, 10_000
"""The rows of a page by default, and the most that a client can prefer."""

PREFERENCE = "odata.maxpagesize"
_PREFERRED = re.compile(r"(?:^|[,;\s])(?:odata\.)?maxpagesize\s*=\s*\"?(\d{1,9})\"?\s*(?:$|[,;])", re.IGNORECASE)

_TOKEN = re.compile(r"([0-9]{1,18})~(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Place:
    """How far a client has read: after how many rows, and after which."""

    rows: int
    position: Sequence[Value]


def page_size(prefer: str | None) -> int | None:
    """The rows of a page that the client prefers, as far as they are allowed; None if it does not say."""
    found = _PREFERRED.search(prefer or "")
    return None if found is None else min(max(int(found.group(1)), 1), PAGE_MAX)


def next_link(root: str, view: View, options: Mapping[str, str], question: Question, place: Place) -> str:
    """The address of the page that follows this place, in the service at that root."""
    token = f"{place.rows}~{cursor_of(view, question, place.position)}"
    return f"{root}{view.short_name}?{urlencode({**options, SKIPTOKEN: token}, quote_via=quote, safe='$')}"


def place_of(token: str, view: View, question: Question) -> Place:
    """The place in the token, which belongs to this question. Raises RequestError."""
    found = _TOKEN.fullmatch(token)
    try:
        if found is not None:
            return Place(int(found.group(1)), position_of(view, question, found.group(2)))
    except RequestError:
        pass
    raise RequestError(f"{SKIPTOKEN}: {token[:60]!r} is not a token of this request; follow @odata.nextLink as it is.")
