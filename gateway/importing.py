"""What can be imported: the columns of each kind of file, and how it is imported."""

from collections.abc import Iterable
from enum import StrEnum
from functools import partial

from gateway.import_files import Columns, Importer
from gateway.import_files import Kind as FileKind
from gateway.terminal import actor
from resolvers.blocks import Block
from resolvers.import_ledger import (
    CODE_COLUMNS,
    PERIOD_COLUMNS,
    SEGMENT_COLUMNS,
    import_accounting_codes,
    import_accounting_periods,
    import_segments,
)
from resolvers.import_lines import Imported, Lines, Reject, Settle
from resolvers.import_transactions import TRANSACTIONS_PER_BATCH, import_transactions
from resolvers.transaction_lines import OPTIONAL, REQUIRED, SEGMENT
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


def importer(kind: Kind, database: Database) -> Importer:
    """How a file of that kind is imported into the database."""
    if kind is Kind.TRANSACTIONS:
        return Importer(partial(_transactions, database), partial(_blocks_of_transactions, database))
    import_lines = {
        Kind.ACCOUNTING_CODES: import_accounting_codes,
        Kind.ACCOUNTING_PERIODS: import_accounting_periods,
        Kind.SEGMENTS: import_segments,
    }[kind]
    return Importer(
        lambda lines, reject, settle, _source: import_lines(database, lines, reject, actor=actor(), settle=settle)
    )


def _transactions(database: Database, lines: Lines, reject: Reject, settle: Settle, source: str) -> Imported:
    return import_transactions(database, lines, reject, source=source, actor=actor(), settle=settle)


def _blocks_of_transactions(
    database: Database, blocks: Iterable[Block], reject: Reject, settle: Settle, source: str
) -> Imported:
    # Arrow takes a moment to load, which small files need not wait for.
    from resolvers.import_blocks import import_blocks

    return import_blocks(database, blocks, reject, source=source, actor=actor(), settle=settle)
