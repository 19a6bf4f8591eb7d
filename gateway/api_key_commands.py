"""The commands that make, list and revoke API keys."""

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
"""How wide a list is written where no terminal tells its own width."""

app = typer.Typer(help="Make, list and revoke API keys.", no_args_is_help=True)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Who will use the key; the audit trail names it.")],
    permission: Annotated[
        list[Permission] | None,
        typer.Option(
            metavar="PERMISSION",
            case_sensitive=False,
            help="What the key may do; give it once for each. Without it: what a standard user may, which is all"
            f" but deleting and managing periods. Possible are: {', '.join(Permission)}.",
        ),
    ] = None,
    all_permissions: Annotated[bool, typer.Option("--all-permissions", help="The key may do everything.")] = False,
    database: DatabaseUrl = DEFAULT_DATABASE,
) -> None:
    """Make an API key, and show its secret this once."""
    if permission and all_permissions:
        raise typer.BadParameter("give --permission or --all-permissions, not both")
    permissions = frozenset(Permission) if all_permissions else permission or STANDARD
    with _opened(database) as opened:
        key, secret = create_api_key(opened, name, permissions, actor=actor())
    out.print(f"API key {key.name!r} may do: {_summary(key.permissions)}", soft_wrap=True)
    out.print(f"client id: {key.client_id}\nclient secret: {secret}", soft_wrap=True)
    out.print("Note the secret now: it is not kept, and cannot be shown again.", soft_wrap=True)


@app.command(name="list")
def list_(database: DatabaseUrl = DEFAULT_DATABASE) -> None:
    """List the API keys there are, and those that are revoked."""
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
    """Revoke an API key, and its tokens with it. It can never be used again."""
    with _opened(database) as opened:
        key = revoke_api_key(opened, client_id, actor=actor())
    out.print(f"API key {key.name!r} is revoked, and its tokens with it.", soft_wrap=True)


@contextmanager
def _opened(url: str) -> Iterator[Database]:
    with closing(Database(url)) as database:
        migrate(database)
        yield database


def _summary(permissions: Collection[Permission]) -> str:
    if set(permissions) == set(Permission):
        return "all"
    return "standard" if set(permissions) == STANDARD else ", ".join(permissions)
