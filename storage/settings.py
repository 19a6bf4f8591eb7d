"""The ledger's settings: its home currency, and whether entries are kept in it. They live in the ledger, in one row."""

from sqlalchemy import CheckConstraint
from sqlmodel import Field, SQLModel


class LedgerSettings(SQLModel, table=True):
    """How this ledger keeps its books; what is None has not been set."""

    __tablename__ = "ledger_settings"
    __table_args__ = (CheckConstraint("id = 1", name="one_row_of_settings"),)

    id: int = Field(default=1, primary_key=True)
    home_currency: str | None = Field(default=None, max_length=3)
    aggregate_currency: bool | None = None
