"""What is sent together: it costs the server little more than one part of it."""

from collections.abc import Iterable, Iterator

PIECE_BYTES = 64 * 1024
"""A piece ends with the part that reaches this size, so that a client that does not read has little waiting for it."""


def pieces(parts: Iterable[bytes]) -> Iterator[list[bytes]]:
    """The parts in order, as few pieces."""
    size = 0
    held: list[bytes] = []
    for part in parts:
        held.append(part)
        size += len(part)
        if size >= PIECE_BYTES:
            yield held
            size, held = 0, []
    if held:
        yield held
