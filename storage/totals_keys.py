"""What journal entries can be grouped by, for totals."""

from dataclasses import dataclass
from enum import Enum


class TotalsKey(Enum):
    """What entries can be grouped by."""

    PERIOD = "period"
    MONTH = "month"
    DATE = "date"
    ACCOUNTING_CODE = "accounting code"
    GL_ACCOUNT = "GL account"
    TRANSACTION_TYPE = "transaction type"
    CURRENCY = "currency"
    ORGANIZATION = "organisation"
    SEGMENT = "segment"
    TRANSFER_STATUS = "transfer status"
    STATUS = "status"
    JOURNAL_RUN = "journal run"


@dataclass(frozen=True, slots=True)
class TotalsGroup:
    """One of the keys; SEGMENT has the name of the segment."""

    by: TotalsKey
    segment_name: str | None = None
