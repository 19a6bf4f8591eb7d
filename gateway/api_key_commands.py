"""The commands that create, list and revoke API keys."""

from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gateway.terminal import DEFAULT_DATABASE, DatabaseUrl, actor, out
from resolvers.access import STANDARD, create_api_key, list_api_keys, revoke_api_key
from storage.database import Database
from storage.migration import migrate
from storage.words import Permission

_WIDTH = 160
"""The width of a list where the output is not a terminal."""

app = typer.Typer(help="Create, list and revoke API keys.", no_args_is_help=True)


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
    database: DatabaseUrl = DEFAULT_DATABASE,
) -> None:
    """Create an API key, and show its secret once."""
    if permission and all_permissions:
        raise typer.BadParameter("give --permission or --all-permissions, not both")
    permissions = frozenset(Permission) if all_permissions else permission or STANDARD
    with _opened(database) as opened:
        key, secret = create_api_key(opened, name, permissions, actor=actor())
    out.print(f"API key {key.name!r}, permissions: {_summary(key.permissions)}", soft_wrap=True)
    out.print(f"client id: {key.client_id}\nclient secret: {secret}", soft_wrap=True)
    out.print("Save the secret now: it is not stored and cannot be shown again.", soft_wrap=True)


@app.command(name="list")
def list_(database: DatabaseUrl = DEFAULT_DATABASE) -> None:
    """List all API keys, including revoked ones."""
    with _opened(database) as opened:
        keys = list_api_keys(opened)
    table = Table("Name", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("Client id", no_wrap=True)
    table.add_column("Permissions", overflow="fold")
    table.add_column("Created (UTC)", no_wrap=True)
    table.add_column("Revoked (UTC)", no_wrap=True)
    for key in keys:
        revoked = "" if key.revoked_at is None else f"{key.revoked_at:%Y-%m-%d %H:%M}"
        table.add_row(key.name, key.client_id, _summary(key.permissions), f"{key.created_at:%Y-%m-%d %H:%M}", revoked)
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


def _summary(permissions: Collection[Permission]) -> str:
    if set(permissions) == set(Permission):
        return "all"
    return "standard" if set(permissions) == STANDARD else ", ".join(permissions)
