"""A result as it is sent."""

from typing import Any

from strawberry.http import process_result
from strawberry.types import ExecutionResult


def payload(result: ExecutionResult) -> dict[str, Any]:
    """The result as it is sent. If the operation was not executed, it has errors and no data."""
    sent: dict[str, Any] = dict(process_result(result))
    if is_refusal(result):
        del sent["data"]
    return sent


def is_refusal(result: ExecutionResult) -> bool:
    """Whether the operation was refused before execution: errors of fields have a path."""
    return result.data is None and bool(result.errors) and all(error.path is None for error in result.errors or ())
