"""Posting keys: the fields, other than the date, that determine the entry of a transaction."""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from itertools import islice
from operator import itemgetter

from sqlalchemy import JSON, Column, ForeignKey, LargeBinary, func, select
from sqlmodel import Field, Relationship, Session, SQLModel, col

from storage.columns import Identifier, wire_enum
from storage.currencies import Currency, currency_named
from storage.database import is_sqlite
from storage.driver_rows import insert_values
from storage.whole_ledger import WHOLE_LEDGER
from storage.words import TransactionType

DIGESTS_PER_STATEMENT = 5_000
"""SQLite allows 32,766 parameters in a statement by default."""


class PostingKey(SQLModel, table=True):
    """The fields, other than the date, that determine the entry of a transaction."""

    __tablename__ = "posting_key"

    id: int = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    digest: bytes = Field(sa_column=Column(LargeBinary(16), nullable=False, unique=True))
    transaction_type: TransactionType = Field(sa_column=Column(wire_enum(TransactionType), nullable=False))
    debit_code_id: int = Field(sa_column=Column(Identifier, ForeignKey("accounting_code.id"), nullable=False))
    credit_code_id: int = Field(sa_column=Column(Identifier, ForeignKey("accounting_code.id"), nullable=False))
    currency: str = Field(max_length=3)
    home_currency: str | None = Field(default=None, max_length=3)
    organization: str | None = Field(default=None, max_length=255, index=True)
    segments: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    currency_row: Currency = Relationship(sa_relationship=currency_named("PostingKey.currency"))
    """The ledger's row of the currency, which has the digits; read with this row."""
    home_currency_row: Currency | None = Relationship(sa_relationship=currency_named("PostingKey.home_currency"))
    """The row of the home currency."""


@dataclass(frozen=True, slots=True)
class PostingKeyFields:
    """The fields of a posting key. Segments are name and value, ordered by name."""

    transaction_type: TransactionType
    debit_code_id: int
    credit_code_id: int
    currency: str
    home_currency: str | None
    organization: str | None
    segments: tuple[tuple[str, str], ...]

    def digest(self) -> bytes:
        """A hash of 128 bits for the unique index, whatever the length of the segments."""
        fields = [
            self.transaction_type.value,
            self.debit_code_id,
            self.credit_code_id,
            self.currency,
            self.home_currency,
            self.organization,
            self.segments,
        ]
        return blake2b(json.dumps(fields).encode(), digest_size=16).digest()


def key_of(row: PostingKey) -> PostingKeyFields:
    """The fields of a stored posting key."""
    return PostingKeyFields(
        transaction_type=row.transaction_type,
        debit_code_id=row.debit_code_id,
        credit_code_id=row.credit_code_id,
        currency=row.currency,
        home_currency=row.home_currency,
        organization=row.organization,
        segments=tuple(sorted(row.segments.items())),
    )


def stored_keys(session: Session, keys: Mapping[bytes, PostingKeyFields]) -> dict[PostingKeyFields, int]:
    """The ids of these posting keys, by digest; new keys are inserted."""
    found = _ids(session, keys)
    if len(found) < len(keys):
        _insert(session, {digest: key for digest, key in keys.items() if digest not in found})
        found = _ids(session, keys)
    return {keys[digest]: key_id for digest, key_id in found.items()}


def _ids(session: Session, digests: Iterable[bytes]) -> dict[bytes, int]:
    connection = session.connection()
    remaining, found = iter(digests), dict[bytes, int]()
    while wanted := tuple(islice(remaining, DIGESTS_PER_STATEMENT)):
        if is_sqlite(session):
            marks = ", ".join("?" * len(wanted))
            rows = connection.exec_driver_sql(f"SELECT digest, id FROM posting_key WHERE digest IN ({marks})", wanted)  # noqa: S608
        else:
            rows = connection.exec_driver_sql(_IDS, (list(wanted),))
        found |= {bytes(digest): key_id for digest, key_id in rows}
    return found


# LIMIT makes it a look-up of each digest, however few rows PostgreSQL believes the table to have.
_IDS = """
SELECT found.digest, found.id FROM unnest(%s::bytea[]) AS wanted (digest)
    CROSS JOIN LATERAL (SELECT * FROM posting_key AS same WHERE same.digest = wanted.digest LIMIT 1) AS found
"""


def _insert(session: Session, keys: Mapping[bytes, PostingKeyFields]) -> None:
    # Sorted, so that two postings with the same new keys cannot deadlock.
    rows = [
        (
            digest.hex(),
            key.transaction_type.value,
            key.debit_code_id,
            key.credit_code_id,
            key.currency,
            key.home_currency,
            key.organization,
            dict(key.segments),
        )
        for digest, key in sorted(keys.items(), key=itemgetter(0))
    ]
    connection = session.connection()
    if is_sqlite(session):
        values = [(bytes.fromhex(row[0]), *row[1:-1], json.dumps(row[-1])) for row in rows]
        insert_values(connection, "posting_key", _COLUMNS, values, "ON CONFLICT DO NOTHING")
    else:
        connection.exec_driver_sql(_INSERT, (json.dumps(rows),))


_COLUMNS = (
    "digest", "transaction_type", "debit_code_id", "credit_code_id", "currency", "home_currency", "organization",
    "segments",
)  # fmt: skip
# In one text: the driver takes microseconds for each text of an array.
_INSERT = f"""
INSERT INTO posting_key ({", ".join(_COLUMNS)})
SELECT decode(row ->> 0, 'hex'), row ->> 1, (row ->> 2)::bigint, (row ->> 3)::bigint, row ->> 4, row ->> 5, row ->> 6,
    row -> 7
FROM json_array_elements(%s::json) AS sent (row)
ON CONFLICT DO NOTHING
"""  # noqa: S608


def keys_with_ids(session: Session, ids: Collection[int]) -> dict[int, PostingKey]:
    """The stored posting keys with these ids, of whatever organisation."""
    found = session.execute(select(PostingKey).where(col(PostingKey.id).in_(ids)), execution_options=WHOLE_LEDGER)
    return {key.id: key for key in found.scalars()}


def last_key_id(session: Session) -> int:
    """The id of the last posting key on SQLite, where a writer's new ones follow it; 0 if there is none."""
    return session.execute(select(func.max(col(PostingKey.id))), execution_options=WHOLE_LEDGER).scalar_one() or 0


def organizations(session: Session) -> list[str]:
    """The organisations of all recorded transactions, in alphabetical order."""
    organization = col(PostingKey.organization)
    found = session.execute(select(organization).where(organization.is_not(None)).distinct())
    return sorted(name for (name,) in found if name is not None)
