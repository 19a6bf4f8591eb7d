"""All of a piece is written, or the writer fails."""

import errno

import pytest

from gateway.exports.whole import write_whole


class NearlyFull:
    """Writes up to `room` bytes, then fails, as a file without a buffer does on a full disk."""

    def __init__(self, room: int) -> None:
        self.written = b""
        self._room = room

    def write(self, piece: memoryview, /) -> int:
        taken = bytes(piece[: min(3, self._room - len(self.written))])
        if not taken:
            raise OSError(errno.ENOSPC, "No space left on device")
        self.written += taken
        return len(taken)


def test_a_piece_is_written_in_as_many_writes_as_it_takes() -> None:
    file = NearlyFull(10)
    write_whole(file, b"")
    write_whole(file, b"0123456789")
    assert file.written == b"0123456789"


def test_a_piece_that_has_no_room_fails() -> None:
    with pytest.raises(OSError, match="No space"):
        write_whole(NearlyFull(9), b"0123456789")
