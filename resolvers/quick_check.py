"""Checking many transactions quickly: what was valid in one of them is not looked at again.

The rules are those of `Checker`, which checks whatever is not surely valid, and alone words violations.
"""

from datetime import date

from sqlmodel import Session

from resolvers.transactions import TEXT_LENGTH_MAX, Checked, Checker, TransactionFields
from runs.violations import Path, Violations
from storage.money import MinorUnit, MoneyError, plain, to_minor
from storage.posting_keys import PostingKeyFields
from storage.texts import is_plain
from storage.transactions import NewTransaction

KEYS_MAX = 100_000
"""The posting keys that one instance remembers."""

_NOTHING: frozenset[Path] = frozenset()


class QuickChecker(Checker):
    """A Checker that remembers the accounts, currencies, days and segments of valid transactions."""

    def __init__(self, session: Session) -> None:
        super().__init__(session)
        self._accounts: dict[str | None, int] = {}
        self._valid_currencies: dict[str | None, MinorUnit] = {}
        self._valid_segments: set[str] = set()
        self._days: set[date | None] = set()
        self._keys: dict[tuple[object, ...], PostingKeyFields] = {}

    def check(self, raw: TransactionFields) -> Checked:
        """The transaction, ready to be posted, or all its violations."""
        checked = self._surely_valid(raw)
        if checked is None:
            checked = super().check(raw)
            if checked.transaction is not None:
                self._remember(raw, checked.fields, checked.transaction)
        return checked

    def _surely_valid(self, raw: TransactionFields) -> Checked | None:
        currency = self._valid_currencies.get(raw.currency)
        if (
            currency is None
            or raw.amount is None
            or raw.transaction_id is None
            or not is_plain(raw.transaction_id, TEXT_LENGTH_MAX)
            or raw.transaction_date is None
            or raw.transaction_date not in self._days
            or not (raw.account_number is None or is_plain(raw.account_number, TEXT_LENGTH_MAX))
            or not (raw.document_number is None or is_plain(raw.document_number, TEXT_LENGTH_MAX))
            or raw.unreadable
        ):
            return None
        key = self._keys.get(_key_texts(raw)) or self._new_key(raw)
        if key is None:
            return None
        try:
            amount = to_minor(raw.amount, currency)
        except MoneyError:
            return None
        home_amount = None
        if key.home_currency is not None or raw.exchange_rate is not None or raw.home_amount is not None:
            violations = Violations()
            home_amount = self._home_amount(raw, amount, currency, violations)
            if violations.found:
                return None
        transaction = NewTransaction(
            raw.transaction_id,
            raw.transaction_date,
            key,
            amount,
            None if raw.exchange_rate is None else plain(raw.exchange_rate),
            home_amount,
            raw.account_number,
            raw.document_number,
        )
        return Checked(raw, transaction, [], _NOTHING)

    def _new_key(self, raw: TransactionFields) -> PostingKeyFields | None:
        """The posting key of values that were valid before, but not together; None if they are not surely valid."""
        debit, credit = self._accounts.get(raw.debit_account), self._accounts.get(raw.credit_account)
        if (
            debit is None
            or credit is None
            or raw.transaction_type is None
            or raw.currency is None
            or not (raw.organization is None or is_plain(raw.organization, TEXT_LENGTH_MAX))
            or not all(
                name in self._valid_segments and is_plain(value, TEXT_LENGTH_MAX) for name, value in raw.segments
            )
            or len({name for name, _ in raw.segments}) < len(raw.segments)
        ):
            return None
        home, segments = self.ledger.home_currency, tuple(sorted(raw.segments))
        key = PostingKeyFields(raw.transaction_type, debit, credit, raw.currency, home, raw.organization, segments)
        self._keep(raw, key)
        return key

    def _remember(self, raw: TransactionFields, valid: TransactionFields, transaction: NewTransaction) -> None:
        key = transaction.key
        self._accounts |= {valid.debit_account: key.debit_code_id, valid.credit_account: key.credit_code_id}
        self._valid_currencies[key.currency] = self.currencies[key.currency]
        self._valid_segments |= {name for name, _ in valid.segments}
        self._days.add(valid.transaction_date)
        if _key_texts(raw) == _key_texts(valid):
            self._keep(raw, key)

    def _keep(self, raw: TransactionFields, key: PostingKeyFields) -> None:
        if len(self._keys) >= KEYS_MAX:
            self._keys.clear()
        self._keys[_key_texts(raw)] = key


def _key_texts(fields: TransactionFields) -> tuple[object, ...]:
    return (
        fields.transaction_type,
        fields.currency,
        fields.debit_account,
        fields.credit_account,
        fields.organization,
        *fields.segments,
    )
