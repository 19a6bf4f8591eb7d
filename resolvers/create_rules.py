"""The rules for a new run. Reports every violation, not just the first."""

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
from storage.posting_keys import organizations
from storage.segments import active_rule
from storage.settings import Ledger, ledger_of
from storage.texts import TextRefused, is_storable, normalised
from storage.words import TransactionType

_TRANSACTION_TYPES = tuple(TransactionType)


@dataclass(frozen=True, slots=True)
class CreateRun:
    """The input for a new run. A transaction type may be an unknown word."""

    transaction_types: Sequence[str]
    journal_entry_date: date | None
    accounting_period_name: str | None = None
    target_start_date: date | None = None
    target_end_date: date | None = None
    organization_labels: list[str] | None = None
    idempotency_key: str | None = None


def check(session: Session, draft: CreateRun) -> RunRequest | list[UserError]:
    """The valid run, or every violation."""
    errors = Errors()
    ledger = ledger_of(session)
    found = _range(session, draft, errors)
    transaction_types = _transaction_types(draft, found, errors)
    organization_labels = _organizations(session, draft, errors)
    entry_date = _journal_entry_date(session, draft, errors)
    if found is not None:
        _check_aggregation(session, draft, found.period, ledger, errors)
    obstacle = running_run(session)
    if obstacle is not None:
        errors.add(
            Code.RUN_IN_PROGRESS,
            f"Journal run {obstacle.number} is {obstacle.status.value}; only one run can be Pending or Processing."
            " Wait until it has ended, or cancel it while it is Pending.",
        )
    if draft.idempotency_key is not None and not is_idempotency_key(draft.idempotency_key):
        errors.add(
            Code.INVALID,
            "An idempotency key must have 1 to 255 characters, without NUL and unpaired surrogates.",
            "idempotencyKey",
        )
    if errors.found or found is None or entry_date is None:
        return errors.found
    return RunRequest(
        period=found.period,
        start=found.start,
        end=found.end,
        journal_entry_date=entry_date,
        transaction_types=transaction_types,
        organization_labels=organization_labels,
        segmentation_rule=active_rule(session),
        home_currency=ledger.home_currency,
        aggregate_currency=ledger.aggregate_currency,
    )


def is_idempotency_key(text: str) -> bool:
    """Whether the text is a valid key. Keys are opaque, so they are not normalised."""
    return 1 <= len(text) <= 255 and is_storable(text)


@dataclass(slots=True)
class Errors:
    """The violations of one input."""

    found: list[UserError] = dataclass_field(default_factory=list)

    def add(self, code: Code, message: str, *field: str) -> None:
        """Add a violation, with the path of its field below `input`."""
        self.found.append(UserError(code, message, ["input", *field]))


@dataclass(frozen=True, slots=True)
class _Range:
    period: AccountingPeriod
    start: date
    end: date

    @property
    def is_whole_period(self) -> bool:
        return (self.start, self.end) == (self.period.start_date, self.period.end_date)


def _range(session: Session, draft: CreateRun, errors: Errors) -> _Range | None:
    start, end = draft.target_start_date, draft.target_end_date
    if start is None and end is not None:
        errors.add(Code.REQUIRED, "targetStartDate is required with targetEndDate.", "targetStartDate")
    if end is None and start is not None:
        errors.add(Code.REQUIRED, "targetEndDate is required with targetStartDate.", "targetEndDate")
    if start is not None and end is not None and start > end:
        errors.add(
            Code.OUT_OF_RANGE,
            f"The end {end} is before the start {start}; it must be the same day or later.",
            "targetEndDate",
        )
    if draft.accounting_period_name is not None:
        return _named_period(session, draft, errors)
    if start is None and end is None:
        errors.add(
            Code.REQUIRED,
            "Give accountingPeriodName, or both targetStartDate and targetEndDate.",
            "accountingPeriodName",
        )
    return _dated_period(session, start, end, errors)


def _named_period(session: Session, draft: CreateRun, errors: Errors) -> _Range | None:
    name = _name(draft.accounting_period_name or "", errors, "accountingPeriodName")
    period = None if name is None else period_named(session, name)
    if period is None:
        if name is not None:
            errors.add(
                Code.UNKNOWN,
                f"There is no accounting period {name!r}; use a name from the list of accounting periods.",
                "accountingPeriodName",
            )
        # Check the target dates too.
        return _dated_period(session, draft.target_start_date, draft.target_end_date, errors)
    if period.end_date is None:
        errors.add(Code.PERIOD_OPEN_ENDED, _open_ended(period), "accountingPeriodName")
    for field, given, own in (
        ("targetStartDate", draft.target_start_date, period.start_date),
        ("targetEndDate", draft.target_end_date, period.end_date),
    ):
        if given is not None and own is not None and given != own:
            errors.add(
                Code.PERIOD_MISMATCH,
                f"{field} is {given}, but accounting period {period.name} has {own}; use that date, or omit the field.",
                field,
            )
    return None if period.end_date is None else _Range(period, period.start_date, period.end_date)


