"""Blocks of a feed: the same records, and refusals, as reading the feed record by record."""

import sys
from pathlib import Path
from random import Random

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gateway.feed.blocks
import gateway.feed.csv_records
import gateway.feed.parquet_records
from gateway.feed import Feed, FeedError, Malformed, Record, open_feed
from gateway.feed.blocks import RecordBlock
from gateway.feed.csv_blocks import CsvBlock
from resolvers.transaction_lines import OPTIONAL, REQUIRED, SEGMENT
from tests.support.random_files import FILES, random_file, random_rows

Read = list[Record | Malformed]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks so small that a small file has several."""
    monkeypatch.setattr(gateway.feed.csv_records, "BLOCK_BYTES", 2_000)
    monkeypatch.setattr(gateway.feed.parquet_records, "BLOCK_ROWS", 30)
    monkeypatch.setattr(gateway.feed.blocks, "RECORDS_IN_BLOCK", 7)


def records_of(feed: Feed) -> Read:
    """All records, read one by one."""
    return list(feed)


def records_in_blocks(feed: Feed) -> Read:
    """All records, read from blocks; the columns of each block have the records' values."""
    found: Read = []
    for block in feed.blocks():
        records = block.records(range(block.rows))
        doubtful = [False] * block.rows if block.doubtful is None else block.doubtful.to_pylist()
        values = {name: column.to_pylist() for name, column in block.columns.items()}
        for place, (record, doubt) in enumerate(zip(records, doubtful, strict=True)):
            in_columns = {name: texts[place] for name, texts in values.items() if texts[place] is not None}
            if isinstance(record, Record) and not doubt:
                assert in_columns == record.values
        found += [record for record in records if record is not None]
    return found


def outcome(path: Path, how: object) -> tuple[Read, str | None]:
    try:
        with open_feed(path, required=REQUIRED, optional=OPTIONAL, prefixes=(SEGMENT,)) as feed:
            assert callable(how)
            return how(feed), None
    except FeedError as error:
        return [], str(error)


def cells(records: Read) -> list[object]:
    return [record.cells for record in records]


@settings(max_examples=FILES)
@given(seed=st.integers(0, 2**32))
def test_blocks_have_the_records_that_are_read_one_by_one(tmp_path: Path, seed: int) -> None:
    random = Random(seed)  # noqa: S311
    home = random.random() < 0.5
    file = random_file(random, random_rows(random, random.randint(0, 80), home=home, prefix="t"), home=home)
    path = tmp_path / file.name
    path.write_bytes(file.content)

    expected, refused = outcome(path, records_of)
    found, also_refused = outcome(path, records_in_blocks)

    assert also_refused == refused
    assert found == expected
    assert cells(found) == cells(expected)


def test_arrow_and_python_agree_on_what_white_space_is() -> None:
    characters = [chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code <= 0xDFFF]
    trimmed = pc.utf8_trim_whitespace(pa.array(characters)).to_pylist()
    assert trimmed == [char.strip() for char in characters]


def test_plain_files_are_read_in_columns(tmp_path: Path) -> None:
    """Otherwise the other tests would compare the reader of records with itself."""
    for quoted in ("{}", '"{}"'):
        path = tmp_path / "feed.csv"
        line = ",".join(
            quoted.format(value)
            for value in ("a", "b", "2024-12-05", "1.00", "GBP", "x\n" if '"' in quoted else "x", "y")
        )
        path.write_text(",".join(REQUIRED) + "\n" + f"{line}\n" * 500)
        with open_feed(path, required=REQUIRED, optional=OPTIONAL) as feed:
            blocks = list(feed.blocks())
        assert len(blocks) > 5
        assert {type(block) for block in blocks} == {CsvBlock}
        assert sum(block.rows for block in blocks) == 500


def test_memory_is_flat_over_the_blocks_of_a_long_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    block = 1 << 16
    monkeypatch.setattr(gateway.feed.csv_records, "BLOCK_BYTES", block)
    path = tmp_path / "feed.csv"
    path.write_text(",".join(REQUIRED) + "\n" + "a,b,2024-12-05,1.00,GBP,x,y\n" * 100_000)
    before = pa.total_allocated_bytes()
    with open_feed(path, required=REQUIRED, optional=OPTIONAL) as feed:
        held = [pa.total_allocated_bytes() - before for _ in feed.blocks()]

    assert len(held) > 40
    # Two blocks are held for a moment, each with its columns' offsets.
    assert max(held) < 10 * block


def test_a_quote_in_doubt_leaves_only_its_block_to_the_reader_of_records(tmp_path: Path) -> None:
    path = tmp_path / "feed.csv"
    lines = ["a,b,2024-12-05,1.00,GBP,x,y"] * 500
    lines[250] = 'a,b,2024-12-05,1.00,GBP,5" pipe,y'
    path.write_text("\n".join([",".join(REQUIRED), *lines]))

    with open_feed(path, required=REQUIRED, optional=OPTIONAL) as feed:
        blocks = list(feed.blocks())

    by_records = sum(block.rows for block in blocks if isinstance(block, RecordBlock))
    assert 1 < by_records < 100
    assert by_records + sum(block.rows for block in blocks if isinstance(block, CsvBlock)) == 500
