"""Importing codes, periods, segments and rules: each file completely or not at all."""

from dataclasses import replace
from datetime import date
from typing import Protocol

import pytest
from sqlmodel import select

from gateway.reasons import reasons
from resolvers.import_ledger import RULES_MAX, import_accounting_codes, import_accounting_periods, import_segments
from resolvers.import_lines import Imported, Lines, Reject
from storage.accounting_codes import AccountingCode
from storage.accounting_periods import all_periods
from storage.audit import AuditEvent, events_of
from storage.columns import now
from storage.database import Database
from storage.segments import (
    RuleSegments,
    SegmentationRule,
    active_rule,
    count_rules,
    rule_named,
    rule_segments,
    segment_names,
)
from storage.words import (
    AccountingCodeCategory,
    AccountingCodeStatus,
    AccountingPeriodStatus,
    TransactionType,
)
from tests.support.client import Client
from tests.support.direct_runs import DECEMBER, cancel_now, run_now
from tests.support.ledger import line, post

Rejected = list[tuple[int, str]]


class Import(Protocol):
    """One of the three imports."""

    def __call__(self, database: Database, lines: Lines, reject: Reject, *, actor: str) -> Imported: ...


def take(importer: Import, database: Database, *lines: dict[str, str]) -> tuple[Imported, Rejected]:
    """Import these lines, numbered from 2."""
    rejected: Rejected = []
    done = importer(
        database,
        enumerate(lines, start=2),
        lambda number, violations: rejected.append((number, reasons(violations))),
        actor="Ada",
    )
    assert done.rejected == len(rejected)
    assert not (done.recorded and done.rejected), "all or nothing"
    return done, rejected


def taken(importer: Import, database: Database, *lines: dict[str, str]) -> int:
    """The number of recorded lines; none may be rejected."""
    done, rejected = take(importer, database, *lines)
    assert rejected == []
    return done.recorded


def refused(importer: Import, database: Database, *lines: dict[str, str]) -> Rejected:
    """The reasons of the rejected lines; none may be recorded."""
    done, rejected = take(importer, database, *lines)
    assert done.recorded == 0
    assert rejected
    return rejected


def period(name: str, start: str, end: str = "", **values: str) -> dict[str, str]:
    given = {"name": name, "start_date": start, "end_date": end, **values}
    return {column: text for column, text in given.items() if text}


def rule(segment: str, name: str, active: str = "", transaction_type: str = "") -> dict[str, str]:
    given = {"segment": segment, "segmentation_rule": name, "active": active, "transaction_type": transaction_type}
    return {column: text for column, text in given.items() if text}


def audited(database: Database, what: str) -> list[AuditEvent]:
    with database.read() as session:
        return events_of(session, what, what)


# Accounting codes


def codes(database: Database) -> dict[str, AccountingCode]:
    with database.read() as session:
        return {code.name: code for code in session.exec(select(AccountingCode))}


def test_an_existing_code_is_updated_in_place(empty_database: Database) -> None:
    first = {"name": "Cash", "type": "Cash", "gl_account_number": "1000"}
    assert taken(import_accounting_codes, empty_database, first, {"name": "Sales", "type": "SalesRevenue"}) == 2
    before = codes(empty_database)["Cash"]

    update = {"name": "Cash", "type": "OtherAssets", "category": "ASSETS", "status": "Inactive", "gl_account_name": "C"}
    assert taken(import_accounting_codes, empty_database, update) == 1

    after = codes(empty_database)["Cash"]
    assert before.id == after.id
    assert (after.type, after.category) == ("OtherAssets", AccountingCodeCategory.ASSETS)
    assert (after.status, after.gl_account_name, after.gl_account_number) == (AccountingCodeStatus.INACTIVE, "C", None)
    assert codes(empty_database)["Sales"].status is AccountingCodeStatus.ACTIVE


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"name": ""}, "name: it is required"),
        ({"type": ""}, "type: it is required"),
        ({"name": "x" * 101}, "name: it has 101 characters; the maximum is 100"),
        ({"type": "x" * 101}, "type: it has 101 characters; the maximum is 100"),
        ({"gl_account_name": "x" * 256}, "gl_account_name: it has 256 characters; the maximum is 255"),
        ({"gl_account_number": "x" * 256}, "gl_account_number: it has 256 characters; the maximum is 255"),
        (
            {"category": "Asset"},
            "category: 'Asset' is unknown; did you mean 'Assets'?",
        ),
        ({"status": "active"}, "status: 'active' is unknown; did you mean 'Active'?"),
    ],
)
def test_a_bad_code_refuses_the_whole_file(empty_database: Database, values: dict[str, str], reason: str) -> None:
    good = {"name": "x" * 100, "type": "x" * 100, "gl_account_name": "x" * 255, "gl_account_number": "x" * 255}

    ((number, told),) = refused(import_accounting_codes, empty_database, good, {**good, **values})

    assert number == 3
    assert told.startswith(reason)
    assert codes(empty_database) == {}
    assert audited(empty_database, "AccountingCodes") == []
    assert taken(import_accounting_codes, empty_database, good) == 1