def _dated_period(session: Session, start: date | None, end: date | None, errors: Errors) -> _Range | None:
    usable: list[AccountingPeriod] = []
    for field, day in (("targetStartDate", start), ("targetEndDate", end)):
        period = None if day is None else period_of(session, day)
        if day is not None and period is None:
            message = f"{day} is not in any accounting period; use a date inside one."
            errors.add(Code.NOT_IN_ONE_PERIOD, message, field)
        elif period is not None and period.end_date is None:
            errors.add(Code.PERIOD_OPEN_ENDED, _open_ended(period), field)
        elif period is not None:
            usable.append(period)
    if start is None or end is None or len(usable) < 2:
        return None
    first, last = usable
    if first.id != last.id:
        errors.add(
            Code.NOT_IN_ONE_PERIOD,
            f"{start} is in accounting period {first.name}, but {end} is in {last.name};"
            " the range must lie inside one period.",
            "targetEndDate",
        )
        return None
    return _Range(first, min(start, end), max(start, end))


def _open_ended(period: AccountingPeriod) -> str:
    return f"Accounting period {period.name} is open-ended; runs need a period that has an end."


def _journal_entry_date(session: Session, draft: CreateRun, errors: Errors) -> date | None:
    day = draft.journal_entry_date
    if day is None:
        errors.add(Code.REQUIRED, "The journal entry date is required.", "journalEntryDate")
    elif period_of(session, day) is None:
        errors.add(
            Code.OUT_OF_RANGE,
            f"The journal entry date {day} is not in any accounting period;"
            " use a date inside one, such as the last day of the period to collect.",
            "journalEntryDate",
        )
    return day


def _transaction_types(draft: CreateRun, found: _Range | None, errors: Errors) -> list[TransactionType]:
    if not draft.transaction_types:
        errors.add(Code.REQUIRED, "Give at least one transaction type.", "transactionTypes")
    known = []
    for position, name in enumerate(draft.transaction_types):
        place = ("transactionTypes", str(position))
        if name not in _TRANSACTION_TYPES:
            errors.add(
                Code.INVALID,
                f"There is no transaction type {name!r}; the types are: {', '.join(_TRANSACTION_TYPES)}.",
                *place,
            )
        elif name in draft.transaction_types[:position]:
            errors.add(Code.DUPLICATE, f"Transaction type {name} is given more than once.", *place)
        else:
            known.append(TransactionType(name))
    _check_whole_period(draft, found, errors)
    return known


def _check_whole_period(draft: CreateRun, found: _Range | None, errors: Errors) -> None:
    revenue = TransactionType.REVENUE_EVENT_ITEM
    start, end = draft.target_start_date, draft.target_end_date
    if revenue not in draft.transaction_types:
        return
    if found is not None and not found.is_whole_period:
        part = f"{found.start} to {found.end} is only a part of {found.period.name}"
    elif found is None and start is not None and end is not None:
        # In no single period, or in the open-ended one: no period has that range.
        part = f"{min(start, end)} to {max(start, end)} is not a period"
    else:
        return
    errors.add(
        Code.WHOLE_PERIOD_ONLY,
        f"{revenue.value} requires a run for a whole accounting period; {part}.",
        "transactionTypes",
        str(draft.transaction_types.index(revenue)),
    )


def _organizations(session: Session, draft: CreateRun, errors: Errors) -> list[str]:
    labels = draft.organization_labels or []
    known = organizations(session) if labels else []
    names: list[str] = []
    for position, label in enumerate(labels):
        place = ("organizationLabels", str(position))
        name = _name(label, errors, *place)
        if name is None:
            continue
        if name not in known:
            errors.add(
                Code.UNKNOWN,
                f"There is no organisation {name!r}; the organisations are: {', '.join(known) or 'none'}.",
                *place,
            )
        elif name in names:
            errors.add(Code.DUPLICATE, f"Organisation {name!r} is given more than once.", *place)
        else:
            names.append(name)
    return names


def _name(raw: str, errors: Errors, *field: str) -> str | None:
    """The normalised name. A blank name stays blank and matches nothing: treated as absent, it would widen the run."""
    try:
        return normalised(raw)
    except TextRefused as refused:
        name = field[0] + "".join(f"[{position}]" for position in field[1:])
        errors.add(Code.INVALID, f"{name}: {refused}.", *field)
        return None


def _check_aggregation(
    session: Session, draft: CreateRun, period: AccountingPeriod, ledger: Ledger, errors: Errors
) -> None:
    if period_has_live_entries(session, period.id, aggregated=not ledger.aggregate_currency):
        existing, requested = ("in transaction currency", "aggregated")
        if not ledger.aggregate_currency:
            existing, requested = requested, existing
        errors.add(
            Code.AGGREGATION_MIXED,
            f"Accounting period {period.name} has entries {existing}, but this run's entries would be"
            f" {requested}; the entries of a period must all be aggregated, or none.",
            "targetStartDate" if draft.accounting_period_name is None else "accountingPeriodName",
        )
