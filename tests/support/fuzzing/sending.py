"""Sends inputs to a gateway, each on a connection of its own, and looks at what comes back."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

from tests.support.fuzzing.inputs import Input, Inputs, text_of

PATIENCE_SECONDS = 30
SILENCE_SECONDS = 3
CONNECTIONS = 32

_PERMITTED = [("Reports", "HTTP 501"), ("Reports", "HTTP 503")]
"""What OData has and the gateway lacks; and an export while others are being made."""

_STATUS = re.compile(rb"HTTP/1\.1 (\d\d\d) ")
_FAULT = b"INTERNAL_SERVER_ERROR"
_SERVER_ERROR = b"\x03\xf3"
"""1011, the code with which a WebSocket is closed for a fault of the server."""


class Fault(AssertionError):
    """An input did what none may do. The text has its seed, the input and the answer."""

    def __init__(self, told: str, given: Input, answer: bytes) -> None:
        super().__init__(
            f"{told}: the {given.kind} input with the seed {given.seed!r}\n{text_of(given.sent)}\n\n{text_of(answer)}"
        )


async def send_all(
    port: int, inputs: Inputs, numbers: range, advance: Callable[[], None], counts: Counter[str]
) -> None:
    """Send the inputs with these numbers, several at a time, and count the answers. Raises Fault."""
    todo = iter(numbers)

    async def work() -> None:
        for number in todo:
            given = inputs.make(number)
            counts[await _send(port, given)] += 1
            advance()

    async with asyncio.TaskGroup() as group:
        for _ in range(CONNECTIONS):
            group.create_task(work())


async def _send(port: int, given: Input) -> str:
    """Send one input; returns the kind of the input and of the answer."""
    received = bytearray()
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await _exchange(port, given, received)
    except TimeoutError:
        raise Fault(f"no end within {PATIENCE_SECONDS} seconds", given, bytes(received)) from None
    except OSError as error:
        return f"{given.kind}: {type(error).__name__}"
    return f"{given.kind}: {_judged(given, bytes(received))}"


def _judged(given: Input, answer: bytes) -> str:
    """What kind of answer it is. Raises Fault if the server is at fault."""
    status = _STATUS.match(answer)
    if status is None:
        return "no answer"
    told = f"HTTP {status[1].decode()}"
    if told.startswith("HTTP 5") and (given.kind, told) not in _PERMITTED:
        raise Fault(told, given, answer)
    if _FAULT in answer:
        raise Fault(_FAULT.decode(), given, answer)
    if told == "HTTP 101" and _close_code(answer) == _SERVER_ERROR:
        raise Fault("the WebSocket was closed with 1011", given, answer)
    return told


async def _exchange(port: int, given: Input, answer: bytearray) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(given.sent)
        if given.whole:
            # A subscription may have nothing to tell for ever; a client that leaves ends it.
            with suppress(TimeoutError):
                async with asyncio.timeout(SILENCE_SECONDS):
                    answer += await reader.read(1 << 16)
        writer.write_eof()
        while piece := await reader.read(1 << 16):
            answer += piece
    finally:
        writer.close()


def _close_code(answer: bytes) -> bytes | None:
    """The code in the close frame that the answer ends with."""
    at = answer.rfind(b"\x88")
    return None if at < 0 else bytes(answer[at + 2 : at + 4])
