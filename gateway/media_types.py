"""The media types of request bodies."""

from email.message import Message
from functools import lru_cache

_UTF_8 = ("utf-8", "utf8", "us-ascii")


def is_json(content_type: str | None) -> bool:
    """Whether this Content-Type is JSON in UTF-8, in upper or lower case, also with other parameters."""
    return _is(content_type, "application/json")


def is_form(content_type: str | None) -> bool:
    """Whether this Content-Type is that of a form in UTF-8, as browsers and OAuth clients send it."""
    return _is(content_type, "application/x-www-form-urlencoded")


def shown(content_type: str | None) -> str:
    """The Content-Type in a message."""
    return repr(content_type[:100]) if content_type else "missing"


@lru_cache(maxsize=100)  # most clients send the same few
def _is(content_type: str | None, media_type: str) -> bool:
    if content_type is None or content_type.partition(";")[0].strip().lower() != media_type:
        return False
    header = Message()
    header["content-type"] = content_type
    return str(header.get_param("charset", "utf-8")).lower() in _UTF_8
