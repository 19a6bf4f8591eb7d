"""Files that are written a step at a time."""

import zlib
from collections.abc import Generator
from contextlib import closing
from pathlib import Path

from gateway.exports.pieces import Pieces
from gateway.exports.whole import write_whole

_GZIP = 16 + zlib.MAX_WBITS
_FAST = 1
_STEP_BYTES = 4 << 20


def written(path: Path, pieces: Pieces) -> Generator[None]:
    """Write the pieces to a new file, in as many steps. They are closed at the end."""
    with closing(pieces), path.open("xb", buffering=0) as file:
        for batch in pieces:
            write_whole(file, b"".join(batch))
            yield


def compressed(source: Path, path: Path) -> Generator[None]:
    """Write the file, compressed by gzip, to a new one, some megabytes in a step."""
    packing = zlib.compressobj(_FAST, wbits=_GZIP)
    with source.open("rb") as plain, path.open("xb", buffering=0) as file:
        while block := plain.read(_STEP_BYTES):
            write_whole(file, packing.compress(block))
            yield
        write_whole(file, packing.flush())
