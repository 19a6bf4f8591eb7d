"""Where the bytes of a feed come from: a file or standard input."""

import gzip
import io
import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from gateway.feed.errors import FeedError

_BUFFER = 1 << 18


class Source(io.RawIOBase):
    """Bytes that are counted as they are read. `size` is None where it is unknown."""

    def __init__(self, name: str, stream: BinaryIO | io.FileIO, size: int | None) -> None:
        super().__init__()
        self.name = name
        self.size = size
        self.bytes_read = 0
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self.bytes_read += len(data)
        return len(data)

    def seekable(self) -> bool:
        return self._stream.seekable()

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        return self._stream.seek(offset, whence)

    def tell(self) -> int:
        return self._stream.tell()


@contextmanager
def open_source(source: str | Path) -> Iterator[Source]:
    """Open a file, or standard input for "-", for reading. Raises FeedError where that is not possible."""
    if str(source) == "-":
        yield Source("standard input", sys.stdin.buffer, None)
        return
    try:
        file = io.FileIO(source)
    except OSError as error:
        raise FeedError(str(source), None, _reason(error)) from error
    with file:
        about = os.fstat(file.fileno())
        yield Source(str(source), file, about.st_size if stat.S_ISREG(about.st_mode) else None)


def uncompressed(source: Source) -> io.BufferedIOBase:
    """The bytes of a text feed, decompressed where they are gzip, whatever the file's name."""
    packed = io.BufferedReader(source, _BUFFER)
    if packed.peek(2).startswith(b"\x1f\x8b"):
        return io.BufferedReader(gzip.GzipFile(fileobj=packed), _BUFFER)
    return packed


def _reason(error: OSError) -> str:
    match error:
        case FileNotFoundError():
            return "there is no such file"
        case IsADirectoryError():
            return "this is a directory, not a file"
        case PermissionError():
            return "no permission to read this file"
        case _:
            return f"cannot be read: {error.strerror or error}"
