"""What a path below the service root names."""

from dataclasses import dataclass
from urllib.parse import unquote

from gateway.odata import PATH
from gateway.odata.errors import Unsupported
from resolvers.errors import NotFound, RequestError

_METADATA, _BATCH, _COUNT = "$metadata", "$batch", "$count"


@dataclass(frozen=True, slots=True)
class ServiceDocument:
    """The list of entity sets."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """The description of the entity sets."""


@dataclass(frozen=True, slots=True)
class EntitySet:
    """The rows of a view."""

    name: str


@dataclass(frozen=True, slots=True)
class Count:
    """The number of rows of a view."""

    name: str


@dataclass(frozen=True, slots=True)
class Entity:
    """The row of a view with this id."""

    name: str
    id: str


Resource = ServiceDocument | Metadata | EntitySet | Count | Entity


def resource(raw_path: bytes) -> Resource:
    """What this path names, as the client has sent it: a key may contain an encoded slash.

    Raises RequestError, NotFound, and Unsupported for what OData has and this service does not.
    """
    try:
        # After the decoding of each segment, so that %2F is part of a name.
        segments = [unquote(part, errors="strict") for part in raw_path.decode("ascii").split("/")]
    except UnicodeDecodeError:
        raise RequestError("The path is not UTF-8, encoded with percent signs.") from None
    segments = segments[len(PATH.split("/")) - 1 :]
    if len(segments) > 1 and segments[-1] == "":
        segments.pop()
    first, *rest = segments or [""]
    if not rest:
        if first == "":
            return ServiceDocument()
        if first == _METADATA:
            return Metadata()
    if first == _BATCH:
        raise Unsupported("$batch is not supported; send each request by itself.")
    if first.startswith("$"):
        raise NotFound(f"There is no {first!r}; there are $metadata and the entity sets of {PATH}.")
    return _of_entity_set(first, rest)


def _of_entity_set(first: str, rest: list[str]) -> Resource:
    name, bracket, key = first.partition("(")
    if bracket:
        found = Entity(name, _key(name, key))
        if rest:
            raise Unsupported(f"{'/'.join(rest)!r} after a key is not supported; use $select for single properties.")
        return found
    if not rest:
        return EntitySet(name)
    if rest == [_COUNT]:
        return Count(name)
    raise Unsupported(f"{'/'.join(rest)!r} after {name} is not supported; there is /$count.")


def _key(name: str, text: str) -> str:
    """The text of a key in brackets, such as `'JE-00000001')`, also with the name of the property."""
    value = text.removesuffix(")").strip().removeprefix("id=").strip()
    quoted = len(value) > 1 and value.startswith("'") and value.endswith("'")
    inner = value[1:-1].replace("''", "\0")
    if not text.endswith(")") or not quoted or "'" in inner or "\0" in value:
        raise RequestError(
            f"{name}({text} is not an address of an entity; write {name}('ID'), with a quote in the id written twice."
        )
    return inner.replace("\0", "'")
