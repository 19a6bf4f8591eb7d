"""The rules that a new run must keep. Every broken one is told, not just the first."""

from collections.abc import Sequence
from dataclasses import dataclass
from dataclasses import field as dataclass_field
from datetime import date

from sqlmodel import Session

from resolvers.errors import UserError
from resolvers.errors import UserErrorCode as Code
from runs.create import RunRequest
from storage.accounting_periods import AccountingPeriod, period_named, period_of
from storage.journal_entries import period_has_live_entries
from storage.journal_runs import running_run
from storage.posting import organizations
from storage.segments import active_rule
from storage.settings import Ledger, ledger_of
from storage.words import TransactionType

_TRANSACTION_TYPES = tuple(TransactionType)


@dataclass(frozen=True, slots=True)
class CreateRun:
    """What a caller says about a new run. A transaction type is one of the domain's words, or a text that is none."""

    transaction_types: Sequence[str]
    journal_entry_date: date | None
    accounting_period_name: str | None = None
    target_start_date: date | None = None
    target_end_date: date | None = None
    organization_labels: list[str] | None = None
    idempotency_key: str | None = None


def check(session: Session, asked: CreateRun) -> RunRequest | list[UserError]:
    """The run that was asked for, or every rule that it would break."""
    errors = Errors()
    ledger = ledger_of(session)
    found = _range(session, asked, errors)
    transaction_types = _transaction_types(asked, found, errors)
    _check_organizations(session, asked, errors)
    entry_date = _journal_entry_date(session, asked, errors)
    if found is not None:
        _check_aggregation(session, asked, found.period, ledger, errors)
    obstacle = running_run(session)
    if obstacle is not None:
        errors.add(
            Code.RUN_IN_THE_WAY,
            f"Journal run {obstacle.number} is {obstacle.status.value}; only one run works at a time."
            " Wait until it has ended, or cancel it while it is Pending.",
        )
    if asked.idempotency_key is not None and not is_idempotency_key(asked.idempotency_key):
        errors.add(Code.INVALID, "An idempotency key has 1 to 255 characters.", "idempotencyKey")
    if errors.found or found is None or entry_date is None:
        return errors.found
    return RunRequest(
        period=found.period,
        start=found.start,
        end=found.end,
        journal_entry_date=entry_date,
        transaction_types=transaction_types,
        organization_labels=asked.organization_labels or [],
        segmentation_rule=active_rule(session),
        home_currency=ledger.home_currency,
        aggregate_currency=ledger.aggregate_currency,
    )


def is_idempotency_key(text: str) -> bool:
    """Whether the text can be one; PostgreSQL knows no text with a NUL in it."""
    return 1 <= len(text) <= 255 and "\0" not in text


@dataclass(slots=True)
class Errors:
    """The broken rules of one input."""

    found: list[UserError] = dataclass_field(default_factory=list)

    def add(self, code: Code, message: str, *field: str) -> None:
        """Note a broken rule, and the field it belongs to, below `input`."""
        self.found.append(UserError(code, message, ["input", *field]))


@dataclass(frozen=True, slots=True)
class _Range:
    period: AccountingPeriod
    start: date
    end: date

    @property
    def is_whole_period(self) -> bool:
        return (self.start, self.end) == (self.period.start_date, self.period.end_date)


def _range(session: Session, asked: CreateRun, errors: Errors) -> _Range | None:
    start, end = asked.target_start_date, asked.target_end_date
    if start is None and end is not None:
        errors.add(Code.REQUIRED, "targetStartDate is required when targetEndDate is given.", "targetStartDate")
    if end is None and start is not None:
        errors.add(Code.REQUIRED, "targetEndDate is required when targetStartDate is given.", "targetEndDate")
    if start is not None and end is not None and start > end:
        errors.add(
            Code.OUT_OF_RANGE,
            f"The range ends on {end}, before it starts on {start}; the end must not be before the start.",
            "targetEndDate",
        )
    if asked.accounting_period_name is not None:
        return _named_period(session, asked, errors)
    if start is None and end is None:
        errors.add(
            Code.REQUIRED,
            "Give either accountingPeriodName, or both targetStartDate and targetEndDate.",
            "accountingPeriodName",
        )
    return _dated_period(session, start, end, errors)


