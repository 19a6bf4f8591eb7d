"""The bytes of a text, read by lines or by blocks."""

import io


class Octets:
    """The bytes of a text, read by lines or by blocks; bytes that were read too early can be given back.

    `position` is the number of bytes taken so far.
    """

    def __init__(self, stream: io.BufferedIOBase) -> None:
        self.position = 0
        self._stream = stream
        self._given_back = io.BytesIO()

    def readline(self, size: int) -> bytes:
        """The next line with its end, or the first `size` bytes of it; nothing at the end of the text."""
        line = self._given_back.readline(size)
        if not line.endswith(b"\n") and len(line) < size:
            line += self._stream.readline(size - len(line))
        self.position += len(line)
        return line

    def read(self, size: int) -> bytes:
        """The next `size` bytes; fewer only at the end of the text."""
        data = self._given_back.read(size)
        if len(data) < size:
            data += self._stream.read(size - len(data))
        self.position += len(data)
        return data

    def give_back(self, data: bytes) -> None:
        """Take back the latest bytes, to be read again."""
        self._given_back = io.BytesIO(data + self._given_back.read())
        self.position -= len(data)
