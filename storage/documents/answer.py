"""Reading a document: one statement, one moment."""

from collections.abc import Sequence

from storage.database import Database
from storage.documents.json_sql import JsonSql, PostgresqlJson, SqliteJson
from storage.documents.words import Each, Root
from storage.documents.writer import write, write_each

_SQLITE, _POSTGRESQL = SqliteJson(), PostgresqlJson()


class Document:
    """Roots that one statement answers. It is written when it is first needed, and kept."""

    def __init__(self, roots: Sequence[Root], organizations: frozenset[str] | None = None) -> None:
        """With `organizations`, only what belongs to these is there."""
        self.roots = roots
        self._organizations = organizations
        self._written: tuple[JsonSql, str, dict[str, object]] | None = None

    def statement(self, json: JsonSql) -> tuple[str, dict[str, object]]:
        """The statement for that database, and its parameters."""
        written = self._written
        if written is None or written[0] is not json:
            written = self._written = (json, *write(json, self.roots, self._organizations))
        return written[1:]


def answer(database: Database, document: Document) -> dict[str, str | bytes | None]:
    """The JSON text of each root by its key; None for an object that is not there.

    Raises what `Database.ask` raises.
    """
    (row,) = database.ask(*document.statement(_json_of(database)))
    return dict(zip((root.key for root in document.roots), row, strict=True))


def answer_each(database: Database, each: Each, organizations: frozenset[str] | None = None) -> dict[int, bytes]:
    """The JSON text of each row by its key, in UTF-8; `organizations` as in Document.

    Raises what `Database.ask` raises.
    """
    rows = database.ask(*write_each(_json_of(database), each, organizations))
    return dict(rows) if database.is_sqlite else {key: text.encode() for key, text in rows}


def _json_of(database: Database) -> JsonSql:
    return _SQLITE if database.is_sqlite else _POSTGRESQL
