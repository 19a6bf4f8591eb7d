"""Texts from outside, made fit for a terminal."""


def printable(text: str) -> str:
    r"""The text with every character that cannot be seen written as an escape, as in \x1b: a terminal obeys none."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
