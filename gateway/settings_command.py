"""`journal-gateway settings`: show and change the ledger's settings."""

from contextlib import closing
from typing import Annotated

import typer

from gateway.terminal import DEFAULT_DATABASE, DatabaseUrl, actor, out
from resolvers.settings import Wanted, change, settings_of
from storage.database import Database
from storage.migration import migrate


def settings(
    database: DatabaseUrl = DEFAULT_DATABASE,
    home_currency: Annotated[
        str | None,
        typer.Option(help="The new home currency, such as GBP; allowed while no transaction has a home amount."),
    ] = None,
    aggregate_currency: Annotated[
        bool | None,
        typer.Option(
            "--aggregate-currency/--no-aggregate-currency",
            help="Keep new entries in the home currency. Within one period, either all entries are aggregated or none.",
        ),
    ] = None,
) -> None:
    """Show the ledger's settings, or change them."""
    wanted = Wanted(home_currency, aggregate_currency)
    with closing(Database(database)) as opened:
        migrate(opened)
        for sentence in change(opened, wanted, actor=actor()) if wanted != Wanted() else []:
            out.print(sentence, soft_wrap=True)
        ledger = settings_of(opened)
    kept = "aggregated in the home currency" if ledger.aggregate_currency else "kept in transaction currency"
    out.print(f"Home currency: {ledger.home_currency or 'none'}\nEntries: {kept}", soft_wrap=True)
