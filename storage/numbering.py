"""The numbers of runs and entries: JR-00000001, JE-00000001. A number is never used again."""

from sqlalchemy import update
from sqlmodel import Field, Session, SQLModel, col, select


class Numbering(SQLModel, table=True):
    """The last number assigned in a series."""

    __tablename__ = "numbering"

    series: str = Field(primary_key=True, max_length=2)
    last: int


def lock_series(session: Session, series: str) -> None:
    """Lock the series until the transaction ends, so that callers take numbers one at a time."""
    held = session.exec(select(Numbering.series).where(Numbering.series == series).with_for_update()).one_or_none()
    if held is None:
        raise LookupError(f"the database has no number series {series!r}")


def take_numbers(session: Session, series: str, count: int) -> list[str]:
    """The next `count` numbers of the series, in order."""
    last = session.execute(
        update(Numbering)
        .where(col(Numbering.series) == series)
        .values(last=col(Numbering.last) + count)
        .returning(col(Numbering.last))
    ).scalar_one()
    return [f"{series}-{number:08}" for number in range(last - count + 1, last + 1)]
