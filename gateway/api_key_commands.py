"""The commands that create, list and revoke API keys."""

from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gateway.terminal import DEFAULT_DATABASE, DatabaseUrl, actor, out
from resolvers.access import STANDARD, create_api_key, list_api_keys, revoke_api_key
from storage.columns import now
from storage.database import Database
from storage.migration import migrate
from storage.words import Permission

_WIDTH = 200
"""The width of a list where the output is not a terminal."""

_DAYS_MAX = 36_500

app = typer.Typer(name="api-key", help="Create, list and revoke API keys.", no_args_is_help=True, add_completion=False)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Who will use the key; the audit trail records this name.")],
    permission: Annotated[
        list[Permission] | None,
        typer.Option(
            metavar="PERMISSION",
            case_sensitive=False,
            help="A permission of the key; can be repeated. By default, those of a standard user: everything except"
            f" deleting and managing periods. One of: {', '.join(Permission)}.",
        ),
    ] = None,
    all_permissions: Annotated[bool, typer.Option("--all-permissions", help="Grant every permission.")] = False,
    organization: Annotated[
        list[str] | None,
        typer.Option(
            metavar="LABEL",
            help="An organisation whose transactions the key may see; can be repeated. By default, all.",
        ),
    ] = None,
    expires: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            metavar="YYYY-MM-DD",
            help="When the key ends: at the beginning of this day, in UTC. By default, never.",
        ),
    ] = None,
    expires_in_days: Annotated[
        int | None, typer.Option(min=1, max=_DAYS_MAX, help="In how many days from now the key ends.")
    ] = None,
    database: DatabaseUrl = DEFAULT_DATABASE,
) -> None:
    """Create an API key, and show its secret once. What it may do never changes: create another key instead."""
    if permission and all_permissions:
        raise typer.BadParameter("give --permission or --all-permissions, not both")
    if expires and expires_in_days:
        raise typer.BadParameter("give --expires or --expires-in-days, not both")
    permissions = frozenset(Permission) if all_permissions else permission or STANDARD
    with _opened(database) as opened:
        key, secret = create_api_key(
            opened,
            name,
            permissions,
            expires_at=_end(expires, expires_in_days),
            organizations=organization or None,
            actor=actor(),
        )
    out.print(f"API key {key.name!r}, permissions: {_summary(key.permissions)}", soft_wrap=True)
    if key.organizations is not None:
        out.print(f"organisations: {', '.join(key.organizations)}", soft_wrap=True)
    if key.expires_at is not None:
        out.print(f"expires: {_minute(key.expires_at)} UTC", soft_wrap=True)
    out.print(f"client id: {key.client_id}\nclient secret: {secret}", soft_wrap=True)
    out.print("Save the secret now: it is not stored and cannot be shown again.", soft_wrap=True)


@app.command(name="list")
def list_(database: DatabaseUrl = DEFAULT_DATABASE) -> None:
    """List all API keys, including expired and revoked ones."""
    with _opened(database) as opened:
        keys = list_api_keys(opened)
    table = Table("Name", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Client id", no_wrap=True)
    table.add_column("Permissions", overflow="fold")
    table.add_column("Organisations", overflow="fold")
    for heading in ("Created (UTC)", "Expires (UTC)", "Revoked (UTC)"):
        table.add_column(heading, no_wrap=True)
    for key in keys:
        organizations = "all" if key.organizations is None else ", ".join(key.organizations)
        expires = "never" if key.expires_at is None else _minute(key.expires_at)
        revoked = "" if key.revoked_at is None else _minute(key.revoked_at)
        table.add_row(
            key.name,
            key.client_id,
            _summary(key.permissions),
            organizations,
            _minute(key.created_at),
            expires,
            revoked,
        )
    console = out if out.is_terminal else Console(width=_WIDTH, highlight=False, markup=False, emoji=False)
    console.print(table)


@app.command()
def revoke(
    client_id: Annotated[str, typer.Argument(help="The key's client id, as `api-key list` shows it.")],
    database: DatabaseUrl = DEFAULT_DATABASE,
) -> None:
    """Revoke an API key and its tokens. This cannot be undone."""
    with _opened(database) as opened:
        key = revoke_api_key(opened, client_id, actor=actor())
    out.print(f"API key {key.name!r} and its tokens are revoked.", soft_wrap=True)


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    with closing(Database(url)) as database:
        migrate(database)
        yield database


def _end(day: datetime | None, days: int | None) -> datetime | None:
    if days is not None:
        return now() + timedelta(days=days)
    return None if day is None else day.replace(tzinfo=UTC)


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _summary(permissions: Collection[Permission]) -> str:
    if set(permissions) == set(Permission):
        return "all"
    return "standard" if set(permissions) == STANDARD else ", ".join(permissions)
