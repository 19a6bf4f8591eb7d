"""Untrusted text, made safe for a terminal."""


def printable(text: str) -> str:
    r"""The text with every unprintable character escaped, as in \x1b, so that a terminal interprets none."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)
