"""The nearest known words to one that is unknown."""

from collections.abc import Iterable

from rapidfuzz import fuzz, process

_NEAR = 75.0
"""How alike two words must be, of 100, for one to be meant by the other."""

_MOST = 3
_LONGEST = 300
_REMEMBERED = 1_000


class DidYouMean:
    """What to add to a message about an unknown word: "; did you mean 'Invoice Item'?", or "" where no word is near.

    The nearest word comes first. Case, white space, hyphens and underscores make no difference to what is near.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._known = list(map(str, known))
        self._said: dict[str, str] = {}

    def __call__(self, text: str) -> str:
        text = text[:_LONGEST]
        # A file has the same wrong word on many lines.
        if text not in self._said:
            if len(self._said) >= _REMEMBERED:
                self._said.clear()
            near = self._near(text)
            self._said[text] = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
        return self._said[text]

    def _near(self, text: str) -> list[str]:
        # A slip of the pen first; where there is none, a word that is a part of the name.
        for scorer in (fuzz.ratio, fuzz.WRatio if len(text) > 2 else fuzz.ratio):
            found = process.extract(text, self._known, scorer=scorer, processor=_plain, limit=_MOST, score_cutoff=_NEAR)
            if found:
                return [word for word, score, _ in found if score >= found[0][1] - 10]
        return []


def _plain(text: str) -> str:
    return "".join(text.casefold().replace("_", " ").replace("-", " ").split())
