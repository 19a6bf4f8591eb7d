"""What the commands have in common: where they write, which database they work on, and who runs them."""

import getpass
import os
from typing import Annotated

import typer
from rich.console import Console

out = Console(highlight=False, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, markup=False, emoji=False)

DatabaseUrl = Annotated[
    str,
    typer.Option(
        "--database",
        envvar="JOURNAL_GATEWAY_DATABASE",
        help="sqlite:///FILE, or postgresql://USER:PASSWORD@HOST/NAME",
    ),
]

DEFAULT_DATABASE = "sqlite:///journal-gateway.db"


def actor() -> str:
    """The name that the audit trail gives for who runs the command."""
    return f"command line: {_user()}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run as a number that has no name.
        return f"user {os.getuid()}"
