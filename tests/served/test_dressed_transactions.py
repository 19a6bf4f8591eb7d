"""The same transactions leave the same ledger, however their texts are written and whichever interface records them."""

import csv
import io
import json
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import select

from gateway.application import Application
from gateway.feed import Record, open_feed
from resolvers.import_transactions import import_transactions
from resolvers.transaction_lines import OPTIONAL, REQUIRED, SEGMENT
from storage.database import Database
from storage.posting_buckets import PostingBucket
from storage.posting_keys import PostingKey
from storage.transactions import Transaction
from tests.support.client import Client
from tests.support.ledger import line, refuse
from tests.support.recording import item
from tests.support.served import served

Rows = set[tuple[Any, ...]]

TEXTS = st.sampled_from(["SP1", "SP2", "Café", "Åre", "Ελλάδα", "日本 支店", "a  b", "ﬁ", "각"])
WHITE = st.sampled_from(["", " ", "  ", "\u00a0", "\u3000", "\t"])


@st.composite
def dressed(draw: st.DrawFn, text: str) -> str:
    """The text, as another system may write it."""
    written = draw(st.sampled_from([text, unicodedata.normalize("NFD", text)]))
    return draw(WHITE) + written + draw(WHITE)


@st.composite
def dressed_twice(draw: st.DrawFn) -> list[list[dict[str, str]]]:
    """Some transactions, and the same ones in another dress and order: their ids, organisations and so on."""
    wanted = draw(
        st.lists(
            st.fixed_dictionaries(
                {"id": TEXTS, "organization": TEXTS | st.just(""), "document": TEXTS | st.just(""), "country": TEXTS}
            ),
            min_size=1,
            max_size=5,
            unique_by=lambda one: one["id"],
        )
    )
    return [
        [{name: draw(dressed(text)) for name, text in one.items()} for one in draw(st.permutations(wanted))]
        for _ in range(3)
    ]


def in_a_file(one: dict[str, str]) -> dict[str, str]:
    """A line of a feed."""
    columns = {"organization": one["organization"], "document_number": one["document"]}
    return {**line(one["id"], segment_country=one["country"]), **columns}


def in_graphql(one: dict[str, str]) -> dict[str, Any]:
    """A transaction of recordTransactions."""
    return item(
        one["id"],
        organizationLabel=one["organization"],
        documentNumber=one["document"],
        segments=[{"name": "country", "value": one["country"]}],
    )


def imported(database: Database, path: Path, text: str) -> tuple[int, int]:
    """Import a file through the feed's own reader: how many were recorded, and how many had been before."""
    path.write_text(text, encoding="utf-8", newline="")
    with open_feed(path, required=REQUIRED, optional=OPTIONAL, prefixes=(SEGMENT,)) as feed:
        lines = [(one.line, one.values) for one in feed if isinstance(one, Record)]
    done = import_transactions(database, lines, refuse, source=path.name, actor="test")
    return done.recorded, done.duplicates


def as_csv(lines: list[dict[str, str]]) -> str:
    """The lines as CSV."""
    text = io.StringIO()
    writer = csv.DictWriter(text, lines[0].keys())
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def as_ndjson(lines: list[dict[str, str]]) -> str:
    """The lines as NDJSON."""
    return "".join(json.dumps(one) + "\n" for one in lines)


def ledger_of(database: Database) -> Rows:
    """Everything that is recorded."""
    with database.read() as session:
        statement = select(Transaction, PostingBucket, PostingKey).where(
            Transaction.posting_bucket_id == PostingBucket.id, PostingBucket.posting_key_id == PostingKey.id
        )
        return {
            (
                transaction.transaction_id,
                transaction.amount_minor,
                transaction.document_number,
                bucket.posting_date,
                key.organization,
                tuple(key.segments.items()),
            )
            for transaction, bucket, key in session.exec(statement)
        }


def marked(mark: str, text: str) -> str:
    """The text in its dress, with the mark before it."""
    bare = text.lstrip()
    return text[: len(text) - len(bare)] + mark + bare


# The server's threads also draw random numbers while Hypothesis draws examples.
@pytest.mark.filterwarnings("ignore::hypothesis.errors.HypothesisDeprecationWarning")
@pytest.mark.parametrize("way", ["csv", "ndjson", "graphql"])
def test_the_same_transactions_make_the_same_ledger_by_any_interface(
    database: Database, tmp_path: Path, way: str
) -> None:
    with served(Application(database), database) as client:

        @settings(max_examples=15, suppress_health_check=list(HealthCheck))
        @given(dressed_twice(), st.integers(min_value=0))
        def check(versions: list[list[dict[str, str]]], number: int) -> None:
            before = ledger_of(database)
            # Every example has its own ids.
            mark = f"{len(before)}/{number}/"
            versions = [[{**one, "id": marked(mark, one["id"])} for one in version] for version in versions]
            first, again, other_way = versions

            assert sent(client, tmp_path, way, first) == (len(first), 0)
            after = ledger_of(database)
            assert {row[0] for row in after - before} == {
                unicodedata.normalize("NFC", one["id"].strip()) for one in first
            }
            assert sent(client, tmp_path, way, again) == (0, len(first))
            assert sent(client, tmp_path, "csv" if way == "graphql" else "graphql", other_way) == (0, len(first))
            assert ledger_of(database) == after

        check()


def sent(client: Client, folder: Path, way: str, transactions: list[dict[str, str]]) -> tuple[int, int]:
    """Send the transactions by one way: how many were recorded, and how many had been before."""
    if way == "graphql":
        payload = client.record([in_graphql(one) for one in transactions])
        assert payload["errors"] == []
        return payload["recorded"], payload["duplicates"]
    lines = [in_a_file(one) for one in transactions]
    text = as_csv(lines) if way == "csv" else as_ndjson(lines)
    return imported(client.database, folder / f"feed.{way}", text)
