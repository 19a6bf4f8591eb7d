"""Writing all of a piece."""

from typing import Protocol

from gateway.exports.pieces import Piece


class Writable(Protocol):
    """A file that may write less than it is given, and says how much."""

    def write(self, piece: memoryview, /) -> int | None: ...


def write_whole(file: Writable, piece: Piece) -> None:
    """Write all of the piece. Raises OSError if the rest cannot be written.

    A file without a buffer writes a part where a disk is full, and so does a buffer before a pipe that has been closed:
    only the next write fails.
    """
    rest = memoryview(piece)
    while rest:
        rest = rest[file.write(rest) or 0 :]
