"""Validation of incoming transactions: every field is checked, and every violation is reported with its field."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from sqlmodel import Session

from resolvers.did_you_mean import DidYouMean
from runs.texts import normalised_text
from runs.violations import Path, Rule, Violation, Violations
from storage import money
from storage.accounting_codes import CodeToPost, all_codes
from storage.currencies import all_currencies, currency_of
from storage.money import Minor, MinorUnit
from storage.posting_keys import PostingKey, PostingKeyFields
from storage.segments import segment_names
from storage.settings import hold_ledger
from storage.texts import TextRefused, normalised
from storage.transactions import NewTransaction, PostedTransaction
from storage.words import AccountingCodeStatus, TransactionType

DATE_MIN, DATE_MAX = date(1900, 1, 1), date(2199, 12, 31)
"""The range of transaction dates; a date outside it is a typing error."""

TEXT_LENGTH_MAX = 255
RATE_MIN, RATE_LIMIT = Decimal(10) ** -30, Decimal(10) ** 12

HOME_AMOUNT_TOLERANCE = 1_000
"""A given home amount may differ from amount x rate by 1/1,000, or by one minor unit if that is more: other systems
round differently, and print fewer digits of a rate than they multiply by."""

SEGMENTS = ("segments",)
"""The path of segments; the name of one follows."""


@dataclass(slots=True)  # not frozen: that doubles the time to make one
class TransactionFields:
    """A transaction as received: raw texts, other values already of the right types. It never changes.

    A value that could not be parsed is None, and `unreadable` has its violation.
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
    unreadable: Sequence[Violation] = ()


@dataclass(slots=True)  # not frozen: that doubles the time to make one
class Checked:
    """A checked transaction; it never changes. `transaction` can be posted; it is None if there are violations.

    In `fields`, every text is normalised. `unreadable` are the fields whose values no recorded transaction can have.
    """

    fields: TransactionFields
    transaction: NewTransaction | None
    violations: list[Violation]
    unreadable: frozenset[Path]


