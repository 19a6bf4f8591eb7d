"""Validation of incoming transactions: every field is checked, and every fault is reported with its field."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from sqlmodel import Session

from resolvers.did_you_mean import DidYouMean
from resolvers.errors import UserErrorCode as Code
from storage import money
from storage.accounting_codes import AccountingCode, all_codes
from storage.currencies import Currency, all_currencies, currency_of
from storage.journal_entries import entries_by_id
from storage.journal_runs import runs_by_id
from storage.money import Minor
from storage.posting_keys import PostingKey, PostingKeyFields
from storage.postings import OpenPosting
from storage.segments import segment_names
from storage.settings import hold_ledger
from storage.texts import TextRefused, normalised
from storage.transactions import NewTransaction, PostedTransaction, recorded_transactions
from storage.words import AccountingCodeStatus, TransactionType

EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
"""The range of transaction dates; a date outside it is a typing error."""

LONGEST_TEXT = 255
SMALLEST_RATE, LARGEST_RATE = Decimal(10) ** -30, Decimal(10) ** 12

HOME_AMOUNT_TOLERANCE = 1_000
"""A given home amount may differ from amount x rate by 1/1,000, or by one minor unit if that is more: other systems
round differently, and print fewer digits of a rate than they multiply by."""

SEGMENT = "segment."
"""Prefix of segment columns, such as `segment.country`."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a transaction: its kind, the column of the feed file, and the message."""

    code: Code
    column: str
    message: str


@dataclass(frozen=True, slots=True)
class TransactionFields:
    """A transaction as received: raw texts, other values already of the right types.

    A value that could not be parsed is None, and `unreadable` has its fault.
    """

    transaction_id: str | None
    transaction_type: TransactionType | None
    transaction_date: date | None
    amount: Decimal | None
    currency: str | None
    debit_account: str | None
    credit_account: str | None
    organization: str | None = None
    exchange_rate: Decimal | None = None
    home_amount: Decimal | None = None
    account_number: str | None = None
    document_number: str | None = None
    segments: Sequence[tuple[str, str]] = ()
    unreadable: Sequence[Fault] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """A checked transaction. `transaction` can be posted; it is None if there are faults.

    In `fields`, every text is normalised. `unreadable` are columns whose values no recorded transaction can have.
    """

    fields: TransactionFields
    transaction: NewTransaction | None
    faults: list[Fault]
    unreadable: frozenset[str]


