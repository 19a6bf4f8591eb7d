"""What can be imported: the columns of each kind of file, and the function that imports it."""

from enum import StrEnum

from gateway.import_files import Columns, Import
from gateway.import_files import Kind as FileKind
from gateway.terminal import actor
from resolvers.import_ledger import (
    CODE_COLUMNS,
    PERIOD_COLUMNS,
    SEGMENT_COLUMNS,
    import_accounting_codes,
    import_accounting_periods,
    import_segments,
)
from resolvers.import_lines import Imported, Lines, Reject, Settle
from resolvers.import_transactions import OPTIONAL, REQUIRED, SEGMENT, TRANSACTIONS_PER_BATCH, import_transactions
from storage.database import Database


class Kind(StrEnum):
    """What can be imported."""

    TRANSACTIONS = "transactions"
    ACCOUNTING_CODES = "accounting-codes"
    ACCOUNTING_PERIODS = "accounting-periods"
    SEGMENTS = "segments"


FILES = {
    Kind.TRANSACTIONS: FileKind(Columns(REQUIRED, OPTIONAL, (SEGMENT,)), look_back=TRANSACTIONS_PER_BATCH),
    Kind.ACCOUNTING_CODES: FileKind(Columns(*CODE_COLUMNS)),
    Kind.ACCOUNTING_PERIODS: FileKind(Columns(*PERIOD_COLUMNS)),
    Kind.SEGMENTS: FileKind(Columns(*SEGMENT_COLUMNS)),
}


def importer(kind: Kind, database: Database) -> Import:
    """The function that imports a file of that kind into the database."""
    if kind is Kind.TRANSACTIONS:

        def transactions(lines: Lines, reject: Reject, settled: Settle, source: str) -> Imported:
            return import_transactions(database, lines, reject, source=source, actor=actor(), settle=settled)

        return transactions
    importers = {
        Kind.ACCOUNTING_CODES: import_accounting_codes,
        Kind.ACCOUNTING_PERIODS: import_accounting_periods,
        Kind.SEGMENTS: import_segments,
    }
    return lambda lines, reject, settle, _source: importers[kind](database, lines, reject, actor=actor(), settle=settle)
