"""Importing what a ledger is made of: accounting codes, accounting periods, segments and segmentation rules.

Each import is all or nothing: with one bad line, no line is taken. A name that exists is brought up to date.
"""

from collections.abc import Callable, Mapping
from typing import TypeVar

from sqlmodel import Session

from resolvers.import_lines import (
    Faulty,
    Imported,
    ImportRefused,
    Lines,
    OnlyChecked,
    Reject,
    Settle,
    at_once,
    day,
    required,
    short,
    word,
    yes_or_no,
)
from storage import audit
from storage.accounting_codes import AccountingCode, save_code
from storage.accounting_periods import AccountingPeriod, all_periods, period_starting, save_period
from storage.database import Database, DatabaseBusy
from storage.posting import lock_file_imports
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
from storage.words import (
    AccountingCodeCategory,
    AccountingCodeStatus,
    AccountingPeriodStatus,
    TransactionType,
)

Row = TypeVar("Row")

CODE_COLUMNS = (("name", "type"), ("category", "status", "gl_account_name", "gl_account_number"))
PERIOD_COLUMNS = (("name", "start_date"), ("end_date", "fiscal_year", "fiscal_quarter", "status"))
SEGMENT_COLUMNS = (("segment",), ("segmentation_rule", "transaction_type", "active"))
"""The required and the optional columns of each file."""

MOST_RULES = 50


class _Rejected(Exception):
    """Undoes an import that has bad lines."""


def import_accounting_codes(
    database: Database, lines: Lines, reject: Reject, *, actor: str, settle: Settle = at_once
) -> Imported:
    """Take accounting codes from a file."""

    def save(session: Session, codes: list[tuple[int, AccountingCode]], _refuse: Reject) -> None:
        for _, code in codes:
            save_code(session, code)

    return _import(database, "AccountingCodes", lines, reject, actor, settle, _code, save)


def import_accounting_periods(
    database: Database, lines: Lines, reject: Reject, *, actor: str, settle: Settle = at_once
) -> Imported:
    """Take accounting periods from a file. Periods must not overlap, those included that exist."""

    def save(session: Session, periods: list[tuple[int, AccountingPeriod]], refuse: Reject) -> None:
        together = {period.name: period for period in all_periods(session)}
        together |= {period.name: period for _, period in periods}
        overlap = False
        for number, period in periods:
            for other in together.values():
                if other.name != period.name and _overlap(period, other):
                    refuse(number, f"accounting period {period.name!r} overlaps {other.name!r}")
                    overlap = True
        for number, period in [] if overlap else periods:
            starting = period_starting(session, period.start_date)
            if starting is not None and starting.name != period.name:
                refuse(
                    number,
                    f"accounting period {period.name!r} would start on the day that {starting.name!r} still starts on;"
                    " put the line that moves that one before this line",
                )
                return
            save_period(session, period)

    return _import(database, "AccountingPeriods", lines, reject, actor, settle, _period, save)


def import_segments(
    database: Database, lines: Lines, reject: Reject, *, actor: str, settle: Settle = at_once
) -> Imported:
    """Take segments, and the segmentation rules they stand in, from a file.

    A line names a segment; with `segmentation_rule` it also stands in that rule, in the order of the lines, for
    every transaction type or (an override) for one. A rule that a run has used keeps its segments for ever.
    """

    def save(session: Session, segments: list[tuple[int, _SegmentLine]], refuse: Reject) -> None:
        save_segments(session, [line.segment for _, line in segments])
        _save_rules(session, segments, refuse)

    return _import(database, "Segments", lines, reject, actor, settle, _segment, save)


def _import(
    database: Database,
    what: str,
    lines: Lines,
    reject: Reject,
    actor: str,
    settle: Settle,
    parse: Callable[[Mapping[str, str]], Row],
    save: Callable[[Session, list[tuple[int, Row]], Reject], None],
) -> Imported:
    rows: list[tuple[int, Row]] = []
    reasons: dict[int, list[str]] = {}

    def refuse(number: int, reason: str) -> None:
        reasons.setdefault(number, []).append(reason)

    for number, values in lines:
        try:
            if isinstance(values, str):
                raise Faulty(values)
            rows.append((number, parse(values)))
        except Faulty as fault:
            refuse(number, str(fault))
    try:
        with database.write() as session:
            lock_file_imports(session)
            save(session, rows, refuse)
            audit.record(
                session,
                actor=actor,
                action="import",
                subject_type=what,
                subject=what,
                after={"recorded": len(rows)},
            )
            if reasons:
                raise _Rejected
            settle()
    except _Rejected:
        for number, found in sorted(reasons.items()):
            reject(number, "; ".join(found))
        return Imported(rejected=len(reasons))
    except OnlyChecked:
        pass
    except DatabaseBusy as error:
        raise ImportRefused("others are writing to the ledger for long; nothing was taken, so run it again") from error
    return Imported(recorded=len(rows))


