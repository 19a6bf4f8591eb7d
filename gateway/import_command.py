"""`journal-gateway import`: import files, each whole or not at all."""

import gc
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from gateway.exit_codes import LinesRejected
from gateway.feed import Format
from gateway.import_files import import_file
from gateway.importing import FILES, Kind, importer
from gateway.rejects_path import rejects_paths
from gateway.settings_command import AggregateCurrency, HomeCurrency, settle_ledger
from gateway.terminal import DEFAULT_DATABASE, DatabaseUrl, out
from resolvers.import_lines import ImportRefused
from resolvers.settings import Wanted, check_agreement
from storage.database import Database, DatabaseError, database_file
from storage.migration import check_version, migrate

Files = Annotated[
    list[str], typer.Argument(metavar="FILE...", help="CSV, TSV, NDJSON or Parquet; - for standard input.")
]
RejectsFile = Annotated[
    Path | None,
    typer.Option(
        "--rejects", help="Write the rejected lines to this file; by default FILE.rejects.csv in the current folder."
    ),
]
FormatOption = Annotated[
    Format | None,
    typer.Option(
        "--format", help="The format of the files; by default it follows their names, and standard input is CSV."
    ),
]
Check = Annotated[
    bool, typer.Option("--check", help="Read and check everything and write the rejected lines, but record nothing.")
]


def import_(
    kind: Annotated[Kind, typer.Argument(help="What the files contain.")],
    files: Files,
    database: DatabaseUrl = DEFAULT_DATABASE,
    home_currency: HomeCurrency = None,
    aggregate_currency: AggregateCurrency = None,
    rejects: RejectsFile = None,
    format: FormatOption = None,
    check: Check = False,
) -> None:
    """Import files, each whole or not at all; its invalid lines are listed. Importing a file again is safe.

    Exit code 0: every line was accepted; 1: a file was refused; 2: lines were rejected; 64: usage error.
    """
    file_kind = FILES[kind]
    # Before anything is opened: a list of rejects must not overwrite a file that is about to be read.
    embedded = database_file(database)
    paths = rejects_paths(files, rejects, embedded, [each.columns.required for each in FILES.values()])
    if check and embedded is not None and not embedded.exists():
        raise DatabaseError(
            f"there is no database file {embedded} to check against; create it: journal-gateway migrate"
        )
    rejected = 0
    with closing(Database(database)) as opened:
        if check:
            check_version(opened)
            check_agreement(opened, Wanted(home_currency, aggregate_currency))
        else:
            migrate(opened)
            settle_ledger(opened, home_currency, aggregate_currency)
        import_lines = importer(kind, opened)
        # What is loaded by now stays: not to look through it again at each collection saves a quarter of the time.
        gc.freeze()
        for source, path in zip(files, paths, strict=True):
            imported = import_file(source, file_kind, import_lines, out, path, format=format, check=check)
            if imported.rejected and kind is not Kind.TRANSACTIONS:
                raise ImportRefused(f"{source}: one invalid line refuses the whole file; nothing was recorded")
            rejected += imported.rejected
    if rejected:
        raise LinesRejected
