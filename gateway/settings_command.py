"""`journal-gateway settings`: how the ledger keeps its books, shown and changed."""

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
        typer.Option(help="Another home currency, such as GBP; possible while no transaction carries a home amount."),
    ] = None,
    aggregate_currency: Annotated[
        bool | None,
        typer.Option(
            "--aggregate-currency/--no-aggregate-currency",
            help="Whether new entries are kept in the home currency; one period is either all aggregated or all not.",
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
