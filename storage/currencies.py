"""The ledger's currencies, with the number of decimals of each.

Migrating a database adds the ISO 4217 list of this release. Existing digits never change, so that recorded amounts can
be read whatever a later list says.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select, text, update
from sqlalchemy.orm import relationship
from sqlmodel import Field, Session, SQLModel, col

from storage.iso_4217 import listed_currencies
from storage.money import MoneyError

DIGITS = range(5)
"""The decimals that a currency can have."""


class Currency(SQLModel, table=True):
    """A currency that this ledger supports."""

    __tablename__ = "currency"

    code: str = Field(primary_key=True, max_length=3)
    digits: int
    """The decimals of its minor unit. They never change, because recorded amounts are in minor units."""
    name: str | None = Field(default=None, max_length=100)
    withdrawn: bool
    """Whether ISO 4217 no longer lists it as current."""


def currency_named(column: str) -> Any:
    """A relationship from a column that holds a code, such as `PostingKey.currency`, to the ledger's currency.

    It is read in the same statement as its row, so that an amount always has the digits of its own ledger.
    """
    return relationship("Currency", primaryjoin=f"foreign({column}) == Currency.code", viewonly=True, lazy="joined")


class CurrencyDigits(NamedTuple):
    """A currency's code, and the number of decimals of its amounts."""

    code: str
    digits: int


def all_currencies(session: Session) -> dict[str, CurrencyDigits]:
    """All currencies of the ledger, by code."""
    rows = session.execute(select(col(Currency.code), col(Currency.digits)))
    return {code: CurrencyDigits(code, digits) for code, digits in rows}


def currency_of(currencies: Mapping[str, CurrencyDigits], code: str) -> CurrencyDigits:
    """The ledger's currency with that code. Raises MoneyError if there is none, or it has no minor unit."""
    if code in currencies:
        return currencies[code]
    if code in listed_currencies():
        raise MoneyError(f"{code} has no minor unit in ISO 4217, so amounts in it cannot be posted")
    raise MoneyError(f"{code!r} is not an ISO 4217 currency; use three capital letters, such as GBP")


def add_listed_currencies(connection: Connection) -> None:
    """Add the currencies of ISO 4217 that the ledger lacks, and update which are withdrawn."""
    known = {row.code: row.withdrawn for row in connection.execute(select(col(Currency.code), col(Currency.withdrawn)))}
    listed = {code: one for code, one in listed_currencies().items() if one.digits is not None}
    new = [
        {"code": one.code, "digits": one.digits, "name": one.name, "withdrawn": one.withdrawn}
        for code, one in sorted(listed.items())
        if code not in known
    ]
    if new:
        connection.execute(insert(Currency), new)
    for code, withdrawn in known.items():
        now_withdrawn = code not in listed or listed[code].withdrawn
        if withdrawn != now_withdrawn:
            connection.execute(update(Currency).where(col(Currency.code) == code).values(withdrawn=now_withdrawn))


def state_digits(connection: Connection, stated: Mapping[str, int]) -> None:
    """Add currencies that ISO 4217 does not list, with the digits given by the administrator.

    Raises MoneyError if the ledger has the currency with other digits, since recorded amounts depend on them.
    """
    known = {row.code: row.digits for row in connection.execute(select(col(Currency.code), col(Currency.digits)))}
    for code, digits in stated.items():
        if known.get(code, digits) != digits:
            raise MoneyError(f"{code} has {known[code]} decimals in this ledger, not {digits}; they never change")
        if code not in known:
            connection.execute(insert(Currency).values(code=code, digits=digits, name=None, withdrawn=True))


def currencies_without_digits(connection: Connection) -> list[str]:
    """The codes of recorded amounts that the ledger's currencies lack; only earlier releases could record them."""
    found = connection.execute(
        text(
            "SELECT recorded.code FROM (SELECT currency AS code FROM posting_key"
            " UNION SELECT home_currency FROM posting_key"
            " UNION SELECT currency FROM journal_entry UNION SELECT home_currency FROM journal_entry"
            " UNION SELECT home_currency FROM journal_run) AS recorded"
            " WHERE recorded.code NOT IN (SELECT code FROM currency) ORDER BY recorded.code"
        )
    )
    return list(found.scalars())
