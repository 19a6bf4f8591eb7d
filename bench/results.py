"""RESULTS.md: a section for each benchmark, replaced when that benchmark has run."""

from collections.abc import Sequence
from pathlib import Path

RESULTS = Path(__file__).parent / "RESULTS.md"

_HEAD = ["# Results", "", "Written by `make bench`: each section by its own command, which it names.", ""]


def keep(heading: str, lines: Sequence[str]) -> None:
    """Write the section with this heading, in place of the one from before; the others stay."""
    sections = _sections(RESULTS.read_text() if RESULTS.exists() else "")
    sections[heading] = "\n".join(["", *lines]).rstrip()
    text = "\n\n".join(f"## {name}\n{body}" for name, body in sorted(sections.items()))
    RESULTS.write_text("\n".join(_HEAD) + "\n" + text + "\n")


def _sections(text: str) -> dict[str, str]:
    parts = [part.partition("\n") for part in ("\n" + text).split("\n## ")[1:]]
    return {heading: body.rstrip() for heading, _, body in parts}
