"""The lines of a text feed."""

import codecs
import gzip
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import NoReturn

from gateway.feed.errors import FeedError
from gateway.feed.octets import Octets
from gateway.feed.source import Source, uncompressed

MAX_LINE = 1 << 20
"""The maximum bytes of a line, including its end. It bounds memory in a file without line ends."""


class TextLines:
    """The lines of a UTF-8 text with their ends, LF or CRLF. `number` is the latest line's, from 1.

    A byte-order mark at the start of a line is dropped. Iterating raises FeedError on a line that is too long or not
    UTF-8, on NUL bytes, and on damaged gzip data. The text can also be read by blocks of bytes, between two lines.
    """

    def __init__(self, source: Source) -> None:
        self.name = source.name
        self.number = 0
        self._source = source

    def __iter__(self) -> Iterator[str]:
        for raw in self._raw_lines():
            self.number += 1
            if self.number == 1:
                self._refuse_other_kinds(raw)
            # Concatenated files have a mark where each of them begins.
            while raw.startswith(codecs.BOM_UTF8):
                raw = raw.removeprefix(codecs.BOM_UTF8)
            if b"\0" in raw:
                self._refuse_nul(raw)
            if len(raw) > MAX_LINE:
                self._refuse_length(raw)
            try:
                line = raw.decode()
            except UnicodeDecodeError as error:
                raise self.error(
                    f"byte {error.start + 1} of the line (0x{raw[error.start]:02X}) is not UTF-8; if this is"
                    " Latin-1 or Windows-1252, convert it with: iconv -f WINDOWS-1252 -t UTF-8"
                ) from error
            yield line

    def error(self, message: str, line: int | None = None) -> FeedError:
        """A FeedError at this line, by default the latest one."""
        return FeedError(self.name, line or self.number, message)

    @property
    def position(self) -> int:
        """The number of bytes read, as lines or as blocks."""
        return self._octets.position

    @property
    def are_piped(self) -> bool:
        """Whether the text comes from a pipe, and not from a file."""
        return self._source.size is None

    def has_more_than(self, size: int) -> bool:
        """Whether more than that many bytes are still to be read. Raises FeedError where they cannot be read."""
        data = self.read(size + 1)
        self.give_back(data)
        return len(data) > size

    def read(self, size: int) -> bytes:
        """The next bytes, fewer than `size` only at the end. They count as no lines: see `skip_lines`."""
        with self._reading():
            return self._octets.read(size)

    def give_back(self, data: bytes) -> None:
        """Take back bytes of the latest `read`, from some byte to its last; they are read again."""
        self._octets.give_back(data)

    def skip_lines(self, count: int) -> None:
        """Count the lines of a block that was read."""
        self.number += count

    @cached_property
    def _octets(self) -> Octets:
        return Octets(uncompressed(self._source))

    def _raw_lines(self) -> Iterator[bytes]:
        with self._reading():
            octets = self._octets
            while raw := octets.readline(MAX_LINE + 1):
                yield raw

    @contextmanager
    def _reading(self) -> Iterator[None]:
        try:
            yield
        # Bytes are read ahead of lines, so the latest line number says nothing about these errors.
        except EOFError as error:
            message = "the gzip data ends too early: the file is truncated"
            raise FeedError(self.name, None, message) from error
        except (gzip.BadGzipFile, zlib.error) as error:
            raise FeedError(self.name, None, f"the gzip data is damaged: {error}") from error
        except OSError as error:
            raise FeedError(self.name, None, f"reading failed: {error.strerror or error}") from error

    def _refuse_other_kinds(self, raw: bytes) -> None:
        if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            self._refuse_utf16()
        if raw.startswith(b"PAR1"):
            raise self.error("this looks like Parquet; give --format parquet")
        if raw.startswith(b"PK\3\4"):
            raise self.error("this is a workbook or a zip archive; save the sheet as CSV, or unpack the archive")

    def _refuse_nul(self, raw: bytes) -> NoReturn:
        # Latin text in UTF-16 is half NULs, with or without a byte-order mark.
        if self.number == 1 and raw.count(0) * 3 > len(raw):
            self._refuse_utf16()
        raise self.error(f"byte {raw.index(0) + 1} of the line is NUL: this is not a text file")

    def _refuse_utf16(self) -> NoReturn:
        raise self.error("this looks like UTF-16; convert it with: iconv -f UTF-16 -t UTF-8")

    def _refuse_length(self, raw: bytes) -> NoReturn:
        hint = "; line ends must be LF or CRLF, not CR alone" if b"\r" in raw else ""
        raise self.error(f"the line is longer than 1 MiB{hint}")
