"""Transactions as they come in: every field is checked, and what is wrong is said field by field."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sqlmodel import Session

from resolvers.context import Ledger
from resolvers.errors import UserErrorCode as Code
from storage import money
from storage.accounting_codes import AccountingCode, all_codes
from storage.currencies import Currency, all_currencies, currency_of
from storage.posting import Key, NewTransaction
from storage.segments import segment_names
from storage.words import AccountingCodeStatus, TransactionType

EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
"""The days that a transaction can have; what lies outside is a slip of the pen."""

LONGEST_TEXT = 255
SMALLEST_RATE, LARGEST_RATE = Decimal(10) ** -30, Decimal(10) ** 12

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class TransactionFields:
    """A transaction as it was given, its values already of the right types."""

    transaction_id: str
    transaction_type: TransactionType
    transaction_date: date
    amount: Decimal
    currency: str
    debit_account: str
    credit_account: str
    organization: str | None = None
    exchange_rate: Decimal | None = None
    home_amount: Decimal | None = None
    account_number: str | None = None
    document_number: str | None = None
    segments: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong with a transaction: the feed's column, and the message."""

    code: Code
    column: str
    message: str


class Checker:
    """Checks transactions against the ledger's accounting codes, segments and home currency."""

    def __init__(self, session: Session, ledger: Ledger) -> None:
        self._codes = all_codes(session)
        self._segments = set(segment_names(session))
        self.currencies = all_currencies(session)
        self._ledger = ledger

    def check(self, given: TransactionFields) -> NewTransaction | list[Fault]:
        """The transaction, ready to be posted, or everything that is wrong with it."""
        faults = list(self._texts(given))
        if not EARLIEST <= given.transaction_date <= LATEST:
            message = f"{given.transaction_date} is out of range; a day from {EARLIEST} to {LATEST} is possible"
            faults.append(Fault(Code.OUT_OF_RANGE, "transaction_date", message))
        debit = self._code("debit_account", given.debit_account, faults)
        credit = self._code("credit_account", given.credit_account, faults)
        currency = self._currency(given.currency, faults)
        amount = None if currency is None else _minor("amount", given.amount, currency, faults)
        home_amount = None
        if currency is not None and amount is not None:
            home_amount = self._home_amount(given, amount, currency, faults)
        faults += self._segment_faults([name for name, _ in given.segments])
        if faults or debit is None or credit is None or amount is None:
            return faults
        assert debit.id is not None
        assert credit.id is not None
        return NewTransaction(
            transaction_id=given.transaction_id,
            transaction_date=given.transaction_date,
            key=Key(
                transaction_type=given.transaction_type,
                debit_code_id=debit.id,
                credit_code_id=credit.id,
                currency=given.currency,
                home_currency=self._ledger.home_currency,
                organization=given.organization,
                segments=tuple(sorted(given.segments)),
            ),
            amount=amount,
            exchange_rate=None if given.exchange_rate is None else money.plain(given.exchange_rate),
            home_amount=home_amount,
            account_number=given.account_number,
            document_number=given.document_number,
        )

    def _segment_faults(self, names: list[str]) -> Iterator[Fault]:
        for position, name in enumerate(names):
            if name not in self._segments:
                known = ", ".join(sorted(self._segments)) or "none"
                yield Fault(Code.UNKNOWN, f"segment.{name}", f"there is no segment {name!r}; known are: {known}")
            elif name in names[:position]:
                yield Fault(Code.DUPLICATE, f"segment.{name}", f"segment {name!r} is given more than once")

    def _texts(self, given: TransactionFields) -> Iterator[Fault]:
        texts = {
            "transaction_id": given.transaction_id,
            "organization": given.organization,
            "account_number": given.account_number,
            "document_number": given.document_number,
            **{f"segment.{name}": value for name, value in given.segments},
        }
        for column, text in texts.items():
            if text is not None and (not 1 <= len(text) <= LONGEST_TEXT or _UNSTORABLE.search(text)):
                message = f"it has {len(text)} characters; from 1 to {LONGEST_TEXT} are possible, no NUL or surrogate"
                yield Fault(Code.INVALID, column, message)

    def _code(self, column: str, name: str, faults: list[Fault]) -> AccountingCode | None:
        code = self._codes.get(name)
        if code is None:
            message = f"there is no accounting code {name!r}; import it with the accounting codes first"
            faults.append(Fault(Code.UNKNOWN, column, message))
        elif code.status is AccountingCodeStatus.INACTIVE:
            faults.append(Fault(Code.INACTIVE, column, f"accounting code {name!r} is inactive; activate it first"))
        return code

    def _currency(self, code: str, faults: list[Fault]) -> Currency | None:
        try:
            return currency_of(self.currencies, code)
        except money.MoneyError as error:
            faults.append(Fault(Code.UNKNOWN, "currency", str(error)))
            return None

    def _home_amount(
        self, given: TransactionFields, amount: int, currency: Currency, faults: list[Fault]
    ) -> int | None:
        home = self._ledger.home_currency
        if home is None:
            for column, value in (("exchange_rate", given.exchange_rate), ("home_amount", given.home_amount)):
                if value is not None:
                    message = "this ledger has no home currency, so none can be given; set one, or leave it out"
                    faults.append(Fault(Code.INVALID, column, message))
            return None
        rate = Decimal(1) if given.exchange_rate is None and given.currency == home else given.exchange_rate
        if rate is None:
            message = f"it is required to turn {given.currency} into {home}, the home currency"
            faults.append(Fault(Code.REQUIRED, "exchange_rate", message))
            return None
        if not rate.is_finite() or not SMALLEST_RATE <= rate < LARGEST_RATE or len(money.plain(rate)) > 60:
            message = (
                f"{rate:f} is no exchange rate; give a positive number below {LARGEST_RATE:f}, of 60 digits at most"
            )
            faults.append(Fault(Code.OUT_OF_RANGE, "exchange_rate", message))
            return None
        if given.currency == home and rate != 1:
            faults.append(Fault(Code.INVALID, "exchange_rate", f"{rate} from {home} to {home}; it must be 1"))
            return None
        if given.home_amount is not None:
            home_amount = _minor("home_amount", given.home_amount, self.currencies[home], faults)
            if given.currency == home and home_amount is not None and home_amount != amount:
                message = f"{given.home_amount} is not the amount, though {home} is the home currency"
                faults.append(Fault(Code.INVALID, "home_amount", message))
            return home_amount
        try:
            return money.convert(amount, currency, rate, self.currencies[home])
        except money.MoneyError as error:
            faults.append(Fault(Code.OUT_OF_RANGE, "exchange_rate", str(error)))
            return None


def _minor(column: str, amount: Decimal, currency: Currency, faults: list[Fault]) -> int | None:
    try:
        return money.to_minor(amount, currency)
    except money.MoneyError as error:
        faults.append(Fault(Code.INVALID, column, str(error)))
        return None
