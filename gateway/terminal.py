"""What all commands share: their output, the database option, and the name of the user."""

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

ALLOWED_ORIGINS = "JOURNAL_GATEWAY_ALLOWED_ORIGINS"
"""The environment variable of `serve --allow-origin`."""

ALLOWED_HOSTS = "JOURNAL_GATEWAY_ALLOWED_HOSTS"
"""The environment variable of `serve --allow-host`."""

DEFAULT_DATABASE = "sqlite:///journal-gateway.db"


def actor() -> str:
    """The actor that the audit trail records for the user of the command."""
    return f"command line: {_user()}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        # A container may run as a user id without a name.
        return f"user {os.getuid()}"
