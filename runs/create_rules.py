"""The rules for a new run. Reports every violation, not just the first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlmodel import Session

from runs.texts import normalised_name
from runs.violations import Rule, Violation, Violations
from storage.accounting_periods import AccountingPeriod, period_named, period_of
from storage.journal_entries import period_has_live_entries
from storage.journal_runs import JournalRun, running_run
from storage.organizations import is_within, limit_of
from storage.posting_keys import organizations
from storage.segments import SegmentationRule, active_rule
from storage.settings import Ledger, ledger_of
from storage.texts import is_storable
from storage.words import Permission, TransactionType

_TRANSACTION_TYPES = tuple(TransactionType)
_ORGANIZATIONS_SHOWN = 50


@dataclass(frozen=True, slots=True)
class RunDraft:
    """The input for a new run. A transaction type may be an unknown word; without a list of types, all are meant."""

    journal_entry_date: date | None
    transaction_types: Sequence[str] | None = None
    accounting_period_name: str | None = None
    target_start_date: date | None = None
    target_end_date: date | None = None
    organization_labels: list[str] | None = None
    idempotency_key: str | None = None

    @property
    def types(self) -> Sequence[str]:
        """The words of the transaction types to collect."""
        return _TRANSACTION_TYPES if self.transaction_types is None else self.transaction_types


@dataclass(frozen=True, slots=True)
class ValidRun:
    """The input for a new run that breaks no rule."""

    period: AccountingPeriod
    start: date
    end: date
    journal_entry_date: date
    transaction_types: list[TransactionType]
    organization_labels: list[str]
    segmentation_rule: SegmentationRule | None
    home_currency: str | None
    aggregate_currency: bool


def check(session: Session, draft: RunDraft, others: Sequence[Violation] = ()) -> ValidRun:
    """The valid run. Raises Invalid with every violation, and the others that the caller has found."""
    violations = Violations()
    ledger = ledger_of(session)
    found = _range(session, draft, violations)
    transaction_types = _transaction_types(draft, found, violations)
    organization_labels = _organizations(session, draft, violations)
    entry_date = _journal_entry_date(session, draft, violations)
    if found is not None:
        _check_aggregation(session, draft, found.period, ledger, violations)
    obstacle = running_run(session)
    if obstacle is not None:
        violations.found.append(_in_the_way(session, obstacle))
    if draft.idempotency_key is not None and not is_idempotency_key(draft.idempotency_key):
        violations.add(
            Rule.INVALID,
            "it must have 1 to 255 characters, without NUL and unpaired surrogates",
            "idempotency_key",
        )
    violations.found += others
    violations.refuse()
    # Without violations, neither is missing.
    assert found is not None
    assert entry_date is not None
    return ValidRun(
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


def _in_the_way(session: Session, run: JournalRun) -> Violation:
    rest = "only one run can be Pending or Processing: wait until it has ended"
    message = f"journal run {run.number} is {run.status.value}; {rest}, or cancel it while it is Pending"
    otherwise = f"another journal run is in progress; {rest}"
    if not is_within(run.organization_labels, limit_of(session)):
        message = otherwise
    return Violation(Rule.RUN_IN_PROGRESS, message, (), Permission.VIEW_JOURNAL_RUNS, otherwise)


def is_idempotency_key(text: str) -> bool:
    """Whether the text is a valid key. Keys are opaque, so they are not normalised."""
    return 1 <= len(text) <= 255 and is_storable(text)


@dataclass(frozen=True, slots=True)
class _Range:
    period: AccountingPeriod
    start: date
    end: date

    @property
    def is_whole_period(self) -> bool:
        return (self.start, self.end) == (self.period.start_date, self.period.end_date)


def _range(session: Session, draft: RunDraft, violations: Violations) -> _Range | None:
    start, end = draft.target_start_date, draft.target_end_date
    if start is None and end is not None:
        violations.add(Rule.REQUIRED, "it is required with a target end date", "target_start_date")
    if end is None and start is not None:
        violations.add(Rule.REQUIRED, "it is required with a target start date", "target_end_date")
    if start is not None and end is not None and start > end:
        violations.add(
            Rule.OUT_OF_RANGE,
            f"the end {end} is before the start {start}; it must be the same day or later",
            "target_end_date",
        )
    if draft.accounting_period_name is not None:
        return _named_period(session, draft, violations)
    if start is None and end is None:
        violations.add(
            Rule.REQUIRED,
            "give an accounting period, or both target dates",
            "accounting_period_name",
        )
    return _dated_period(session, start, end, violations)


def _named_period(session: Session, draft: RunDraft, violations: Violations) -> _Range | None:
    # A blank name stays blank and matches nothing: treated as absent, it would widen the run.
    name = normalised_name(draft.accounting_period_name or "", violations, "accounting_period_name")
    period = None if name is None else period_named(session, name)
    if period is None:
        if name is not None:
            violations.add(
                Rule.UNKNOWN,
                f"there is no accounting period {name!r}; use a name from the list of accounting periods",
                "accounting_period_name",
            )
        # Check the target dates too.
        return _dated_period(session, draft.target_start_date, draft.target_end_date, violations)
    if period.end_date is None:
        violations.add(Rule.PERIOD_OPEN_ENDED, _open_ended(period), "accounting_period_name")
    for field, end_of, day, own in (
        ("target_start_date", "first day", draft.target_start_date, period.start_date),
        ("target_end_date", "last day", draft.target_end_date, period.end_date),
    ):
        if day is not None and own is not None and day != own:
            violations.add(
                Rule.PERIOD_MISMATCH,
                f"{day} is not the {end_of} of accounting period {period.name}; use {own}, or omit the date",
                field,
            )
    return None if period.end_date is None else _Range(period, period.start_date, period.end_date)


def _dated_period(session: Session, start: date | None, end: date | None, violations: Violations) -> _Range | None:
    usable: list[AccountingPeriod] = []
    for field, day in (("target_start_date", start), ("target_end_date", end)):
        period = None if day is None else period_of(session, day)
        if day is not None and period is None:
            message = f"{day} is not in any accounting period; use a date inside one"
            violations.add(Rule.NOT_IN_ONE_PERIOD, message, field)
        elif period is not None and period.end_date is None:
            violations.add(Rule.PERIOD_OPEN_ENDED, _open_ended(period), field)
        elif period is not None:
            usable.append(period)
    if start is None or end is None or len(usable) < 2:
        return None
    first, last = usable
    if first.id != last.id:
        violations.add(
            Rule.NOT_IN_ONE_PERIOD,
            f"{start} is in accounting period {first.name}, but {end} is in {last.name};"
            " the range must lie inside one period",
            "target_end_date",
        )
        return None
    return _Range(first, min(start, end), max(start, end))


def _open_ended(period: AccountingPeriod) -> str:
    return f"accounting period {period.name} is open-ended; runs need a period that has an end"


def _journal_entry_date(session: Session, draft: RunDraft, violations: Violations) -> date | None:
    day = draft.journal_entry_date
    if day is None:
        violations.add(Rule.REQUIRED, "it is required", "journal_entry_date")
    elif period_of(session, day) is None:
        violations.add(
            Rule.OUT_OF_RANGE,
            f"{day} is not in any accounting period; use a date inside one, such as the last day of the period to"
            " collect",
            "journal_entry_date",
        )
    return day


def _transaction_types(draft: RunDraft, found: _Range | None, violations: Violations) -> list[TransactionType]:
    if not draft.types:
        violations.add(Rule.REQUIRED, "give at least one transaction type", "transaction_types")
    known = []
    for position, name in enumerate(draft.types):
        place = ("transaction_types", position)
        if name not in _TRANSACTION_TYPES:
            violations.add(
                Rule.INVALID,
                f"there is no transaction type {name!r}; the types are: {', '.join(_TRANSACTION_TYPES)}",
                *place,
            )
        elif TransactionType(name) in known:
            violations.add(Rule.DUPLICATE, f"transaction type {name} is given more than once", *place)
        else:
            known.append(TransactionType(name))
    _check_whole_period(draft, found, violations)
    return known


def _check_whole_period(draft: RunDraft, found: _Range | None, violations: Violations) -> None:
    revenue = TransactionType.REVENUE_EVENT_ITEM
    start, end = draft.target_start_date, draft.target_end_date
    if revenue not in draft.types:
        return
    if found is not None and not found.is_whole_period:
        part = f"{found.start} to {found.end} is only a part of {found.period.name}"
    elif found is None and start is not None and end is not None:
        # In no single period, or in the open-ended one: no period has that range.
        part = f"{min(start, end)} to {max(start, end)} is not a period"
    else:
        return
    message = f"{revenue.value} requires a run for a whole accounting period; {part}"
    if draft.transaction_types is None:
        message += ", so name the transaction types to collect"
        violations.add(Rule.WHOLE_PERIOD_ONLY, message, "transaction_types")
    else:
        place = draft.transaction_types.index(revenue)
        violations.add(Rule.WHOLE_PERIOD_ONLY, message, "transaction_types", place)


def _organizations(session: Session, draft: RunDraft, violations: Violations) -> list[str]:
    labels = draft.organization_labels or []
    own = limit_of(session)
    if own is not None and not labels:
        message = f"name the organisations to collect; you may collect: {', '.join(sorted(own)) or 'none'}"
        violations.add(Rule.REQUIRED, message, "organization_labels")
    known = organizations(session) if labels else []
    known_names = set(known)
    shown = ", ".join(known[:_ORGANIZATIONS_SHOWN]) or "none"
    if len(known) > _ORGANIZATIONS_SHOWN:
        shown += f" and {len(known) - _ORGANIZATIONS_SHOWN:,} others"
    names: dict[str, None] = {}
    for position, label in enumerate(labels):
        place = ("organization_labels", position)
        name = normalised_name(label, violations, *place)
        if name is None:
            continue
        if name not in known_names:
            unknown = f"there is no organisation {name!r}"
            message = f"{unknown}; the organisations are: {shown}"
            violations.found.append(Violation(Rule.UNKNOWN, message, place, Permission.VIEW_JOURNAL_ENTRIES, unknown))
        elif name in names:
            violations.add(Rule.DUPLICATE, f"organisation {name!r} is given more than once", *place)
        else:
            names[name] = None
    return list(names)


def _check_aggregation(
    session: Session, draft: RunDraft, period: AccountingPeriod, ledger: Ledger, violations: Violations
) -> None:
    if period_has_live_entries(session, period.id, aggregated=not ledger.aggregate_currency):
        existing, requested = ("in transaction currency", "aggregated")
        if not ledger.aggregate_currency:
            existing, requested = requested, existing
        violations.add(
            Rule.AGGREGATION_MIXED,
            f"accounting period {period.name} has entries {existing}, but this run's entries would be"
            f" {requested}; the entries of a period must all be aggregated, or none",
            "target_start_date" if draft.accounting_period_name is None else "accounting_period_name",
        )
