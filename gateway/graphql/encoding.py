"""JSON as it is sent: one encoder for every transport."""

import json
from typing import Any

import orjson


def encoded(value: object) -> bytes:
    """The value as JSON in UTF-8, without white space. An `orjson.Fragment` in it is written as it stands.

    Half of a surrogate pair, which UTF-8 cannot hold, is escaped: a client gets back the text that it sent. Raises
    TypeError for what JSON cannot hold.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        # orjson also refuses integers beyond 64 bits and nesting beyond 254 levels; json.dumps writes them.
        return json.dumps(value, separators=(",", ":"), default=_contents).encode()


def _contents(value: object) -> Any:
    if isinstance(value, orjson.Fragment):
        return json.loads(orjson.dumps(value))
    raise TypeError(f"{type(value).__name__} has no JSON")
