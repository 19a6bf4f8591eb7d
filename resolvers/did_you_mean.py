"""Suggestions for unknown words."""

from collections.abc import Iterable

_NEAR = 75.0
"""The least similarity, from 0 to 100, of a suggested word."""

_MOST = 3
_LONGEST = 300
_REMEMBERED = 1_000

_COMPARISONS_MAX = 100_000
"""The words that one instance compares, over all its searches."""


class DidYouMean:
    """The suffix for a message about an unknown word: "; did you mean 'Invoice Item'?", or "" without a similar word.

    The most similar word comes first. Case, white space, hyphens and underscores are ignored. After many searches
    among many words there are no more suggestions.
    """

    def __init__(self, known: Iterable[str]) -> None:
        self._known = list(map(str, known))
        self._plain = list(map(_plain, self._known))
        self._said: dict[str, str] = {}
        self._left = _COMPARISONS_MAX

    def __call__(self, text: str) -> str:
        text = text[:_LONGEST]
        # A file often repeats the same wrong word on many lines.
        if text not in self._said:
            if self._left < 0:
                return ""
            self._left -= len(self._known)
            if len(self._said) >= _REMEMBERED:
                self._said.clear()
            near = self._near(text)
            self._said[text] = f"; did you mean {' or '.join(map(repr, near))}?" if near else ""
        return self._said[text]

    def _near(self, text: str) -> list[str]:
        # Loaded with the first wrong word.
        from rapidfuzz import fuzz, process

        # Typing errors first; if there are none, words that are part of a name.
        plain = _plain(text)
        for scorer in (fuzz.ratio, fuzz.WRatio if len(text) > 2 else fuzz.ratio):
            found = process.extract(plain, self._plain, scorer=scorer, limit=_MOST, score_cutoff=_NEAR)
            if found:
                return [self._known[place] for _, score, place in found if score >= found[0][1] - 10]
        return []


def _plain(text: str) -> str:
    return "".join(text.casefold().replace("_", " ").replace("-", " ").split())
