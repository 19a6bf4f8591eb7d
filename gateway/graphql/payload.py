"""A result as it is sent."""

from collections.abc import Iterable
from typing import Any

from anyio import to_thread
from strawberry.http import process_result
from strawberry.types import ExecutionResult

from gateway.graphql.encoding import encoded

SHORT_BYTES = 1 << 20


def payload(result: ExecutionResult) -> dict[str, Any]:
    """The result as it is sent. If the operation was not executed, it has errors and no data."""
    sent: dict[str, Any] = dict(process_result(result))
    if is_refusal(result):
        del sent["data"]
    return sent


async def encoded_payload(result: ExecutionResult) -> bytes:
    """The result as it is sent, as JSON. A large one is written while others are answered."""
    return encoded(payload(result)) if is_short(result) else await to_thread.run_sync(encoded, payload(result))


def is_short(result: ExecutionResult) -> bool:
    """Whether its JSON is so short that nobody has to wait while it is copied."""
    return getattr(result.data, "length", 0) <= SHORT_BYTES


def of_field(name: str, values: Iterable[bytes]) -> list[bytes]:
    """The payloads of results with one field and no error, as JSON, from the field's values as JSON."""
    head = b'{"data":{%b:' % encoded(name)
    return [head + value + b"}}" for value in values]


def with_extensions(sent: bytes, extensions: dict[str, Any]) -> bytes:
    """The payload, which has none, with extensions."""
    return b'%b,"extensions":%b}' % (sent[:-1], encoded(extensions))


def is_refusal(result: ExecutionResult) -> bool:
    """Whether the operation was refused before execution: errors of fields have a path."""
    return result.data is None and bool(result.errors) and all(error.path is None for error in result.errors or ())
