"""Checked transactions in columns, as a large file is posted."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from storage.posting_keys import PostingKeyFields

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]


@dataclass(frozen=True, slots=True)
class TransactionColumns:
    """Checked transactions in columns of one length, in file order; amounts in minor units, as in `NewTransaction`."""

    transaction_id: "pa.StringArray"
    transaction_date: "pa.Date32Array"
    key: "pa.Int32Array"
    """The place of the posting key in `keys`; a key that no row has is not stored."""
    keys: Sequence[PostingKeyFields]
    """It may be one list that grows from block to block; the keys that it has must stay where they are."""
    amount_minor: "pa.Int64Array"
    exchange_rate: "pa.StringArray"
    """Plain decimal text, or null."""
    home_amount_minor: "pa.Int64Array"
    account_number: "pa.StringArray"
    document_number: "pa.StringArray"

    def __len__(self) -> int:
        return len(self.transaction_id)


@dataclass(frozen=True, slots=True)
class PostedColumns:
    """The result of a block: which rows were recorded, the number of duplicates, and the positions of conflicts."""

    fresh: "pa.BooleanArray"
    duplicates: int = 0
    conflicts: list[int] = field(default_factory=list)
