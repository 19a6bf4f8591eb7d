"""Normalise texts that earlier releases recorded unchanged: ids, names, document numbers and segments.

Two rows that would then have the same id or name are not changed; the log and the audit trail name them.
"""

import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.texts import TextRefused, normalised

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BATCH = 5_000

logger = logging.getLogger("storage.migration")


def upgrade() -> None:
    """Migrate from version 0003."""
    connection = op.get_bind()
    left = list(_transactions(connection))
    for table in ("accounting_code", "accounting_period", "segmentation_rule"):
        left += _names(connection, table)
    for column in ("type", "gl_account_name", "gl_account_number"):
        _column(connection, "accounting_code", column)
    left += _segments(connection)
    _posting_keys(connection)
    _journal_runs(connection)
    for subject_type, subject in left:
        logger.warning(
            "%s %r is another one without what cannot be seen; both are left as they are", subject_type, subject
        )
        _audit(connection, subject_type, subject)


def _transactions(connection: sa.Connection) -> Iterable[tuple[str, str]]:
    """Normalise transactions. Returns the ids that another transaction has when normalised."""
    table = sa.table(
        "billing_transaction",
        sa.column("id", sa.BigInteger),
        sa.column("transaction_id", sa.String),
        sa.column("account_number", sa.String),
        sa.column("document_number", sa.String),
    )
    texts = (table.c.transaction_id, table.c.account_number, table.c.document_number)
    last = 0
    while rows := connection.execute(
        sa.select(table)
        .where(table.c.id > last, sa.or_(*(_suspect(connection, text) for text in texts)))
        .order_by(table.c.id)
        .limit(BATCH)
    ).all():
        last = rows[-1].id
        for row in rows:
            values: dict[str, Any] = {
                text.name: new
                for text in texts[1:]
                if (old := getattr(row, text.name)) is not None and (new := _new(old) or None) != old
            }
            new_id = _new(row.transaction_id)
            if new_id and new_id != row.transaction_id:
                taken = connection.execute(sa.select(table.c.id).where(table.c.transaction_id == new_id)).first()
                if taken is None:
                    values["transaction_id"] = new_id
                else:
                    yield "Transaction", row.transaction_id
            if values:
                connection.execute(table.update().where(table.c.id == row.id).values(values))


def _suspect(connection: sa.Connection, text: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
    """Whether the text may not be normalised: it has outer spaces, or not only printable ASCII."""
    if connection.dialect.name == "sqlite":
        unprintable: sa.ColumnElement[bool] = text.op("GLOB")("*[^ -~]*")
    else:
        unprintable = sa.or_(_bytes(text) != sa.func.char_length(text), text.regexp_match("[\\x01-\\x1f\\x7f]"))
    return sa.or_(unprintable, text != sa.func.trim(text), text == "")


def _bytes(text: sa.ColumnElement[str]) -> sa.ColumnElement[int]:
    """The length of the text in bytes."""
    return sa.func.octet_length(text)


def _names(connection: sa.Connection, table_name: str) -> list[tuple[str, str]]:
    """Normalise the names of a table. Returns those that another row has when normalised."""
    table = sa.table(table_name, sa.column("id", sa.BigInteger), sa.column("name", sa.String))
    left = []
    names = {row.name for row in connection.execute(sa.select(table.c.name))}
    for row in connection.execute(sa.select(table).order_by(table.c.id)).all():
        new = _new(row.name)
        if not new or new == row.name:
            continue
        if new in names:
            left.append((_SUBJECTS[table_name], row.name))
            continue
        names.add(new)
        connection.execute(table.update().where(table.c.id == row.id).values(name=new))
    return left


_SUBJECTS = {
    "accounting_code": "AccountingCode",
    "accounting_period": "AccountingPeriod",
    "segmentation_rule": "SegmentationRule",
}


def _column(connection: sa.Connection, table_name: str, column: str) -> None:
    table = sa.table(table_name, sa.column("id", sa.BigInteger), sa.column(column, sa.String))
    text = table.c[column]
    for row in connection.execute(sa.select(table).where(text.is_not(None))).all():
        new = _new(row[1])
        if new != row[1] and (new or column != "type"):
            connection.execute(table.update().where(table.c.id == row.id).values({column: new or None}))


def _segments(connection: sa.Connection) -> list[tuple[str, str]]:
    """Normalise the names of segments, and the references to them in rules."""
    segments = sa.table("segment", sa.column("id", sa.BigInteger), sa.column("name", sa.String))
    places = sa.table("segmentation_rule_segment", sa.column("segment_name", sa.String))
    left = []
    names = {row.name for row in connection.execute(sa.select(segments.c.name))}
    for row in connection.execute(sa.select(segments).order_by(segments.c.id)).all():
        new = _new(row.name)
        if not new or new == row.name:
            continue
        if new in names:
            left.append(("Segment", row.name))
            continue
        names.add(new)
        # References from rules to segments must be valid at every step.
        connection.execute(segments.insert().values(name=new))
        connection.execute(places.update().where(places.c.segment_name == row.name).values(segment_name=new))
        connection.execute(segments.delete().where(segments.c.id == row.id))
    return left


def _posting_keys(connection: sa.Connection) -> None:
    """Normalise organisations and segments. The digest of a key stays, because it is used only to find the key."""
    table = sa.table(
        "posting_key",
        sa.column("id", sa.BigInteger),
        sa.column("organization", sa.String),
        sa.column("segments", sa.JSON),
    )
    for row in connection.execute(sa.select(table)).all():
        segments = {_new(name): _new(value) for name, value in row.segments.items()}
        values: dict[str, Any] = {}
        if segments != row.segments and len(segments) == len(row.segments) and all(segments.values()):
            values["segments"] = segments
        if row.organization is not None and (organization := _new(row.organization) or None) != row.organization:
            values["organization"] = organization
        if values:
            connection.execute(table.update().where(table.c.id == row.id).values(values))


def _journal_runs(connection: sa.Connection) -> None:
    """Normalise the organisations of runs, like those of their transactions."""
    table = sa.table("journal_run", sa.column("id", sa.BigInteger), sa.column("organization_labels", sa.JSON))
    for row in connection.execute(sa.select(table)).all():
        labels = list(dict.fromkeys(map(_new, row.organization_labels)))
        if labels != row.organization_labels:
            connection.execute(table.update().where(table.c.id == row.id).values(organization_labels=labels))


def _audit(connection: sa.Connection, subject_type: str, subject: str) -> None:
    table = sa.table(
        "audit_event",
        sa.column("occurred_at", sa.DateTime(timezone=True)),
        *(sa.column(name, sa.String) for name in ("actor", "action", "subject_type", "subject")),
        sa.column("after", sa.JSON),
    )
    connection.execute(
        table.insert().values(
            occurred_at=datetime.now(UTC),
            actor="migration 0004",
            action="leave unnormalised",
            subject_type=subject_type,
            subject=subject[:255],
            after={"normalised": _new(subject), "taken": True},
        )
    )


def _new(text: str) -> str:
    """The text, normalised; unchanged if it has invisible characters."""
    try:
        return normalised(text)
    except TextRefused:
        return text