def test_an_import_is_recorded_in_the_audit_trail(empty_database: Database) -> None:
    taken(import_accounting_codes, empty_database, {"name": "Cash", "type": "Cash"})
    taken(import_accounting_periods, empty_database, period("May", "2025-05-01", "2025-05-31"))
    taken(import_segments, empty_database, rule("country", "By country"), {"segment": "product"})

    for what, recorded in {"AccountingCodes": 1, "AccountingPeriods": 1, "Segments": 2}.items():
        (event,) = audited(empty_database, what)
        assert (event.actor, event.action, event.before, event.after) == ("Ada", "import", None, {"recorded": recorded})


# Accounting periods


def periods(database: Database) -> list[tuple[str, date, date | None]]:
    with database.read() as session:
        return [(row.name, row.start_date, row.end_date) for row in all_periods(session)]


def test_an_existing_period_is_updated_in_place(empty_database: Database) -> None:
    taken(import_accounting_periods, empty_database, period("May", "2025-05-01", "2025-05-30", fiscal_quarter="2"))

    update = period("May", "2025-05-02", "2025-05-31", fiscal_year="2025", status="PENDING_CLOSE")
    taken(import_accounting_periods, empty_database, update)

    with empty_database.read() as session:
        (row,) = all_periods(session)
    assert (row.start_date, row.end_date) == (date(2025, 5, 2), date(2025, 5, 31))
    assert (row.fiscal_year, row.fiscal_quarter, row.status) == (2025, None, AccountingPeriodStatus.PENDING_CLOSE)


@pytest.mark.parametrize(
    ("new", "reason"),
    [
        (period("X", "2024-12-31", "2024-12-31"), "accounting period 'X' overlaps 'Dec 2024'"),
        (period("X", "2024-12-01", "2024-12-31"), "accounting period 'X' overlaps 'Dec 2024'"),
        (period("X", "2024-11-01", "2024-12-01"), "accounting period 'X' overlaps 'Dec 2024'"),
        (period("X", "2025-01-10", "2025-01-20"), "accounting period 'X' overlaps 'Jan 2025'"),
        (period("X", "2030-01-01", "2030-01-31"), "accounting period 'X' overlaps 'Open-Ended'"),
        (period("X", "2024-01-01"), "accounting period 'X' overlaps 'Dec 2024'"),
        (period("Jan 2025", "2024-12-31", "2025-01-31"), "accounting period 'Jan 2025' overlaps 'Dec 2024'"),
    ],
)
def test_an_overlap_refuses_the_whole_file(database: Database, new: dict[str, str], reason: str) -> None:
    before = periods(database)

    reasons = refused(import_accounting_periods, database, period("Nov", "2023-11-01", "2023-11-30"), new)

    assert [number for number, _ in reasons] == [3]
    assert reason in reasons[0][1].split("; ")
    assert periods(database) == before
    assert len(audited(database, "AccountingPeriods")) == 1


def test_an_overlap_within_the_file_is_reported_on_both_lines(empty_database: Database) -> None:
    lines = [period("A", "2025-05-01", "2025-05-31"), period("B", "2025-05-01", "2025-05-31")]

    assert refused(import_accounting_periods, empty_database, *lines) == [
        (2, "accounting period 'A' overlaps 'B'"),
        (3, "accounting period 'B' overlaps 'A'"),
    ]
    assert periods(empty_database) == []


def test_periods_may_be_adjacent_and_may_move_without_overlap(empty_database: Database) -> None:
    taken(import_accounting_periods, empty_database, period("A", "2025-05-01", "2025-05-31"))
    moved = [period("A", "2025-06-01", "2025-06-30"), period("B", "2025-05-01", "2025-05-31")]

    assert refused(import_accounting_periods, empty_database, *reversed(moved)) == [
        (
            2,
            "accounting period 'B' would start on the same day as 'A', which a later line changes;"
            " put that line before this one",
        )
    ]
    assert taken(import_accounting_periods, empty_database, *moved) == 2
    assert [name for name, _, _ in periods(empty_database)] == ["B", "A"]


