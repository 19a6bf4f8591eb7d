"""Columns of text, as Arrow arrays."""

from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]


def stripped(texts: Any) -> Any:
    """The texts without the white space around them, as `str.strip` does it; null where nothing is left."""
    trimmed = pc.utf8_trim_whitespace(texts)
    if pc.min(pc.binary_length(trimmed)).as_py() == 0:
        return pc.if_else(pc.equal(pc.binary_length(trimmed), 0), pa.scalar(None, pa.string()), trimmed)
    return trimmed