class Checker:
    """Checks transactions against the ledger's accounting codes, segments and home currency."""

    def __init__(self, session: Session) -> None:
        self._codes = all_codes(session)
        self._code_names = {code.id: code.name for code in self._codes.values()}
        self._segments = set(segment_names(session))
        self._near_code = DidYouMean(self._codes)
        self._near_segment = DidYouMean(sorted(self._segments))
        self.currencies = all_currencies(session)
        self._ledger = hold_ledger(session)

    def check(self, raw: TransactionFields) -> Checked:
        """The transaction, ready to be posted, or all its faults."""
        faults = list(raw.unreadable)
        given = _normalised(raw, faults)
        unreadable = frozenset(fault.column for fault in faults)
        day = given.transaction_date
        if day is not None and not EARLIEST <= day <= LATEST:
            message = f"{day} is out of range; use a date from {EARLIEST} to {LATEST}"
            faults.append(Fault(Code.OUT_OF_RANGE, "transaction_date", message))
        debit = self._code("debit_account", given.debit_account, faults)
        credit = self._code("credit_account", given.credit_account, faults)
        currency = self._currency(given.currency, faults)
        amount = _minor("amount", given.amount, currency, faults)
        home_amount = None if "exchange_rate" in unreadable else self._home_amount(given, amount, currency, faults)
        for name, _ in given.segments:
            if name not in self._segments:
                known = ", ".join(sorted(self._segments)) or "none"
                message = f"there is no segment {name!r}{self._near_segment(name) or f'; the segments are: {known}'}"
                faults.append(Fault(Code.UNKNOWN, SEGMENT + name, message))
        if faults:
            return Checked(given, None, faults, unreadable)
        # Without faults, none of these is missing.
        assert debit is not None
        assert credit is not None
        assert given.transaction_id is not None
        assert given.transaction_type is not None
        assert day is not None
        assert amount is not None
        assert given.currency is not None
        key = PostingKeyFields(
            transaction_type=given.transaction_type,
            debit_code_id=debit.id,
            credit_code_id=credit.id,
            currency=given.currency,
            home_currency=self._ledger.home_currency,
            organization=given.organization,
            segments=tuple(sorted(given.segments)),
        )
        transaction = NewTransaction(
            transaction_id=given.transaction_id,
            transaction_date=day,
            key=key,
            amount_minor=amount,
            exchange_rate=None if given.exchange_rate is None else money.plain(given.exchange_rate),
            home_amount_minor=home_amount,
            account_number=given.account_number,
            document_number=given.document_number,
        )
        return Checked(given, transaction, [], unreadable)

    def differences(self, checked: Checked, recorded: PostedTransaction) -> set[str]:
        """The columns in which the transaction differs from the one recorded with its id.

        Values are compared, not rows, so that neither an accounting code that has become inactive since, nor a text
        recorded by a release that did not normalise it, counts as a difference.
        """
        given, key = checked.fields, recorded.key
        pairs: dict[str, tuple[object, object]] = {
            "transaction_type": (given.transaction_type, key.transaction_type),
            "transaction_date": (given.transaction_date, recorded.bucket.posting_date),
            "amount": (given.amount, recorded.amount),
            "currency": (given.currency, key.currency),
            "debit_account": (given.debit_account, self._code_names[key.debit_code_id]),
            "credit_account": (given.credit_account, self._code_names[key.credit_code_id]),
            "organization": (given.organization, _normalised_now(key.organization)),
            "account_number": (given.account_number, _normalised_now(recorded.transaction.account_number)),
            "document_number": (given.document_number, _normalised_now(recorded.transaction.document_number)),
            "exchange_rate": (_rate(given.exchange_rate, key), _rate(recorded.exchange_rate, key)),
            "home_amount": (self._home_amount_of(given, key.home_currency), recorded.home_amount),
        }
        named = dict(given.segments)
        known = {_normalised_now(name): _normalised_now(value) for name, value in key.segments.items()}
        pairs |= {f"{SEGMENT}{name}": (named.get(name or ""), known.get(name)) for name in {*named, *known}}
        return {column for column, (now, then) in pairs.items() if now != then} | checked.unreadable

    def _home_amount_of(self, given: TransactionFields, home: str | None) -> Decimal | None:
        """The given home amount, or amount x rate in `home`, the home currency of the recorded one."""
        currency = self.currencies.get(given.currency or "")
        if given.home_amount is not None or home is None or given.amount is None or currency is None:
            return given.home_amount
        rate = Decimal(1) if given.exchange_rate is None and given.currency == home else given.exchange_rate
        try:
            minor = money.to_minor(given.amount, currency)
            if rate is None:
                return None
            return money.to_decimal(money.convert(minor, currency, rate, self.currencies[home]), self.currencies[home])
        except money.MoneyError:
            return None

    def _code(self, column: str, name: str | None, faults: list[Fault]) -> AccountingCode | None:
        if name is None:
            return None
        code = self._codes.get(name)
        if code is None:
            suggestion = self._near_code(name) or "; import it with the accounting codes first"
            message = f"there is no accounting code {name!r}{suggestion}"
            faults.append(Fault(Code.UNKNOWN, column, message))
        elif code.status is AccountingCodeStatus.INACTIVE:
            faults.append(Fault(Code.INACTIVE, column, f"accounting code {name!r} is inactive; activate it first"))
        return code

    def _currency(self, code: str | None, faults: list[Fault]) -> Currency | None:
        try:
            return None if code is None else currency_of(self.currencies, code)
        except money.MoneyError as error:
            faults.append(Fault(Code.UNKNOWN, "currency", str(error)))
            return None

    def _home_amount(
        self, given: TransactionFields, amount: Minor | None, currency: Currency | None, faults: list[Fault]
    ) -> Minor | None:
        home = self._ledger.home_currency
        if home is None:
            for column, value in (("exchange_rate", given.exchange_rate), ("home_amount", given.home_amount)):
                if value is not None:
                    message = "this ledger has no home currency; set one, or omit the value"
                    faults.append(Fault(Code.INVALID, column, message))
            return None
        rate = Decimal(1) if given.exchange_rate is None and given.currency == home else given.exchange_rate
        if rate is None:
            message = f"it is required to convert {given.currency} to {home}, the home currency"
            faults.append(Fault(Code.REQUIRED, "exchange_rate", message))
            return None
        if not rate.is_finite() or not SMALLEST_RATE <= rate < LARGEST_RATE or len(money.plain(rate)) > 60:
            message = (
                f"{rate:f} is not an exchange rate; use a positive number below {LARGEST_RATE:f}, of 60 digits at most"
            )
            faults.append(Fault(Code.OUT_OF_RANGE, "exchange_rate", message))
            return None
        if given.currency == home and rate != 1:
            faults.append(
                Fault(Code.INVALID, "exchange_rate", f"{rate} from {home} to {home} is not valid; it must be 1")
            )
            return None
        if amount is None or currency is None:
            return None
        if given.home_amount is not None:
            home_amount = _minor("home_amount", given.home_amount, self.currencies[home], faults)
            if given.currency == home and home_amount is not None and home_amount != amount:
                message = f"{given.home_amount} is not the amount, although its currency is the home currency, {home}"
                faults.append(Fault(Code.INVALID, "home_amount", message))
            elif home_amount is not None:
                self._check_home_amount(home_amount, amount, currency, rate, faults)
            return home_amount
        try:
            return money.convert(amount, currency, rate, self.currencies[home])
        except money.MoneyError as error:
            faults.append(Fault(Code.OUT_OF_RANGE, "exchange_rate", str(error)))
            return None

    def _check_home_amount(
        self, home_amount: Minor, amount: Minor, currency: Currency, rate: Decimal, faults: list[Fault]
    ) -> None:
        """A given home amount must equal amount x rate except for rounding, and have the same sign or be 0."""
        home = self.currencies[self._ledger.home_currency or ""]
        try:
            product = money.convert(amount, currency, rate, home)
        except money.MoneyError as error:
            faults.append(Fault(Code.OUT_OF_RANGE, "exchange_rate", str(error)))
            return
        tolerance = Minor(max(1, abs(product) // HOME_AMOUNT_TOLERANCE))
        if abs(home_amount - product) > tolerance or home_amount * amount < 0 or (amount == 0 and home_amount):
            shown = [f"{money.to_decimal(minor, home):f} {home.code}" for minor in (home_amount, product, tolerance)]
            message = (
                f"{shown[0]} is not {money.to_decimal(amount, currency):f} {currency.code} at the rate {rate:f}, which"
                f" is {shown[1]}; it may differ by {shown[2]} and must have the same sign; correct one, or omit it"
            )
            faults.append(Fault(Code.INVALID, "home_amount", message))


def _normalised(raw: TransactionFields, faults: list[Fault]) -> TransactionFields:
    """The fields with every text normalised; one that is blank, refused or too long becomes None, with a fault."""
    noted = {fault.column for fault in faults}

    def text(column: str, given: str | None, *, required: bool = False) -> str | None:
        found = None if given is None else _text(column, given, faults)
        if required and found is None and column not in noted | {fault.column for fault in faults}:
            faults.append(Fault(Code.REQUIRED, column, "it is required"))
        return found

    return replace(
        raw,
        transaction_id=text("transaction_id", raw.transaction_id, required=True),
        organization=text("organization", raw.organization),
        account_number=text("account_number", raw.account_number),
        document_number=text("document_number", raw.document_number),
        segments=_normalised_segments(raw.segments, faults),
        currency=None if raw.currency is None else raw.currency.strip(),
        debit_account=text("debit_account", raw.debit_account, required=True),
        credit_account=text("credit_account", raw.credit_account, required=True),
        unreadable=(),
    )


def _normalised_segments(segments: Sequence[tuple[str, str]], faults: list[Fault]) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for raw_name, raw_value in segments:
        # Show the invisible characters of an invalid name as escapes.
        name = _text(SEGMENT + ascii(raw_name)[1:-1], raw_name, faults)
        if name is None:
            if not raw_name.strip():
                faults.append(Fault(Code.REQUIRED, SEGMENT, "the name of a segment is required"))
            continue
        value = _text(SEGMENT + name, raw_value, faults)
        if value is None:
            continue
        if name in found:
            faults.append(Fault(Code.DUPLICATE, SEGMENT + name, f"segment {name!r} is given more than once"))
        else:
            found[name] = value
    return list(found.items())


def _text(column: str, given: str, faults: list[Fault]) -> str | None:
    try:
        text = normalised(given)
    except TextRefused as refused:
        faults.append(Fault(Code.INVALID, column, str(refused)))
        return None
    if len(text) > LONGEST_TEXT:
        message = f"it has {len(text)} characters; the maximum is {LONGEST_TEXT}"
        faults.append(Fault(Code.INVALID, column, message))
        return None
    return text or None


def _normalised_now(recorded: str | None) -> str | None:
    """A recorded text, normalised: one recorded by an earlier release may not be."""
    try:
        return None if recorded is None else normalised(recorded) or None
    except TextRefused:
        return recorded


def _rate(rate: Decimal | None, key: PostingKey) -> Decimal | None:
    """The rate; None for the rate 1 from the home currency to itself, which may be omitted."""
    return None if rate == 1 and key.currency == key.home_currency else rate


def _minor(column: str, amount: Decimal | None, currency: Currency | None, faults: list[Fault]) -> Minor | None:
    if amount is None or currency is None:
        return None
    try:
        return money.to_minor(amount, currency)
    except money.MoneyError as error:
        faults.append(Fault(Code.INVALID, column, str(error)))
        return None


@dataclass(slots=True)
class Judged:
    """The result of posting: transactions recorded now, the number of duplicates, and faults by position.

    `rates_added` counts transactions recorded earlier without a home amount, which received their rate now.
    """

    fresh: list[NewTransaction] = field(default_factory=list)
    duplicates: int = 0
    rates_added: int = 0
    faults: dict[int, list[Fault]] = field(default_factory=dict)


def post(session: Session, posting: OpenPosting, checker: Checker, checked: Sequence[Checked]) -> Judged:
    """Post the valid new transactions. One that was recorded before with the same content is a duplicate.

    A duplicate is accepted even if the rules have changed since. With other content it is a conflict, and only the
    fields that differ can have further faults. Raises MoneyError and RecordedMeanwhile, as a posting does.
    """
    numbered = [(place, one.transaction) for place, one in enumerate(checked) if one.transaction is not None]
    posted = posting.post([transaction for _, transaction in numbered])
    judged = Judged([numbered[index][1] for index in posted.fresh], posted.duplicates)
    disputed = {place for place, one in enumerate(checked) if one.faults}
    disputed |= {numbered[index][0] for index in posted.conflicts}
    ids = {checked[place].fields.transaction_id for place in disputed}
    recorded = recorded_transactions(session, [one for one in ids if one is not None]) if disputed else {}
    rated: dict[str, tuple[NewTransaction, PostedTransaction]] = {}
    for place in sorted(disputed):
        one = checked[place]
        before = recorded.get(one.fields.transaction_id or "")
        if before is None:
            judged.faults[place] = one.faults
        elif not (differing := checker.differences(one, before)):
            judged.duplicates += 1
        elif one.transaction is not None and _lacks_rate(before, one.transaction, differing):
            transaction = one.transaction
            if before.bucket.journal_run_id is not None:
                judged.faults[place] = [_taken(session, before)]
            elif _is_same(rated.setdefault(transaction.transaction_id, (transaction, before))[0], transaction):
                judged.duplicates += rated[transaction.transaction_id][0] is not transaction
            else:
                judged.faults[place] = [_conflict(before)]
        else:
            judged.faults[place] = [_conflict(before), *(fault for fault in one.faults if fault.column in differing)]
    if rated:
        posting.add_rates(list(rated.values()))
        judged.rates_added = len(rated)
    return judged


def _is_same(one: NewTransaction, other: NewTransaction) -> bool:
    """Whether both give a recorded transaction the same rate; in the home currency it is 1, said or not."""
    if one.key.currency == one.key.home_currency:
        one, other = (replace(each, exchange_rate=None) for each in (one, other))
    return one == other


def _lacks_rate(before: PostedTransaction, now: NewTransaction, differing: set[str]) -> bool:
    """Whether the transaction was recorded without a home currency, and is sent again with its rate."""
    bare = before.key.home_currency is None and now.key.home_currency is not None
    return bare and differing <= {"exchange_rate", "home_amount"}


def _conflict(before: PostedTransaction) -> Fault:
    message = f"{before.transaction.transaction_id!r} was recorded before with other content; it never changes"
    return Fault(Code.CONFLICT, "transaction_id", message)


def _taken(session: Session, before: PostedTransaction) -> Fault:
    """Why a taken transaction cannot receive its rate."""
    name, bucket = before.transaction.transaction_id, before.bucket
    if bucket.journal_entry_id is not None:
        (entry,) = entries_by_id(session, [bucket.journal_entry_id]).values()
        holder = f"is in journal entry {entry.number}; cancel that entry first"
    else:
        assert bucket.journal_run_id is not None
        (run,) = runs_by_id(session, [bucket.journal_run_id]).values()
        holder = f"nets to zero in journal run {run.number}; cancel that run first"
    message = f"{name!r} was recorded without an exchange rate and {holder}, then send it again"
    return Fault(Code.STATUS_NOT_ALLOWED, "exchange_rate", message)