def _named_period(session: Session, asked: CreateRun, errors: Errors) -> _Range | None:
    name = asked.accounting_period_name or ""
    period = period_named(session, name)
    if period is None:
        errors.add(
            Code.UNKNOWN,
            f"There is no accounting period {name!r}; choose one from the list of accounting periods.",
            "accountingPeriodName",
        )
        return None
    if period.end_date is None:
        errors.add(Code.PERIOD_OPEN_ENDED, _open_ended(period), "accountingPeriodName")
        return None
    for field, given, own in (
        ("targetStartDate", asked.target_start_date, period.start_date),
        ("targetEndDate", asked.target_end_date, period.end_date),
    ):
        if given is not None and given != own:
            errors.add(
                Code.PERIOD_MISMATCH,
                f"{field} is {given}, but accounting period {period.name} has {own}; give that day, or leave it out.",
                field,
            )
    return _Range(period, period.start_date, period.end_date)


def _dated_period(session: Session, start: date | None, end: date | None, errors: Errors) -> _Range | None:
    usable: list[AccountingPeriod] = []
    for field, day in (("targetStartDate", start), ("targetEndDate", end)):
        period = None if day is None else period_of(session, day)
        if day is not None and period is None:
            message = f"{day} falls into no accounting period; choose a day inside one."
            errors.add(Code.NOT_IN_ONE_PERIOD, message, field)
        elif period is not None and period.end_date is None:
            errors.add(Code.PERIOD_OPEN_ENDED, _open_ended(period), field)
        elif period is not None:
            usable.append(period)
    if start is None or end is None or start > end or len(usable) < 2:
        return None
    first, last = usable
    if first.id != last.id:
        errors.add(
            Code.NOT_IN_ONE_PERIOD,
            f"{start} falls into accounting period {first.name} and {end} into {last.name};"
            " the range must lie inside one period.",
            "targetEndDate",
        )
        return None
    return _Range(first, start, end)


def _open_ended(period: AccountingPeriod) -> str:
    return f"Accounting period {period.name} is open-ended; choose one that has an end."


def _journal_entry_date(session: Session, asked: CreateRun, errors: Errors) -> date | None:
    day = asked.journal_entry_date
    if day is None:
        errors.add(Code.REQUIRED, "Say on which day the entries are booked.", "journalEntryDate")
    elif period_of(session, day) is None:
        errors.add(
            Code.OUT_OF_RANGE,
            f"The journal entry date {day} falls into no accounting period;"
            " choose a day inside one, such as the last day of the period.",
            "journalEntryDate",
        )
    return day


def _transaction_types(asked: CreateRun, found: _Range | None, errors: Errors) -> list[TransactionType]:
    if not asked.transaction_types:
        errors.add(Code.REQUIRED, "Name at least one transaction type.", "transactionTypes")
    known = []
    for position, name in enumerate(asked.transaction_types):
        place = ("transactionTypes", str(position))
        if name not in _TRANSACTION_TYPES:
            errors.add(
                Code.INVALID,
                f"There is no transaction type {name!r}; known are: {', '.join(_TRANSACTION_TYPES)}.",
                *place,
            )
        elif name in asked.transaction_types[:position]:
            errors.add(Code.DUPLICATE, f"Transaction type {name} is named more than once.", *place)
        else:
            known.append(TransactionType(name))
    _check_whole_period(asked, found, errors)
    return known


def _check_whole_period(asked: CreateRun, found: _Range | None, errors: Errors) -> None:
    revenue = TransactionType.REVENUE_EVENT_ITEM
    if revenue in asked.transaction_types and found is not None and not found.is_whole_period:
        errors.add(
            Code.WHOLE_PERIOD_ONLY,
            f"{revenue.value} can be run for a whole accounting period only;"
            f" {found.start} to {found.end} is a part of {found.period.name}.",
            "transactionTypes",
            str(asked.transaction_types.index(revenue)),
        )


def _check_organizations(session: Session, asked: CreateRun, errors: Errors) -> None:
    labels = asked.organization_labels or []
    known = organizations(session) if labels else []
    for position, label in enumerate(labels):
        place = ("organizationLabels", str(position))
        if label not in known:
            errors.add(
                Code.UNKNOWN,
                f"There is no organisation {label!r}; known are: {', '.join(known) or 'none'}.",
                *place,
            )
        elif label in labels[:position]:
            errors.add(Code.DUPLICATE, f"Organisation {label!r} is named more than once.", *place)


def _check_aggregation(
    session: Session, given: CreateRun, period: AccountingPeriod, ledger: Ledger, errors: Errors
) -> None:
    assert period.id is not None
    if period_has_live_entries(session, period.id, aggregated=not ledger.aggregate_currency):
        kept, asked = ("in transaction currency", "aggregated")
        if not ledger.aggregate_currency:
            kept, asked = asked, kept
        errors.add(
            Code.AGGREGATION_MIXED,
            f"Accounting period {period.name} has entries that are {kept}, and this run's would be {asked};"
            " one period is either all aggregated or all not.",
            "targetStartDate" if given.accounting_period_name is None else "accountingPeriodName",
        )
