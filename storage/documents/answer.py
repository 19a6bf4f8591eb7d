"""Reading a document: one statement, one moment."""

from collections.abc import Sequence

from storage.database import Database
from storage.documents.json_sql import JsonSql, PostgresqlJson, SqliteJson
from storage.documents.words import Each, Root
from storage.documents.writer import write, write_each

_SQLITE, _POSTGRESQL = SqliteJson(), PostgresqlJson()


def answer(
    database: Database, roots: Sequence[Root], organizations: frozenset[str] | None = None
) -> dict[str, str | bytes | None]:
    """The JSON text of each root by its key; None for an object that is not there.

    With `organizations`, only what belongs to these is there. Raises what `Database.ask` raises.
    """
    (row,) = database.ask(*write(_json_of(database), roots, organizations))
    return dict(zip((root.key for root in roots), row, strict=True))


def answer_each(database: Database, each: Each, organizations: frozenset[str] | None = None) -> dict[int, bytes]:
    """The JSON text of each row by its key, in UTF-8; `organizations` as in `answer`.

    Raises what `Database.ask` raises.
    """
    rows = database.ask(*write_each(_json_of(database), each, organizations))
    return dict(rows) if database.is_sqlite else {key: text.encode() for key, text in rows}


def _json_of(database: Database) -> JsonSql:
    return _SQLITE if database.is_sqlite else _POSTGRESQL
