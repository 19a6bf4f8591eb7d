"""Blocks of a large file, as the import takes them."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from resolvers.import_lines import Line


class Block(Protocol):
    """Many lines of a file in columns; a line that the columns cannot judge is read by its place."""

    @property
    def columns(self) -> Mapping[str, Any]:
        """Arrow arrays of text by name of column: without the white space around it, null where nothing is left.

        A row without any text may be a line that cannot be parsed, or none.
        """

    @property
    def rows(self) -> int:
        """The number of rows."""

    @property
    def doubtful(self) -> Any | None:
        """An Arrow array that is true for rows that may be unparsable although they have text; None: no row."""

    def read(self, places: Sequence[int]) -> Sequence[Line | None]:
        """The lines in these places, in ascending order; None where a row is no line, like a repeated header."""
