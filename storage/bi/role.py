"""The roles of PostgreSQL that may read the views for reports, and nothing else."""

from collections.abc import Sequence

import psycopg
from psycopg import sql
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from storage.bi.as_written import execute_as_written
from storage.bi.catalogue import catalogue
from storage.database import is_sqlite
from storage.errors import OperatorError

STATEMENT_SECONDS = 300
"""How long a statement of such a role may take, unless it sets another limit itself."""

_NAMED_MAX = 5
"""Relations that a refusal names."""


class RoleRefused(OperatorError):
    """The role cannot be a reader of the views; nothing was changed. The text says why."""


def role_exists(session: Session, name: str) -> bool:
    """Whether the server has a role with that name. Raises RoleRefused on SQLite, which has none."""
    if is_sqlite(session):
        raise RoleRefused(
            "SQLite has no roles; give readers an API key for /bi, /odata and /exports, or move to PostgreSQL"
        )
    return session.execute(text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": name}).first() is not None


def create_role(session: Session, name: str, password: str) -> None:
    """Create a role that can log in and has no rights of its own. Raises RoleRefused."""
    driver = _driver(session)
    # The server gets, and may log, only what it stores.
    stored = driver.pgconn.encrypt_password(password.encode(), name.encode(), b"scram-sha-256").decode()
    create = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(name), sql.Literal(stored))
    try:
        execute_as_written(session.connection(), create.as_string(driver))
    except DBAPIError as error:
        if not isinstance(error.orig, psycopg.errors.InsufficientPrivilege | psycopg.errors.ReservedName):
            raise
        reason = " ".join(str(error.orig).split())
        raise RoleRefused(
            f"the role {name!r} cannot be created ({reason}); ask the server's administrator to create it:"
            f" CREATE ROLE {sql.Identifier(name).as_string(driver)} LOGIN PASSWORD '...'; then run this again"
        ) from error


def grant_views(session: Session, name: str) -> None:
    """Let the role read the views. Raises RoleRefused if it could read, or write, anything else of the database."""
    driver, connection = _driver(session), session.connection()
    role = sql.Identifier(name)
    schema = sql.Identifier(session.execute(text("SELECT current_schema()")).scalar_one())
    database = sql.Identifier(session.execute(text("SELECT current_database()")).scalar_one())
    views = list(catalogue(()))
    for statement in (
        sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, role),
        sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(schema, role),
        sql.SQL("GRANT SELECT ON {} TO {}").format(sql.SQL(", ").join(map(sql.Identifier, views)), role),
    ):
        execute_as_written(connection, statement.as_string(driver))
    others = _other_rights(session, name, views)
    if others:
        named = ", ".join(others[:_NAMED_MAX]) + (", ..." if len(others) > _NAMED_MAX else "")
        raise RoleRefused(f"the role {name!r} has rights beside the views: {named}; use a role of its own for reports")


def limit_role(session: Session, name: str) -> None:
    """Give a new role's sessions defaults that are right for reports: read-only, with a limit of time."""
    role = sql.Identifier(name)
    for statement in (
        sql.SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(role),
        sql.SQL("ALTER ROLE {} SET statement_timeout = {}").format(role, sql.Literal(f"{STATEMENT_SECONDS}s")),
    ):
        execute_as_written(session.connection(), statement.as_string(_driver(session)))


def _other_rights(session: Session, name: str, views: Sequence[str]) -> list[str]:
    found = session.execute(text(_OTHER_RIGHTS), {"name": name, "views": list(views)})
    return list(found.scalars())


_OTHER_RIGHTS = """
SELECT 'superuser' FROM pg_roles WHERE rolname = :name AND rolsuper
UNION ALL
SELECT 'member of ' || other.rolname FROM pg_auth_members AS membership
    JOIN pg_roles AS own ON own.oid = membership.member AND own.rolname = :name
    JOIN pg_roles AS other ON other.oid = membership.roleid
UNION ALL
SELECT 'CREATE in schema ' || nspname FROM pg_namespace
    WHERE nspname !~ '^pg_' AND has_schema_privilege(CAST(:name AS name), oid, 'CREATE')
UNION ALL
SELECT schema.nspname || '.' || relation.relname FROM pg_class AS relation
    JOIN pg_namespace AS schema ON schema.oid = relation.relnamespace
    WHERE relation.relkind IN ('r', 'p', 'v', 'm', 'f', 'S')
        AND schema.nspname !~ '^pg_' AND schema.nspname <> 'information_schema'
        AND CASE WHEN relation.relkind = 'S' THEN has_sequence_privilege(CAST(:name AS name), relation.oid, 'USAGE')
            ELSE has_table_privilege(CAST(:name AS name), relation.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
                OR has_any_column_privilege(CAST(:name AS name), relation.oid, 'SELECT')
                    AND NOT (schema.nspname = current_schema() AND relation.relname = ANY(CAST(:views AS name[])))
            END
"""


def _driver(session: Session) -> psycopg.Connection[object]:
    driver: psycopg.Connection[object] = session.connection().connection.driver_connection  # type: ignore[assignment]
    return driver