USED = (
    "accounting period 'Dec 2024' is used by journal run JR-00000001, so its dates 2024-12-01 to 2024-12-31"
    " cannot change"
)


@pytest.mark.parametrize(
    "moved",
    [
        period("Dec 2024", "2024-12-02", "2024-12-31"),
        period("Dec 2024", "2024-12-01", "2024-12-30"),
        period("Dec 2024", "2024-11-30", "2024-12-31"),
        period("Dec 2024", "2023-12-01", "2023-12-31"),
        period("Dec 2024 ", "2024-12-01"),
    ],
)
@pytest.mark.parametrize("cancelled", [False, True])
def test_a_period_that_a_run_has_used_keeps_its_days(
    database: Database, moved: dict[str, str], cancelled: bool
) -> None:
    post(database, [line("a")])
    run = run_now(database)
    if cancelled:
        cancel_now(database, run.number)
    before = periods(database)

    reasons = dict(refused(import_accounting_periods, database, period("Nov", "2023-11-01", "2023-11-30"), moved))

    assert reasons[3].startswith(USED) or "overlaps" in reasons[3]
    assert any(reason.startswith(USED) for _, reason in refused(import_accounting_periods, database, moved))
    assert periods(database) == before


def test_the_other_values_of_a_used_period_may_change(database: Database) -> None:
    post(database, [line("a")])
    run_now(database)

    update = period("Dec 2024", "2024-12-01", "2024-12-31", status="Closed", fiscal_year="2024")
    assert taken(import_accounting_periods, database, update) == 1
    # The others are not used, and may move.
    assert taken(import_accounting_periods, database, period("Feb 2025", "2025-02-02", "2025-02-27")) == 1


def test_a_used_period_cannot_be_renamed(database: Database) -> None:
    post(database, [line("a")])
    run_now(database)

    assert refused(import_accounting_periods, database, period("December", "2024-12-01", "2024-12-31")) == [
        (2, "accounting period 'December' overlaps 'Dec 2024'")
    ]


def test_the_entry_date_of_a_run_stays_in_a_period(database: Database) -> None:
    post(database, [line("a")])
    for day in (date(2025, 3, 15), date(2025, 2, 28)):
        cancel_now(database, run_now(database, draft=replace(DECEMBER, journal_entry_date=day)).number)

    assert refused(
        import_accounting_periods,
        database,
        period("Feb 2025", "2025-02-01", "2025-02-27"),
        period("Open-Ended", "2025-04-01"),
    ) == [
        (
            2,
            "accounting period 'Feb 2025' includes the journal entry date of journal run JR-00000002, which would then"
            " be in no period; keep that date in this period, or add a period that includes it",
        ),
        (
            3,
            "accounting period 'Open-Ended' includes the journal entry date of journal run JR-00000001, which would"
            " then be in no period; keep that date in this period, or add a period that includes it",
        ),
    ]
    # The usual step at a month's end: the open-ended period begins later, and the month gets a period of its own.
    march = period("Mar 2025", "2025-03-01", "2025-03-31")
    assert taken(import_accounting_periods, database, period("Open-Ended", "2025-04-01"), march) == 2


def test_two_open_ended_periods_overlap(database: Database) -> None:
    assert refused(import_accounting_periods, database, period("Later", "2030-01-01")) == [
        (2, "accounting period 'Later' overlaps 'Open-Ended'")
    ]
    earlier = refused(import_accounting_periods, database, period("Earlier", "2000-01-01"))
    # A rejected line is listed once, with all its violations.
    assert [number for number, _ in earlier] == [2]
    assert "accounting period 'Earlier' overlaps 'Open-Ended'" in earlier[0][1].split("; ")


def test_a_name_appears_once_in_a_file_however_it_is_written(empty_database: Database) -> None:
    codes_twice = [{"name": "Cash", "type": "Cash"}, {"name": " Cash\u00a0", "type": "Other"}]
    assert refused(import_accounting_codes, empty_database, *codes_twice) == [
        (3, "name: accounting code 'Cash' is also on line 2; give each name once")
    ]
    periods_twice = [period("Caf\u00e9", "2025-05-01", "2025-05-31"), period("Cafe\u0301", "2025-06-01", "2025-06-30")]
    assert refused(import_accounting_periods, empty_database, *periods_twice) == [
        (3, "name: accounting period 'Caf\u00e9' is also on line 2; give each name once")
    ]
    segments_twice = [rule("country", "By country"), rule("country ", "By country")]
    assert refused(import_segments, empty_database, *segments_twice) == [
        (3, "segment 'country' is already in segmentation rule 'By country'; give it once")
    ]


