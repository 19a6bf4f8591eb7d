"""Every table there is, brought into one metadata."""

from sqlmodel import SQLModel

from storage import (
    accounting_codes,
    accounting_periods,
    audit,
    cancellations,
    journal_entries,
    journal_runs,
    numbering,
    segments,
    transactions,
)

__all__ = ["METADATA", "MODULES"]

MODULES = (
    accounting_codes,
    accounting_periods,
    audit,
    cancellations,
    journal_entries,
    journal_runs,
    numbering,
    segments,
    transactions,
)

METADATA = SQLModel.metadata