class Checker:
    """Checks transactions against the ledger's accounting codes, segments and home currency."""

    def __init__(self, session: Session) -> None:
        self._codes = all_codes(session)
        self._code_names = {code.id: code.name for code in self._codes.values()}
        self._segments = set(segment_names(session))
        self.currencies = all_currencies(session)
        self.ledger = hold_ledger(session)

    @property
    def home_currency(self) -> str | None:
        """The ledger's home currency."""
        return self.ledger.home_currency

    def check(self, raw: TransactionFields) -> Checked:
        """The transaction, ready to be posted, or all its violations."""
        violations = Violations(list(raw.unreadable))
        given = _normalised(raw, violations)
        unreadable = frozenset(violation.path for violation in violations.found)
        day = given.transaction_date
        if day is not None and not DATE_MIN <= day <= DATE_MAX:
            message = f"{day} is out of range; use a date from {DATE_MIN} to {DATE_MAX}"
            violations.add(Rule.OUT_OF_RANGE, message, "transaction_date")
        debit = self._code("debit_account", given.debit_account, violations)
        credit = self._code("credit_account", given.credit_account, violations)
        currency = self._currency(given.currency, violations)
        amount = _minor("amount", given.amount, currency, violations)
        home_amount = (
            None if ("exchange_rate",) in unreadable else self._home_amount(given, amount, currency, violations)
        )
        for name, _ in given.segments:
            if name not in self._segments:
                known = ", ".join(sorted(self._segments)) or "none"
                message = f"there is no segment {name!r}{self._near_segment(name) or f'; the segments are: {known}'}"
                violations.add(Rule.UNKNOWN, message, *SEGMENTS, name)
        if violations.found:
            return Checked(given, None, violations.found, unreadable)
        # Without violations, none of these is missing.
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
            home_currency=self.ledger.home_currency,
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

    def differences(self, checked: Checked, recorded: PostedTransaction) -> set[Path]:
        """The fields in which the transaction differs from the one recorded with its id.

        Values are compared, not rows, so that neither an accounting code that has become inactive since, nor a text
        recorded by a release that did not normalise it, counts as a difference.
        """
        given, key = checked.fields, recorded.key
        pairs: dict[Path, tuple[object, object]] = {
            ("transaction_type",): (given.transaction_type, key.transaction_type),
            ("transaction_date",): (given.transaction_date, recorded.bucket.posting_date),
            ("amount",): (given.amount, recorded.amount),
            ("currency",): (given.currency, key.currency),
            ("debit_account",): (given.debit_account, self._code_names[key.debit_code_id]),
            ("credit_account",): (given.credit_account, self._code_names[key.credit_code_id]),
            ("organization",): (given.organization, _normalised_now(key.organization)),
            ("account_number",): (given.account_number, _normalised_now(recorded.transaction.account_number)),
            ("document_number",): (given.document_number, _normalised_now(recorded.transaction.document_number)),
            ("exchange_rate",): (_rate(given.exchange_rate, key), _rate(recorded.exchange_rate, key)),
            ("home_amount",): (self._home_amount_of(given, key.home_currency), recorded.home_amount),
        }
        named = dict(given.segments)
        known = {_normalised_now(name): _normalised_now(value) for name, value in key.segments.items()}
        pairs |= {(*SEGMENTS, name or ""): (named.get(name or ""), known.get(name)) for name in {*named, *known}}
        return {path for path, (now, then) in pairs.items() if now != then} | checked.unreadable

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

    @cached_property
    def _near_code(self) -> DidYouMean:
        return DidYouMean(self._codes)

    @cached_property
    def _near_segment(self) -> DidYouMean:
        return DidYouMean(sorted(self._segments))

    def _code(self, field_name: str, name: str | None, violations: Violations) -> CodeToPost | None:
        if name is None:
            return None
        code = self._codes.get(name)
        if code is None:
            suggestion = self._near_code(name) or "; import it with the accounting codes first"
            message = f"there is no accounting code {name!r}{suggestion}"
            violations.add(Rule.UNKNOWN, message, field_name)
        elif code.status is AccountingCodeStatus.INACTIVE:
            violations.add(Rule.INACTIVE, f"accounting code {name!r} is inactive; activate it first", field_name)
        return code

    def _currency(self, code: str | None, violations: Violations) -> MinorUnit | None:
        try:
            return None if code is None else currency_of(self.currencies, code)
        except money.MoneyError as error:
            violations.add(Rule.UNKNOWN, str(error), "currency")
            return None

    def _home_amount(
        self, given: TransactionFields, amount: Minor | None, currency: MinorUnit | None, violations: Violations
    ) -> Minor | None:
        home = self.ledger.home_currency
        if home is None:
            for column, value in (("exchange_rate", given.exchange_rate), ("home_amount", given.home_amount)):
                if value is not None:
                    message = "this ledger has no home currency; set one, or omit the value"
                    violations.add(Rule.INVALID, message, column)
            return None
        rate = Decimal(1) if given.exchange_rate is None and given.currency == home else given.exchange_rate
        if rate is None:
            message = f"it is required to convert {given.currency} to {home}, the home currency"
            violations.add(Rule.REQUIRED, message, "exchange_rate")
            return None
        if not rate.is_finite() or not RATE_MIN <= rate < RATE_LIMIT or len(money.plain(rate)) > 60:
            message = (
                f"{rate:f} is not an exchange rate; use a positive number below {RATE_LIMIT:f}, of 60 digits at most"
            )
            violations.add(Rule.OUT_OF_RANGE, message, "exchange_rate")
            return None
        if given.currency == home and rate != 1:
            violations.add(Rule.INVALID, f"{rate} from {home} to {home} is not valid; it must be 1", "exchange_rate")
            return None
        if amount is None or currency is None:
            return None
        if given.home_amount is not None:
            home_amount = _minor("home_amount", given.home_amount, self.currencies[home], violations)
            if given.currency == home and home_amount is not None and home_amount != amount:
                message = f"{given.home_amount} is not the amount, although its currency is the home currency, {home}"
                violations.add(Rule.INVALID, message, "home_amount")
            elif home_amount is not None:
                self._check_home_amount(home_amount, amount, currency, rate, violations)
            return home_amount
        try:
            return money.convert(amount, currency, rate, self.currencies[home])
        except money.MoneyError as error:
            violations.add(Rule.OUT_OF_RANGE, str(error), "exchange_rate")
            return None

    def _check_home_amount(
        self, home_amount: Minor, amount: Minor, currency: MinorUnit, rate: Decimal, violations: Violations
    ) -> None:
        """A given home amount must equal amount x rate except for rounding, and have the same sign or be 0."""
        home = self.currencies[self.ledger.home_currency or ""]
        try:
            product = money.convert(amount, currency, rate, home)
        except money.MoneyError as error:
            violations.add(Rule.OUT_OF_RANGE, str(error), "exchange_rate")
            return
        tolerance = Minor(max(1, abs(product) // HOME_AMOUNT_TOLERANCE))
        if abs(home_amount - product) > tolerance or home_amount * amount < 0 or (amount == 0 and home_amount):
            shown = [f"{money.to_decimal(minor, home):f} {home.code}" for minor in (home_amount, product, tolerance)]
            message = (
                f"{shown[0]} is not {money.to_decimal(amount, currency):f} {currency.code} at the rate {rate:f}, which"
                f" is {shown[1]}; it may differ by {shown[2]} and must have the same sign; correct one, or omit it"
            )
            violations.add(Rule.INVALID, message, "home_amount")


def _normalised(raw: TransactionFields, violations: Violations) -> TransactionFields:
    """The fields with every text normalised; one that is blank, refused or too long becomes None, with a violation."""

    def text(name: str, given: str | None, *, required: bool = False) -> str | None:
        found = None if given is None else normalised_text(given, TEXT_LENGTH_MAX, violations, name)
        if required and found is None and (name,) not in {violation.path for violation in violations.found}:
            violations.add(Rule.REQUIRED, "it is required", name)
        return found

    return TransactionFields(
        transaction_id=text("transaction_id", raw.transaction_id, required=True),
        organization=text("organization", raw.organization),
        account_number=text("account_number", raw.account_number),
        document_number=text("document_number", raw.document_number),
        segments=_normalised_segments(raw.segments, violations),
        debit_account=text("debit_account", raw.debit_account, required=True),
        credit_account=text("credit_account", raw.credit_account, required=True),
        transaction_type=raw.transaction_type,
        transaction_date=raw.transaction_date,
        amount=raw.amount,
        currency=None if raw.currency is None else raw.currency.strip(),
        exchange_rate=raw.exchange_rate,
        home_amount=raw.home_amount,
    )


def _normalised_segments(segments: Sequence[tuple[str, str]], violations: Violations) -> list[tuple[str, str]]:
    found: dict[str, str] = {}
    for raw_name, raw_value in segments:
        # Show the invisible characters of an invalid name as escapes.
        name = normalised_text(raw_name, TEXT_LENGTH_MAX, violations, *SEGMENTS, ascii(raw_name)[1:-1])
        if name is None:
            if not raw_name.strip():
                violations.add(Rule.REQUIRED, "the name of a segment is required", *SEGMENTS, "")
            continue
        value = normalised_text(raw_value, TEXT_LENGTH_MAX, violations, *SEGMENTS, name)
        if value is None:
            continue
        if name in found:
            violations.add(Rule.DUPLICATE, f"segment {name!r} is given more than once", *SEGMENTS, name)
        else:
            found[name] = value
    return list(found.items())


def _normalised_now(recorded: str | None) -> str | None:
    """A recorded text, normalised: one recorded by an earlier release may not be."""
    try:
        return None if recorded is None else normalised(recorded) or None
    except TextRefused:
        return recorded


def _rate(rate: Decimal | None, key: PostingKey) -> Decimal | None:
    """The rate; None for the rate 1 from the home currency to itself, which may be omitted."""
    return None if rate == 1 and key.currency == key.home_currency else rate


def _minor(name: str, amount: Decimal | None, currency: MinorUnit | None, violations: Violations) -> Minor | None:
    if amount is None or currency is None:
        return None
    try:
        return money.to_minor(amount, currency)
    except money.MoneyError as error:
        violations.add(Rule.INVALID, str(error), name)
        return None
