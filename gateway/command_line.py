"""The command line: serve, demo, import, export, migrate, schema, settings, bi-role and api-key."""

import sys
from collections import UserDict
from functools import cache
from importlib import import_module, metadata
from typing import Annotated, Any

import typer
from rich.text import Text
from typer.core import TyperGroup

from gateway.exit_codes import LINES_REJECTED, WRONG_CALL, LinesRejected
from gateway.loading import loading
from gateway.printable import printable
from gateway.terminal import err, out
from storage.errors import OperatorError

COMMANDS = {
    "settings": "gateway.settings_command:settings",
    "bi-role": "gateway.bi_role_command:bi_role",
    "serve": "gateway.serve_commands:serve",
    "demo": "gateway.serve_commands:demo",
    "import": "gateway.import_command:import_",
    "export": "gateway.export_command:export",
    "migrate": "gateway.migrate_command:migrate",
    "schema": "gateway.schema_command:schema",
    "api-key": "gateway.api_key_commands:app",
}
"""Each command's function, or the group of its own commands."""


class _Commands(UserDict[str, Any]):
    """The commands by their names. Each is loaded when it is called: that takes longer than others take to run."""

    def __getitem__(self, name: str) -> Any:
        return _loaded(name, super().__getitem__(name))


@cache
def _loaded(name: str, place: str) -> Any:
    module, _, attribute = place.partition(":")
    with loading():
        found = getattr(import_module(module), attribute)
    if not isinstance(found, typer.Typer):
        command, found = found, typer.Typer(add_completion=False)
        found.command(name)(command)
    return typer.main.get_command(found)


class _Group(TyperGroup):
    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = _Commands(COMMANDS)


app = typer.Typer(
    cls=_Group,
    help="A self-hosted GraphQL gateway over journal runs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command line. An error that a user can fix is one line, with exit code 1."""
    try:
        app()
    except OperatorError as error:
        err.print(Text.assemble(("error:", "red"), f" {printable(str(error))}"), soft_wrap=True)
        sys.exit(1)
    except LinesRejected:
        sys.exit(LINES_REJECTED)
    except SystemExit as ended:
        # The library exits with 2 on a usage error, but here 2 means that lines were rejected.
        sys.exit(WRONG_CALL if ended.code == 2 else ended.code)


def _show_version(asked: bool) -> None:
    if asked:
        out.print(f"journal-gateway {metadata.version('journal-gateway')}")
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """A self-hosted GraphQL gateway over journal runs."""
