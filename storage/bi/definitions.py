"""The views in the database, which are defined anew when a migration or a new segment changes them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from sqlalchemy import Connection, text

from storage.bi.as_written import execute_as_written
from storage.bi.catalogue import catalogue
from storage.bi.dialects import POSTGRESQL, SQLITE
from storage.bi.statements import Statements


def define_views(connection: Connection) -> None:
    """Define the views that are missing or have other columns than they should; grants on them stay."""
    segments = list(connection.execute(text("SELECT name FROM segment ORDER BY id")).scalars())
    is_sqlite = connection.dialect.name == "sqlite"
    statements = Statements(SQLITE if is_sqlite else POSTGRESQL)
    definitions = {view.name: statements.definition(view) for view in catalogue(segments).values()}
    (_define_on_sqlite if is_sqlite else _define_on_postgresql)(connection, definitions)


@contextmanager
def without_views(connection: Connection) -> Iterator[None]:
    """Inside, there are no views, so that the tables can change; afterwards they are there with the same readers."""
    readers = _readers_on_postgresql(connection) if connection.dialect.name == "postgresql" else []
    for name in catalogue(()):
        execute_as_written(connection, f"DROP VIEW IF EXISTS {name}")
    yield
    define_views(connection)
    for name, role in readers:
        execute_as_written(connection, f"GRANT SELECT ON {name} TO {role}")


def _readers_on_postgresql(connection: Connection) -> list[tuple[str, str]]:
    """The views, and the quoted names of the roles that may read them."""
    granted = text(
        """
        SELECT table_name, quote_ident(grantee) FROM information_schema.role_table_grants
        WHERE table_schema = current_schema() AND table_name = ANY(:views)
            AND privilege_type = 'SELECT' AND grantee NOT IN (grantor, 'PUBLIC')
        """
    )
    return [(name, role) for name, role in connection.execute(granted, {"views": list(catalogue(()))})]


def _define_on_sqlite(connection: Connection, definitions: Mapping[str, str]) -> None:
    known = {row.name: row.sql for row in connection.execute(text("SELECT name, sql FROM sqlite_master"))}
    for name, select in definitions.items():
        wanted = f"CREATE VIEW {name} AS {select}"
        if known.get(name) != wanted:
            execute_as_written(connection, f"DROP VIEW IF EXISTS {name}")
            execute_as_written(connection, wanted)


def _define_on_postgresql(connection: Connection, definitions: Mapping[str, str]) -> None:
    for name, select in definitions.items():
        # New columns come last, which is what REPLACE allows.
        execute_as_written(connection, f"CREATE OR REPLACE VIEW {name} AS {select}")