def test_names_are_normalised_and_invisible_characters_are_refused_by_name(empty_database: Database) -> None:
    code = {"name": " Cafe\u0301", "type": "Sales\u3000", "gl_account_name": " ", "gl_account_number": "4000 "}
    assert taken(import_accounting_codes, empty_database, code) == 1
    assert taken(import_accounting_periods, empty_database, period("\u2003May", "2025-05-01")) == 1
    assert taken(import_segments, empty_database, rule(" country", "By country\n")) == 1
    (stored,) = codes(empty_database).values()
    assert (stored.name, stored.type) == ("Caf\u00e9", "Sales")
    assert (stored.gl_account_name, stored.gl_account_number) == (None, "4000")
    assert [name for name, _, _ in periods(empty_database)] == ["May"]
    with empty_database.read() as session:
        assert segment_names(session) == ["country"]
        assert rule_named(session, "By country") is not None

    assert refused(
        import_accounting_codes,
        empty_database,
        {"name": "Ca\u00adsh", "type": "", "status": "x", "gl_account_name": "\0"},
    ) == [
        (
            2,
            "name: character 3 is SOFT HYPHEN (U+00AD), which is invisible; remove it; type: it is required;"
            " status: 'x' is unknown; the values are: Active, Inactive;"
            " gl_account_name: character 1 is NUL (U+0000), which is invisible; remove it",
        )
    ]
    assert refused(import_accounting_periods, empty_database, period("May\u00a02025", "2025-06-01", "x")) == [
        (
            2,
            "name: character 4 is NO-BREAK SPACE (U+00A0), which is invisible; remove it;"
            " end_date: 'x' is not a date; use the format 2024-12-31",
        )
    ]
    assert refused(import_segments, empty_database, rule("a\u200b", "b\u2060", active="?")) == [
        (
            2,
            "segment: character 2 is ZERO WIDTH SPACE (U+200B), which is invisible; remove it;"
            " segmentation_rule: character 2 is WORD JOINER (U+2060), which is invisible; remove it;"
            " active: '?' is not valid; use yes or no",
        )
    ]


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"end_date": "2025-04-30"}, "end_date: 2025-04-30 is before the start date, 2025-05-01"),
        ({"start_date": "1.5.2025"}, "start_date: '1.5.2025' is not a date; use the format 2024-12-31"),
        ({"end_date": "2025-05-32"}, "end_date: '2025-05-32' is not a date"),
        ({"fiscal_year": "25"}, "fiscal_year: '25' is not a whole number from 1900 to 2199"),
        ({"fiscal_quarter": "5"}, "fiscal_quarter: '5' is not a whole number from 1 to 4"),
        ({"fiscal_quarter": "-1"}, "fiscal_quarter: '-1' is not a whole number from 1 to 4"),
        ({"status": "Shut"}, "status: 'Shut' is unknown; the values are: Open, PendingClose, Closed"),
        ({"name": "x" * 101}, "name: it has 101 characters; the maximum is 100"),
    ],
)
def test_a_bad_period_refuses_the_whole_file(empty_database: Database, values: dict[str, str], reason: str) -> None:
    good = period("A", "2024-01-01", "2024-01-31", fiscal_year="2199", fiscal_quarter="4", status="Closed")

    ((number, told),) = refused(
        import_accounting_periods, empty_database, good, period("B", "2025-05-01", "2025-05-31") | values
    )

    assert number == 3
    assert told.startswith(reason)
    assert periods(empty_database) == []


# Segments and segmentation rules


def stored_rule(database: Database, name: str) -> tuple[bool, RuleSegments] | None:
    """Whether the rule is active, and its segments; None when there is no such rule."""
    with database.read() as session:
        found = rule_named(session, name)
        if found is None or found.id is None:
            return None
        return found.active, rule_segments(session, found.id)


def use(database: Database, name: str) -> None:
    """Mark the rule as used, as a run does."""
    with database.write() as session:
        found = rule_named(session, name)
        assert found is not None
        found.used_at = now()
        session.add(found)


