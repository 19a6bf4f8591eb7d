"""Content negotiation by RFC 9110, section 12.5.1: the response shape that a client prefers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from email.message import Message
from enum import Enum
from functools import lru_cache
from http import HTTPStatus
from urllib.request import parse_http_list

from graphql import OperationType

from gateway.graphql.requests import BadRequest


class Shape(Enum):
    """The format of a response. A member's value is the media type that a client accepts to get it."""

    JSON = "application/json"
    GRAPHQL_JSON = "application/graphql-response+json"
    EVENTS = "text/event-stream"
    MULTIPART = "multipart/mixed"

    @property
    def streams(self) -> bool:
        """Whether a response in this shape can have several results."""
        return self in STREAMS


STREAMS = (Shape.EVENTS, Shape.MULTIPART)

LONGEST_ACCEPT = 2_000
"""The characters of all Accept headers of a request."""

_SPECIFICATION = "subscriptionspec"
_VERSION = "1.0"
"""Apollo's protocol for subscriptions in multipart/mixed, a media type with other uses too."""


@dataclass(frozen=True, slots=True)
class _Range:
    """One media range of an Accept header: its weight from 0 to 1, and its place in the header."""

    type: str
    parameters: Mapping[str, str]
    weight: float
    place: int

    def specificity(self, shape: Shape) -> int:
        """How specifically it matches the shape's media type: 3 by name, 2 by `type/*`, 1 by `*/*`, 0 not at all."""
        if self.type == shape.value:
            if shape is Shape.MULTIPART and self.parameters.get(_SPECIFICATION) != _VERSION:
                return 0
            return 3
        if self.type == shape.value.partition("/")[0] + "/*":
            return 2
        return 1 if self.type == "*/*" else 0


class Accept:
    """What a client accepts, by its Accept headers. Without such a header it accepts everything."""

    def __init__(self, headers: Iterable[str]) -> None:
        text = ",".join(headers)
        self._ranges = [_range(part, place) for place, part in enumerate(parse_http_list(text or "*/*"))]
        self._shapes: dict[OperationType | None, Shape | None] = {}

    def shape(self, operation: OperationType | None) -> Shape | None:
        """The shape for an operation of this type, or None if the client accepts none of the shapes.

        A query or mutation is answered in JSON unless a stream has a higher weight. A subscription is streamed whenever
        the client accepts a stream by name. With None, for a document without an operation to execute, the weights
        decide and, among equals, the order of the header.
        """
        if operation not in self._shapes:
            self._shapes[operation] = self._chosen(operation)
        return self._shapes[operation]

    def _chosen(self, operation: OperationType | None) -> Shape | None:
        if operation is OperationType.SUBSCRIPTION:
            streams = [shape for shape in STREAMS if self._names(shape)]
            return self._preferred(streams or [Shape.JSON, Shape.GRAPHQL_JSON])
        if operation is None:
            return self._preferred(list(Shape))
        json = self._preferred([Shape.JSON, Shape.GRAPHQL_JSON])
        stream = self._preferred(STREAMS)
        if json is None or (stream is not None and self._weight(stream) > self._weight(json)):
            return stream
        return json

    def allows_html(self) -> bool:
        """Whether the client accepts an HTML page."""
        return any(each.type in ("text/html", "text/*", "*/*") and each.weight > 0 for each in self._ranges)

    def _preferred(self, shapes: Sequence[Shape]) -> Shape | None:
        acceptable = [shape for shape in shapes if self._weight(shape) > 0]
        return max(acceptable, key=lambda shape: (self._weight(shape), -self._place(shape)), default=None)

    def _weight(self, shape: Shape) -> float:
        closest = self._closest(shape)
        return 0.0 if closest is None else closest.weight

    def _place(self, shape: Shape) -> int:
        closest = self._closest(shape)
        return len(self._ranges) if closest is None else closest.place

    def _names(self, shape: Shape) -> bool:
        closest = self._closest(shape)
        return closest is not None and closest.specificity(shape) > 1 and closest.weight > 0

    def _closest(self, shape: Shape) -> _Range | None:
        matching = [each for each in self._ranges if each.specificity(shape)]
        return max(matching, key=lambda each: (each.specificity(shape), -each.place), default=None)


@lru_cache(maxsize=100)
def accepted(headers: tuple[str, ...]) -> Accept:
    """What these Accept headers accept. Most clients send the same few. Raises BadRequest if they are too long."""
    length = sum(map(len, headers))
    if length > LONGEST_ACCEPT:
        told = (
            f"The Accept header has {length:,} characters; the maximum is {LONGEST_ACCEPT:,}. Name fewer media types."
        )
        raise BadRequest(told, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
    return Accept(headers)


def _range(part: str, place: int) -> _Range:
    header = Message()
    header["content-type"] = part
    (name, _), *parameters = header.get_params(failobj=[("", "")])
    values = {key.lower(): str(value) for key, value in parameters}
    return _Range(name.strip().lower(), values, _parsed_weight(values.get("q", "1")), place)


def _parsed_weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0 <= weight <= 1 else 0.0
