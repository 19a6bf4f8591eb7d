"""Which columns a feed must and may have."""

from collections import Counter
from collections.abc import Collection, Iterable
from difflib import get_close_matches


class Columns:
    """The columns a feed must have, may have, and may have any number of under a prefix."""

    def __init__(self, required: Collection[str], optional: Collection[str], prefixes: Collection[str]) -> None:
        self._required = tuple(required)
        self._prefixes = tuple(prefixes)
        self._named = dict.fromkeys((*required, *optional))

    def fault(self, names: Collection[str]) -> str | None:
        """Everything that is wrong with these column names, or None."""
        faults = []
        if missing := [name for name in self._required if name not in names]:
            faults.append(_listed("missing column", missing))
        if unknown := [name for name in names if name and not self._allows(name)]:
            faults.append(_listed("unknown column", dict.fromkeys(self._with_suggestion(n) for n in unknown)))
        if "" in names:
            places = [str(place) for place, name in enumerate(names, start=1) if not name]
            faults.append(_listed("no name for column", places))
        if len(set(names)) < len(names):
            repeated = [name for name, count in Counter(names).items() if count > 1 and name]
            if repeated:
                faults.append(_listed("repeated column", repeated))
        return "; ".join(faults) or None

    def allowed(self) -> str:
        """The names of all columns there can be, to be read by a person."""
        return ", ".join([*self._named, *(f"{prefix}NAME" for prefix in self._prefixes)])

    def _allows(self, name: str) -> bool:
        # A prefix alone names nothing.
        return name in self._named or (name.startswith(self._prefixes) and name not in self._prefixes)

    def _with_suggestion(self, name: str) -> str:
        close = get_close_matches(name.lower().replace(" ", "_"), self._named, n=1)
        return f"{name} (did you mean {close[0]}?)" if close else name


def _listed(what: str, names: Iterable[str]) -> str:
    listed = list(names)
    return f"{what}{'s' if len(listed) > 1 else ''} {', '.join(listed)}"