def test_a_rule_keeps_the_order_of_its_lines_and_its_overrides(empty_database: Database) -> None:
    taken(
        import_segments,
        empty_database,
        rule("product", "Both", "yes"),
        rule("country", "Both"),
        rule("country", "Both", transaction_type="Taxation Item"),
        {"segment": "channel"},
    )

    assert stored_rule(empty_database, "Both") == (
        True,
        {None: ["product", "country"], TransactionType.TAXATION_ITEM: ["country"]},
    )
    with empty_database.read() as session:
        assert segment_names(session) == ["channel", "country", "product"]

    taken(import_segments, empty_database, rule("country", "Both", "no"))
    assert stored_rule(empty_database, "Both") == (False, {None: ["country"]})


def test_a_new_active_rule_replaces_the_old_one(database: Database) -> None:
    taken(import_segments, database, rule("product", "By product", "yes"))

    assert stored_rule(database, "By country") == (False, {None: ["country"]})
    with database.read() as session:
        found = active_rule(session)
    assert found is not None
    assert found.name == "By product"


def test_two_rules_cannot_both_be_active(database: Database) -> None:
    lines = [rule("country", "First", "yes"), rule("product", "Second"), rule("country", "Second", "yes")]

    assert refused(import_segments, database, *lines, {"segment": "planet"}) == [
        (3, "segmentation rules 'First' and 'Second' cannot both be active")
    ]

    assert stored_rule(database, "By country") == (True, {None: ["country"]})
    with database.read() as session:
        assert count_rules(session) == 1
        assert segment_names(session) == ["country", "product"]


@pytest.mark.parametrize(
    "lines",
    [
        [rule("product", "By country", "yes")],
        [rule("country", "By country", "yes"), rule("product", "By country")],
        [rule("country", "By country", "yes"), rule("country", "By country", transaction_type="Taxation Item")],
        [rule("country", "By country", "yes", transaction_type="Taxation Item")],
    ],
)
def test_a_used_rule_cannot_be_edited(database: Database, lines: list[dict[str, str]]) -> None:
    use(database, "By country")

    ((number, reason),) = refused(import_segments, database, {"segment": "planet"}, *lines)

    assert number == 3
    assert reason == (
        "segmentation rule 'By country' has been used by a journal run, so its segments cannot change;"
        " deactivate it and create another rule"
    )
    assert stored_rule(database, "By country") == (True, {None: ["country"]})
    with database.read() as session:
        assert "planet" not in segment_names(session)


def test_a_used_rule_can_be_deactivated_and_activated_again(database: Database) -> None:
    use(database, "By country")

    taken(import_segments, database, rule("country", "By country", "no"))
    assert stored_rule(database, "By country") == (False, {None: ["country"]})

    taken(import_segments, database, rule("country", "By country", "yes"))
    assert stored_rule(database, "By country") == (True, {None: ["country"]})
    with database.read() as session:
        assert session.exec(select(SegmentationRule.used_at)).one() is not None


def test_a_rule_that_a_run_collected_by_is_used(client: Client) -> None:
    client.completed()

    assert refused(import_segments, client.database, rule("product", "By country"))


def test_there_are_at_most_50_rules(database: Database) -> None:
    fill_up = [rule("country", f"Rule {number}") for number in range(RULES_MAX - 1)]
    assert taken(import_segments, database, *fill_up) == 49

    assert refused(import_segments, database, rule("product", "Rule 0"), rule("country", "Rule 50")) == [
        (3, "there would be more than 50 segmentation rules, which is the maximum")
    ]

    assert stored_rule(database, "Rule 0") == (False, {None: ["country"]})
    assert taken(import_segments, database, rule("product", "Rule 0")) == 1


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (rule("country", "x" * 101), "segmentation_rule: it has 101 characters; the maximum is 100"),
        ({"segment": "x" * 101}, "segment: it has 101 characters; the maximum is 100"),
        ({"segmentation_rule": "X"}, "segment: it is required"),
        (rule("country", "", "yes"), "segmentation_rule: it is required for a transaction type, or for an active rule"),
        (rule("country", "X", "maybe"), "active: 'maybe' is not valid; use yes or no"),
        (rule("country", "X", transaction_type="Tax"), "transaction_type: 'Tax' is unknown"),
        (rule("product", "x" * 100), f"segment 'product' is already in segmentation rule {'x' * 100!r}; give it once"),
    ],
)
def test_a_bad_line_refuses_the_whole_file(empty_database: Database, line: dict[str, str], reason: str) -> None:
    good = rule("product", "x" * 100, "YES")

    ((number, told),) = refused(import_segments, empty_database, good, line)

    assert number == 3
    assert told.startswith(reason)
    with empty_database.read() as session:
        assert segment_names(session) == []
        assert count_rules(session) == 0
    assert taken(import_segments, empty_database, good) == 1
