"""`journal-gateway export`: a view as a file."""

from contextlib import closing
from enum import StrEnum
from typing import Annotated

import typer

from gateway.terminal import DEFAULT_DATABASE, DatabaseUrl
from storage.database import Database, DatabaseError, database_file
from storage.migration import check_version


class FormatName(StrEnum):
    """The formats of exports."""

    CSV = "csv"
    NDJSON = "ndjson"
    PARQUET = "parquet"
    ARROW = "arrow"


def export(
    view: Annotated[
        str,
        typer.Argument(
            metavar="VIEW",
            help="journal_runs, journal_entries, journal_entry_items, transactions, accounting_codes or"
            " accounting_periods.",
        ),
    ],
    database: DatabaseUrl = DEFAULT_DATABASE,
    format: Annotated[
        FormatName | None,
        typer.Option("--format", help="The format; by default that of the file's name, or csv."),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option("--output", metavar="FILE", help="The file, by default VIEW.FORMAT; - for standard output."),
    ] = None,
    columns: Annotated[
        str | None, typer.Option("--columns", metavar="A,B,...", help="The columns, in this order; by default all.")
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(
            "--where",
            metavar="FILTER=VALUE",
            help="Only rows that meet the filter, such as currency=GBP or journal_entry_date.from=2024-12-01."
            " Can be repeated.",
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if it exists.")] = False,
) -> None:
    """Export a view of the ledger for reports as a file, whole or not at all."""
    # Arrow takes a moment to load, and other commands need not wait for it.
    from gateway.exporting import export_view

    filters = [_filter(text) for text in where or []]
    embedded = database_file(database)
    if embedded is not None and not embedded.exists():
        raise DatabaseError(f"there is no database file {embedded} to export from")
    with closing(Database(database)) as opened:
        check_version(opened)
        export_view(opened, view, format=format, output=output, columns=columns, filters=filters, overwrite=overwrite)


def _filter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise typer.BadParameter(f"{text!r} is not a filter; use the form currency=GBP", param_hint="--where")
    return name.strip(), value
