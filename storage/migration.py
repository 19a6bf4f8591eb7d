"""Migrating a database to the current version of the tables."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from types import MappingProxyType

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DatabaseError as DriverError

from storage.currencies import add_listed_currencies, currencies_without_digits, state_digits
from storage.database import Database, DatabaseError

_MIGRATION_LOCK = 0x4A47_0002


def migrate(database: Database, digits: Mapping[str, int] = MappingProxyType({})) -> tuple[str | None, str]:
    """Migrate the database to the newest version, creating the tables if it is new. Returns both versions.

    Adds currencies that ISO 4217 has listed since, and those of `digits`, which it does not list. Raises DatabaseError
    if the database cannot be reached or written, was migrated by a newer release, or has amounts in a currency with
    unknown digits; MoneyError if it has other digits than `digits`.
    """
    try:
        with database.writer.begin() as connection:
            if connection.dialect.name == "postgresql":
                # Only one of several replicas that start together migrates at a time.
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
                # On a busy machine a migration may take long between two statements, and must not be cut off.
                connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
            before = _known_version(connection, str(database))
            if before != newest_version():
                # Loaded only now: it takes 11 MB of memory.
                from storage.bi.definitions import without_views
                from storage.migrations.upgrade import upgrade

                with without_views(connection):
                    upgrade(connection)
            add_listed_currencies(connection)
            state_digits(connection, digits)
            if before != newest_version() and (unknown := currencies_without_digits(connection)):
                raise DatabaseError(_unknown_digits(str(database), unknown))
            return before, newest_version()
    except DriverError as error:
        raise DatabaseError(_explain(database, error)) from error


def newest_version() -> str:
    """The version of the tables that this release requires."""
    return _versions()[-1]


@cache
def _versions() -> list[str]:
    """All versions up to the newest, by the names of the files that make them."""
    files = (Path(__file__).parent / "migrations" / "versions").glob("[0-9]*_*.py")
    return sorted(file.name.partition("_")[0] for file in files)


def check_version(database: Database) -> None:
    """Raise DatabaseError unless the database can be reached and has exactly this version."""
    try:
        with database.reader.connect() as connection:
            version = _known_version(connection, str(database))
    except DriverError as error:
        raise DatabaseError(_explain(database, error)) from error
    if version != newest_version():
        raise DatabaseError(
            f"the database {database} has version {version}, but this release requires {newest_version()};"
            " run `journal-gateway migrate`"
        )


def _known_version(connection: Connection, name: str) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    version: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    if version is not None and version not in _versions():
        raise DatabaseError(
            f"the database {name} has version {version}, which is newer than this release"
            f" ({newest_version()}); install the release that migrated it"
        )
    return version


def _unknown_digits(name: str, codes: Sequence[str]) -> str:
    options = " ".join(f"--currency-digits {code}=2" for code in codes)
    return (
        f"the ledger {name} has amounts in {', '.join(codes)}, but this release does not know their number"
        f" of decimals; specify it, for example: journal-gateway migrate {options}"
    )


def _explain(database: Database, error: DriverError) -> str:
    reason = " ".join(str(error.orig).split())
    if database.is_sqlite:
        return (
            f"the database file {database.url.database} cannot be opened for writing ({reason});"
            " check that it is a SQLite file, and that you have write permission for it and its folder"
        )
    return f"the database {database} cannot be used ({reason}); check the URL, and that the server is running"
