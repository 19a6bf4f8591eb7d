"""A role for reports reads the views, and nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from uuid import uuid4

import psycopg
import pytest
from psycopg.sql import SQL, Identifier
from sqlalchemy import text

from resolvers.bi_roles import let_role_read
from resolvers.import_ledger import import_segments
from storage.bi.catalogue import catalogue
from storage.bi.definitions import without_views
from storage.bi.role import RoleRefused
from storage.database import Database
from storage.tables import TABLES
from tests.support.direct_runs import run_now
from tests.support.ledger import line, post, refuse

on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@contextmanager
def reading_as(database: Database, role: str, password: str) -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    """A connection of psycopg as the role."""
    url = database.url
    with psycopg.connect(
        host=url.host, port=url.port, dbname=url.database, user=role, password=password, autocommit=True
    ) as connection:
        yield connection


@on_postgresql
def test_a_role_reads_the_views_and_nothing_else(database: Database) -> None:
    post(database, [line("a", amount="12.34"), line("b", amount="0.66", segment_country="FR")])
    run_now(database)
    role = f"reports 100% %s %(x)s :x {uuid4().hex}"
    password = let_role_read(database, role, actor="test")
    assert password is not None
    with reading_as(database, role, password) as connection:
        totals = connection.execute("SELECT currency, sum(debit), sum(credit) FROM bi_journal_entry_items GROUP BY 1")
        assert totals.fetchall() == [("GBP", Decimal("13.00"), Decimal("13.00"))]
        for view in catalogue(()):
            assert connection.execute(SQL("SELECT count(*) FROM {}").format(Identifier(view))).fetchone() is not None
        for table in TABLES:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(SQL("SELECT 1 FROM {}").format(Identifier(str(table.__tablename__))))
        connection.execute("SET default_transaction_read_only = off")
        for statement in ("DELETE FROM bi_journal_entries", "CREATE TABLE mine (x int)", "DROP VIEW bi_journal_runs"):
            with pytest.raises(psycopg.errors.Error, match=r"permission denied|must be owner|cannot delete"):
                connection.execute(statement.encode())
        # A new segment and a later migration define the views anew.
        import_segments(database, enumerate([{"segment": "channel"}]), refuse, actor="test")
        assert connection.execute("SELECT segment_channel FROM bi_transactions").fetchall() == [(None,), (None,)]
    with database.writer.begin() as changing, without_views(changing):
        pass
    assert let_role_read(database, role, actor="test") is None
    with reading_as(database, role, password) as connection:
        assert connection.execute("SELECT count(*) FROM bi_journal_entries").fetchone() == (2,)


@on_postgresql
def test_a_role_with_other_rights_is_refused(database: Database) -> None:
    role = f"reports_{uuid4().hex}"
    with database.writer.begin() as connection:
        connection.execute(text(f"CREATE ROLE {role}"))
        connection.execute(text(f"GRANT SELECT ON journal_entry TO {role}"))
    with pytest.raises(RoleRefused, match=r"rights beside the views: public\.journal_entry; use a role of its own"):
        let_role_read(database, role, actor="test")
    with pytest.raises(RoleRefused, match="superuser"):
        let_role_read(database, "postgres", actor="test")
    with database.writer.begin() as connection:
        granted = text(f"SELECT has_table_privilege('{role}', 'bi_journal_entries', 'SELECT')")
        assert connection.execute(granted).scalar_one() is False
        connection.execute(text(f"DROP OWNED BY {role}"))
        connection.execute(text(f"DROP ROLE {role}"))


@pytest.mark.parametrize("name", ["", "x" * 64, "a\nb"])
@on_postgresql
def test_a_name_that_is_none_is_refused(database: Database, name: str) -> None:
    with pytest.raises(RoleRefused, match="is not the name of a role; use 1 to 63 characters"):
        let_role_read(database, name, actor="test")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_has_no_roles(database: Database) -> None:
    with pytest.raises(RoleRefused, match="SQLite has no roles; give readers an API key"):
        let_role_read(database, "reports", actor="test")
