"""Importing reference data: accounting codes, accounting periods, segments and segmentation rules.

Each import is all or nothing: one invalid line rejects the whole file. Existing names are updated.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import TypeVar

from sqlmodel import Session

from resolvers.import_lines import (
    Cells,
    Imported,
    ImportRefused,
    Lines,
    OnlyChecked,
    Reject,
    Settle,
    at_once,
    malformed,
    word,
    yes_or_no,
)
from runs.violations import Rule, Violation
from storage import audit
from storage.accounting_codes import AccountingCode, save_codes
from storage.accounting_periods import AccountingPeriod, all_periods, period_starting, save_period
from storage.database import Database, DatabaseBusy
from storage.days import parse_day
from storage.journal_runs import numbers_of_runs_booked_on, numbers_of_runs_for
from storage.numbering import lock_series
from storage.postings import lock_file_imports
from storage.segments import (
    RuleSegments,
    SegmentationRule,
    count_rules,
    deactivate_rules,
    rule_named,
    rule_segments,
    save_rule,
    save_segments,
)
from storage.words import AccountingCodeCategory, AccountingCodeStatus, AccountingPeriodStatus, TransactionType

Row = TypeVar("Row")

CODE_COLUMNS = (("name", "type"), ("category", "status", "gl_account_name", "gl_account_number"))
PERIOD_COLUMNS = (("name", "start_date"), ("end_date", "fiscal_year", "fiscal_quarter", "status"))
SEGMENT_COLUMNS = (("segment",), ("segmentation_rule", "transaction_type", "active"))
"""The required and the optional columns of each file."""

RULES_MAX = 50

RUNS_NAMED_MAX = 5
"""Number of journal runs named in a refusal."""


Refuse = Callable[[int, Violation], None]
"""Refuses the line with that number."""


class _Rejected(Exception):
    """Rolls back an import that has invalid lines."""


def import_accounting_codes(
    database: Database, lines: Lines, reject: Reject, *, actor: str, settle: Settle = at_once
) -> Imported:
    """Import accounting codes from a file."""

    def save(session: Session, codes: list[tuple[int, AccountingCode]], refuse: Refuse) -> None:
        _refuse_repeated(codes, "accounting code", refuse)
        save_codes(session, [code for _, code in codes])

    return _import(database, audit.SubjectType.ACCOUNTING_CODES, lines, reject, actor, settle, _code, save)


def import_accounting_periods(
    database: Database, lines: Lines, reject: Reject, *, actor: str, settle: Settle = at_once
) -> Imported:
    """Import accounting periods from a file. They must not overlap each other or existing periods.

    The dates of a period that a run has used never change, and the journal entry date of every run stays in a period.
    The name identifies a period, so a new name is a new period.
    """

    def save(session: Session, periods: list[tuple[int, AccountingPeriod]], refuse: Refuse) -> None:
        # Keep new runs out, whose dates their period might no longer have.
        lock_series(session, "JR")
        known = {period.name: period for period in all_periods(session)}
        together = known | {period.name: period for _, period in periods}
        _refuse_repeated(periods, "accounting period", refuse)
        _refuse_changes_of_used(session, periods, known, list(together.values()), refuse)
        overlap = False
        for number, period in periods:
            for other in together.values():
                if other.name != period.name and _overlap(period, other):
                    message = f"accounting period {period.name!r} overlaps {other.name!r}"
                    refuse(number, Violation(Rule.CONFLICT, message))
                    overlap = True
        for number, period in [] if overlap else periods:
            starting = period_starting(session, period.start_date)
            if starting is not None and starting.name != period.name:
                message = (
                    f"accounting period {period.name!r} would start on the same day as {starting.name!r}, which a later"
                    " line changes; put that line before this one"
                )
                refuse(number, Violation(Rule.CONFLICT, message))
                return
            save_period(session, period)

    return _import(database, audit.SubjectType.ACCOUNTING_PERIODS, lines, reject, actor, settle, _period, save)


def import_segments(
    database: Database, lines: Lines, reject: Reject, *, actor: str, settle: Settle = at_once
) -> Imported:
    """Import segments, and the segmentation rules that use them, from a file.

    A line names a segment; with `segmentation_rule` it also adds it to that rule, in the order of the lines, for
    all transaction types or (an override) for one. The segments of a rule that a run has used never change.
    """

    def save(session: Session, segments: list[tuple[int, _SegmentLine]], refuse: Refuse) -> None:
        save_segments(session, [line.segment for _, line in segments])
        _save_rules(session, segments, refuse)

    return _import(database, audit.SubjectType.SEGMENTS, lines, reject, actor, settle, _SegmentLine, save)


def _import(
    database: Database,
    what: audit.SubjectType,
    lines: Lines,
    reject: Reject,
    actor: str,
    settle: Settle,
    parse: Callable[[Cells], Row],
    save: Callable[[Session, list[tuple[int, Row]], Refuse], None],
) -> Imported:
    rows: list[tuple[int, Row]] = []
    rejected: dict[int, list[Violation]] = {}

    def refuse(number: int, violation: Violation) -> None:
        rejected.setdefault(number, []).append(violation)

    for number, values in lines:
        if isinstance(values, str):
            rejected[number] = [malformed(values)]
            continue
        cells = Cells(values)
        row = parse(cells)
        if cells.violations.found:
            rejected[number] = cells.violations.found
        else:
            rows.append((number, row))
    try:
        with database.write() as session:
            lock_file_imports(session)
            save(session, rows, refuse)
            audit.record(
                session,
                actor=actor,
                action=audit.Action.IMPORT,
                subject_type=what,
                subject=what.value,
                after={"recorded": len(rows)},
            )
            if rejected:
                raise _Rejected
            settle()
    except _Rejected:
        for number in sorted(rejected):
            reject(number, rejected[number])
        return Imported(rejected=len(rejected))
    except OnlyChecked:
        pass
    except DatabaseBusy as error:
        raise ImportRefused(
            "another writer is holding the ledger; nothing was recorded, so run the import again"
        ) from error
    return Imported(recorded=len(rows))


def _code(cells: Cells) -> AccountingCode:
    name = cells.require("name", cells.text("name"))
    type_ = cells.require("type", cells.text("type"))
    category = cells.read("category", partial(word, AccountingCodeCategory))
    status = cells.read("status", partial(word, AccountingCodeStatus))
    gl_account_name = cells.text("gl_account_name", 255)
    gl_account_number = cells.text("gl_account_number", 255)
    return AccountingCode(
        name=name or "",
        type=type_ or "",
        category=category,
        status=status or AccountingCodeStatus.ACTIVE,
        gl_account_name=gl_account_name,
        gl_account_number=gl_account_number,
    )


def _period(cells: Cells) -> AccountingPeriod:
    name = cells.require("name", cells.text("name"))
    start = cells.require("start_date", cells.read("start_date", parse_day))
    end = cells.read("end_date", parse_day)
    if start is not None and end is not None and end < start:
        cells.violations.add(Rule.OUT_OF_RANGE, f"{end} is before the start date, {start}", "end_date")
    fiscal_year = cells.read("fiscal_year", partial(_whole, 1900, 2199))
    fiscal_quarter = cells.read("fiscal_quarter", partial(_whole, 1, 4))
    status = cells.read("status", partial(word, AccountingPeriodStatus))
    return AccountingPeriod(
        name=name or "",
        start_date=start or date.min,
        end_date=end,
        fiscal_year=fiscal_year,
        fiscal_quarter=fiscal_quarter,
        status=status or AccountingPeriodStatus.OPEN,
    )


def _refuse_repeated(rows: Sequence[tuple[int, AccountingCode | AccountingPeriod]], what: str, refuse: Refuse) -> None:
    """Refuse a line that repeats the name of an earlier line, because which one applies would be a guess."""
    lines: dict[str, int] = {}
    for number, row in rows:
        earlier = lines.setdefault(row.name, number)
        if earlier != number:
            message = f"{what} {row.name!r} is also on line {earlier}; give each name once"
            refuse(number, Violation(Rule.DUPLICATE, message, ("name",)))


def _refuse_changes_of_used(
    session: Session,
    periods: Sequence[tuple[int, AccountingPeriod]],
    known: Mapping[str, AccountingPeriod],
    together: Sequence[AccountingPeriod],
    refuse: Refuse,
) -> None:
    for number, period in periods:
        before = known.get(period.name)
        if before is None or before.id is None:
            continue
        dates, dates_before = ((one.start_date, one.end_date) for one in (period, before))
        if dates == dates_before:
            continue
        used = numbers_of_runs_for(session, before.id)
        if used:
            message = (
                f"accounting period {period.name!r} is used by {_listed(used)}, so its dates {_days(before)} cannot"
                " change; cancel and delete those runs first, or use another name for the new dates"
            )
            refuse(number, Violation(Rule.CONFLICT, message))
            continue
        booked = numbers_of_runs_booked_on(session, before.start_date, before.end_date)
        lost = [run for run, day in booked if not any(_covers(one, day) for one in together)]
        if lost:
            message = (
                f"accounting period {period.name!r} includes the journal entry date of {_listed(lost)}, which would"
                " then be in no period; keep that date in this period, or add a period that includes it"
            )
            refuse(number, Violation(Rule.CONFLICT, message))


def _listed(numbers: Sequence[str]) -> str:
    more = f" and {len(numbers) - RUNS_NAMED_MAX:,} more" if len(numbers) > RUNS_NAMED_MAX else ""
    return ("journal run " if len(numbers) == 1 else "journal runs ") + ", ".join(numbers[:RUNS_NAMED_MAX]) + more


def _days(period: AccountingPeriod) -> str:
    return f"{period.start_date} to {period.end_date}" if period.end_date else f"{period.start_date} and later"


def _covers(period: AccountingPeriod, day: date) -> bool:
    return period.start_date <= day and (period.end_date is None or day <= period.end_date)


def _overlap(one: AccountingPeriod, other: AccountingPeriod) -> bool:
    begins_before_end = other.end_date is None or one.start_date <= other.end_date
    ends_after_begin = one.end_date is None or one.end_date >= other.start_date
    return begins_before_end and ends_after_begin


def _whole(least: int, most: int, text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 4) or not least <= int(text) <= most:
        raise ValueError(f"{text!r} is not a whole number from {least} to {most}")
    return int(text)


class _SegmentLine:
    def __init__(self, cells: Cells) -> None:
        self.segment = cells.require("segment", cells.text("segment")) or ""
        self.rule = cells.text("segmentation_rule")
        self.transaction_type = cells.read("transaction_type", partial(word, TransactionType))
        self.active = bool(cells.read("active", yes_or_no))
        needs_rule = cells.has_text("transaction_type") or cells.has_text("active")
        if needs_rule and self.rule is None and not cells.has_violation("segmentation_rule"):
            message = "it is required for a transaction type, or for an active rule"
            cells.violations.add(Rule.REQUIRED, message, "segmentation_rule")


def _save_rules(session: Session, lines: list[tuple[int, _SegmentLine]], refuse: Refuse) -> None:
    rules: dict[str, tuple[int, bool, RuleSegments]] = {}
    for number, line in lines:
        if line.rule is None:
            continue
        first, active, segments = rules.get(line.rule, (number, False, {}))
        names = segments.setdefault(line.transaction_type, [])
        if line.segment in names:
            message = f"segment {line.segment!r} is already in segmentation rule {line.rule!r}; give it once"
            refuse(number, Violation(Rule.DUPLICATE, message))
            continue
        names.append(line.segment)
        rules[line.rule] = (first, active or line.active, segments)
    active_rules = [name for name, (_, active, _) in rules.items() if active]
    for name in active_rules[1:]:
        message = f"segmentation rules {active_rules[0]!r} and {name!r} cannot both be active"
        refuse(rules[name][0], Violation(Rule.CONFLICT, message))
    if active_rules:
        deactivate_rules(session)
    for name, (number, active, segments) in rules.items():
        _save_rule(session, number, name, active and name == active_rules[0], segments, refuse)
    if count_rules(session) > RULES_MAX:
        message = f"there would be more than {RULES_MAX} segmentation rules, which is the maximum"
        refuse(lines[-1][0], Violation(Rule.OUT_OF_RANGE, message))


def _save_rule(session: Session, number: int, name: str, active: bool, segments: RuleSegments, refuse: Refuse) -> None:
    rule = rule_named(session, name) or SegmentationRule(name=name)
    if rule.used_at is not None and rule_segments(session, rule.id) != segments:
        message = (
            f"segmentation rule {name!r} has been used by a journal run, so its segments cannot change;"
            " deactivate it and create another rule"
        )
        refuse(number, Violation(Rule.CONFLICT, message))
        return
    rule.active = active
    save_rule(session, rule, segments)
