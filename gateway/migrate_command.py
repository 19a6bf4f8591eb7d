"""`journal-gateway migrate`: bring the database to this release."""

import re
from contextlib import closing
from typing import Annotated

import typer

from gateway.terminal import DEFAULT_DATABASE, DatabaseUrl, out
from storage.database import Database
from storage.migration import migrate as migrate_database

CurrencyDigits = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CODE=DIGITS",
        help="The number of decimals of a currency that is in the ledger but in no list of currencies, such as XYZ=2.",
    ),
]


def migrate(database: DatabaseUrl = DEFAULT_DATABASE, currency_digits: CurrencyDigits = None) -> None:
    """Migrate the database to this release, and add the currencies that ISO 4217 has listed since."""
    with closing(Database(database)) as opened:
        before, after = migrate_database(opened, dict(map(_stated_digits, currency_digits or [])))
    out.print(
        f"{opened}: version {before or 'none'} -> {after}" if before != after else f"{opened}: version {after}",
        soft_wrap=True,
    )


def _stated_digits(text: str) -> tuple[str, int]:
    stated = re.fullmatch(r"([A-Z]{3})=([0-4])", text)
    if stated is None:
        raise typer.BadParameter(f"{text!r} is not a currency with its number of decimals; use the form XYZ=2")
    return stated[1], int(stated[2])
