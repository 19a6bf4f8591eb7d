"""The required and optional columns of a feed."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches

_INDEX = re.compile(r"index|level_\d+|Unnamed: \d+|__index_level_\d+__")
"""The names that pandas gives an index column when it writes or reads it."""

_MOST_LISTED = 10


class Columns:
    """The required columns of a feed, its optional ones, and the prefixes under which it may have any number."""

    def __init__(self, required: Collection[str], optional: Collection[str], prefixes: Collection[str]) -> None:
        self._required = tuple(required)
        self._prefixes = tuple(prefixes)
        self._named = dict.fromkeys((*required, *optional))

    def fault(self, names: Collection[str]) -> str | None:
        """Everything that is wrong with these column names, or None. An unnamed column alone is not a fault."""
        faults = []
        if missing := [name for name in self._required if name not in names]:
            faults.append(_listed("missing column", missing))
        if unknown := list(dict.fromkeys(name for name in names if name and not self._allows(name))):
            # Suggestions are slow: none for names that are not listed.
            shown = [self._with_suggestion(name) for name in unknown[:_MOST_LISTED]]
            faults.append(_listed("unknown column", shown + unknown[_MOST_LISTED:]))
        if len(set(names)) < len(names):
            repeated = [name for name, count in Counter(names).items() if count > 1 and name]
            if repeated:
                faults.append(_listed("repeated column", repeated))
        return "; ".join(faults) or None

    def begin(self, cells: Sequence[str]) -> bool:
        """Whether these cells look like a header that a feed of this kind, or one joined to it, begins with."""
        # Asked of every row, of which hardly one has the name of a column.
        names = self._named.keys() & {*map(str.lower, map(str.strip, cells))}
        if len(self._required) > 2:
            # No transaction has three names of columns for values. They may stand in any order, beside misspelt ones,
            # and behind the last line of a file that did not end with its line.
            return len(names) > 2
        # A segment may be called "segment".
        return names.issuperset(self._required) and all(self._allows(cell.strip()) for cell in cells if cell.strip())

    def allowed(self) -> str:
        """The names of all allowed columns, for a message."""
        return ", ".join([*self._named, *(f"{prefix}NAME" for prefix in self._prefixes)])

    def _allows(self, name: str) -> bool:
        # A prefix alone is not a name.
        return name in self._named or (name.startswith(self._prefixes) and name not in self._prefixes)

    def _with_suggestion(self, name: str) -> str:
        shown = _shortened(name)
        plain = "".join(char for char in name if char.isprintable() or char.isspace())
        plain = re.sub(r"[\s_-]+", "_", plain.strip()).lower()
        # "country" has a similarity of 0.62 to "amount", but is not a misspelling of it.
        close = get_close_matches(plain[:100], self._named, n=1, cutoff=0.75)
        if close or (close := [column for column in self._named if plain in column.split("_")]):
            return f"{shown} (did you mean {' or '.join(close)}?)"
        if _INDEX.fullmatch(name):
            return f"{shown} (an index written by pandas? write the file with index=False)"
        for prefix in self._prefixes:
            if plain.startswith(prefix) and len(plain) > len(prefix):
                return f"{shown} (did you mean {prefix}{name.strip()[len(prefix) :]}?)"
            if re.fullmatch(r"\w[\w -]*", name) and len(name) <= 100:
                return f"{shown} (did you mean {prefix}{name}?)"
        return shown


def _listed(what: str, names: Iterable[str]) -> str:
    listed = [_shortened(name, 200) for name in names]
    more = f" and {len(listed) - _MOST_LISTED:,} more" if len(listed) > _MOST_LISTED else ""
    return f"{what}{'s' if len(listed) > 1 else ''} {', '.join(listed[:_MOST_LISTED])}{more}"


def _shortened(text: str, longest: int = 80) -> str:
    return text if len(text) <= longest else f"{text[:longest]}..."
