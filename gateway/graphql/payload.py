"""A result as it is sent."""

from collections.abc import Iterable
from typing import Any

from strawberry.http import process_result
from strawberry.types import ExecutionResult

from gateway.graphql.encoding import encoded


def payload(result: ExecutionResult) -> dict[str, Any]:
    """The result as it is sent. If the operation was not executed, it has errors and no data."""
    sent: dict[str, Any] = dict(process_result(result))
    if is_refusal(result):
        del sent["data"]
    return sent


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
