"""Roles of the database that may read the views for reports."""

import secrets

from storage import audit
from storage.bi.role import RoleRefused, create_role, grant_views, limit_role, role_exists
from storage.database import Database

NAME_LENGTH_MAX = 63
"""The bytes that PostgreSQL allows in a name."""

_PASSWORD_BYTES = 24


def let_role_read(database: Database, name: str, *, actor: str) -> str | None:
    """Let the role read the views and nothing else. Creates it if need be, and then returns its password.

    Raises RoleRefused, with nothing changed.
    """
    if not name.isprintable() or not 0 < len(name.encode()) <= NAME_LENGTH_MAX:
        raise RoleRefused(f"{name[:70]!r} is not the name of a role; use 1 to {NAME_LENGTH_MAX} characters")
    password = None
    with database.write() as session:
        if not role_exists(session, name):
            password = secrets.token_urlsafe(_PASSWORD_BYTES)
            create_role(session, name, password)
            limit_role(session, name)
        grant_views(session, name)
        audit.record(
            session,
            actor=actor,
            action=audit.Action.SET if password is None else audit.Action.CREATE,
            subject_type=audit.SubjectType.BI_ROLE,
            subject=name,
            after={"reads": "the views for reports"},
        )
    return password
