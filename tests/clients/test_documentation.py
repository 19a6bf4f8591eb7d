"""The code in docs/clients.md is the code that the client tests run."""

import re
from pathlib import Path
from textwrap import dedent

import pytest

from tests.clients.programs import HERE

PAGE = Path(__file__).parents[2] / "docs" / "clients.md"
BLOCK = re.compile(r"^<!-- tests/clients/(\S+)(?: ([^\n]+?))? -->\n\n```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
REGION = re.compile(r"^ *(?:#|//) docs: (?!end$)([^\n]+)\n(.*?)^ *(?:#|//) docs: end$", re.MULTILINE | re.DOTALL)

BLOCKS = BLOCK.findall(PAGE.read_text())


def regions(path: Path) -> dict[str, str]:
    """The marked regions of a file, by name; parts with the same name form one region."""
    found: dict[str, str] = {}
    for name, text in REGION.findall(path.read_text()):
        found[name] = found.get(name, "") + dedent(text)
    return {name: re.sub("\n{4,}", "\n\n\n", text).strip("\n") + "\n" for name, text in found.items()}


@pytest.mark.parametrize(("path", "region", "text"), [(path, region, text) for path, region, _, text in BLOCKS])
def test_a_block_of_the_page_is_taken_verbatim_from_a_tested_program(path: str, region: str, text: str) -> None:
    assert text == (regions(HERE / path)[region] if region else (HERE / path).read_text())


def test_every_block_of_the_page_is_a_region_of_a_program_and_vice_versa() -> None:
    assert PAGE.read_text().count("```") == 2 * len(BLOCKS)
    files = [path for pattern in ("npm/*.mjs", "npm/relay/*.mjs", "pypi/*.py") for path in HERE.glob(pattern)]
    marked = {(str(path.relative_to(HERE)), name) for path in files for name in regions(path)}
    assert marked == {(path, region) for path, region, _, _ in BLOCKS if region}
