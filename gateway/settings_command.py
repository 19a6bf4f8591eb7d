"""`journal-gateway settings`: show and change the ledger's settings, which other commands reconcile with theirs."""

from contextlib import closing
from typing import Annotated

import typer

from gateway.terminal import DEFAULT_DATABASE, DatabaseUrl, actor, err, out
from resolvers.settings import Wanted, change, settings_of, settle
from storage.database import Database
from storage.migration import migrate

HomeCurrency = Annotated[
    str | None,
    typer.Option(
        envvar="JOURNAL_GATEWAY_HOME_CURRENCY",
        help="The ledger's home currency, such as GBP; transactions then carry exchange rates. Stored in the ledger"
        " at first use.",
    ),
]
AggregateCurrency = Annotated[
    bool | None,
    typer.Option(
        "--aggregate-currency/--no-aggregate-currency",
        envvar="JOURNAL_GATEWAY_AGGREGATE_CURRENCY",
        help="Keep entries in the home currency, over all currencies. Stored in the ledger at first use.",
    ),
]


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


def settle_ledger(
    database: Database, home_currency: str | None, aggregate_currency: bool | None, *, serving: bool = False
) -> None:
    """Reconcile the ledger's settings with the command's options; print what was set."""
    wanted = Wanted(home_currency, aggregate_currency)
    for sentence in settle(database, wanted, actor=actor(), serving=serving):
        err.print(sentence, soft_wrap=True)