def _code(values: Mapping[str, str]) -> AccountingCode:
    category = values.get("category")
    return AccountingCode(
        name=short("name", required(values, "name")),
        type=short("type", required(values, "type")),
        category=None if category is None else word(AccountingCodeCategory, "category", category),
        status=word(AccountingCodeStatus, "status", values.get("status", "Active")),
        gl_account_name=short("gl_account_name", values.get("gl_account_name", ""), 255) or None,
        gl_account_number=short("gl_account_number", values.get("gl_account_number", ""), 255) or None,
    )


def _period(values: Mapping[str, str]) -> AccountingPeriod:
    end = values.get("end_date")
    period = AccountingPeriod(
        name=short("name", required(values, "name")),
        start_date=day("start_date", required(values, "start_date")),
        end_date=None if end is None else day("end_date", end),
        fiscal_year=_whole("fiscal_year", values.get("fiscal_year"), 1900, 2199),
        fiscal_quarter=_whole("fiscal_quarter", values.get("fiscal_quarter"), 1, 4),
        status=word(AccountingPeriodStatus, "status", values.get("status", "Open")),
    )
    if period.end_date is not None and period.end_date < period.start_date:
        raise Faulty(f"end_date: {period.end_date} is before the start, {period.start_date}")
    return period


def _overlap(one: AccountingPeriod, other: AccountingPeriod) -> bool:
    begins_before_end = other.end_date is None or one.start_date <= other.end_date
    ends_after_begin = one.end_date is None or one.end_date >= other.start_date
    return begins_before_end and ends_after_begin


def _whole(column: str, text: str | None, least: int, most: int) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= 4) or not least <= int(text) <= most:
        raise Faulty(f"{column}: {text!r} is not a whole number from {least} to {most}")
    return int(text)


class _SegmentLine:
    def __init__(self, values: Mapping[str, str]) -> None:
        self.segment = short("segment", required(values, "segment"))
        self.rule = short("segmentation_rule", values.get("segmentation_rule", "")) or None
        type_name = values.get("transaction_type")
        self.transaction_type = None if type_name is None else word(TransactionType, "transaction_type", type_name)
        active = values.get("active")
        self.active = active is not None and yes_or_no("active", active)
        if self.rule is None and (type_name is not None or active is not None):
            raise Faulty("segmentation_rule: it is required when transaction_type or active is given")


def _segment(values: Mapping[str, str]) -> _SegmentLine:
    return _SegmentLine(values)


def _save_rules(session: Session, lines: list[tuple[int, _SegmentLine]], refuse: Reject) -> None:
    rules: dict[str, tuple[int, bool, RuleSegments]] = {}
    for number, line in lines:
        if line.rule is None:
            continue
        first, active, segments = rules.get(line.rule, (number, False, {}))
        names = segments.setdefault(line.transaction_type, [])
        if line.segment in names:
            refuse(number, f"segment {line.segment!r} stands twice in segmentation rule {line.rule!r}")
            continue
        names.append(line.segment)
        rules[line.rule] = (first, active or line.active, segments)
    wanted_active = [name for name, (_, active, _) in rules.items() if active]
    for name in wanted_active[1:]:
        refuse(rules[name][0], f"segmentation rules {wanted_active[0]!r} and {name!r} cannot both be active")
    if wanted_active:
        deactivate_rules(session)
    for name, (number, active, segments) in rules.items():
        _save_rule(session, number, name, active and name == wanted_active[0], segments, refuse)
    if count_rules(session) > MOST_RULES:
        refuse(lines[-1][0], f"there would be more than {MOST_RULES} segmentation rules")


def _save_rule(session: Session, number: int, name: str, active: bool, segments: RuleSegments, refuse: Reject) -> None:
    rule = rule_named(session, name) or SegmentationRule(name=name)
    if rule.used_at is not None and rule.id is not None and rule_segments(session, rule.id) != segments:
        refuse(
            number,
            f"segmentation rule {name!r} has been used by a journal run, so its segments can no longer change;"
            " deactivate it and make another",
        )
        return
    rule.active = active
    save_rule(session, rule, segments)
