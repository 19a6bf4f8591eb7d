"""Values that no column has, each in SQL as the function that it names has it in Python."""

import re
from collections.abc import Callable

from storage.currencies import DIGITS
from storage.documents.json_sql import JsonSql
from storage.documents.shape import Column, Columns, Expression
from storage.journal_runs import ALL_NET_TO_ZERO, NOTHING_FREE, ONE_OF_ZERO
from storage.words import JournalEntryStatus, JournalRunStatus, NotJournaledReason

NET_ZERO = "taken.journal_entry_id IS NULL"
"""The condition that a bucket which a run has taken is in no entry."""


def count_of(what: str, rows: Callable[[Columns], str]) -> Expression:
    """A count of rows that belong to the row."""
    return Expression(
        lambda json, row: f"(SELECT {json.count('number')} FROM (SELECT {what} AS number FROM {rows(row)}) AS counted)"
    )


def entries_in(status: JournalEntryStatus) -> Expression:
    """The number of the run's entries with that status."""
    table = "journal_entry AS entry"
    return count_of(
        "count(*)",
        lambda row: f"{table} WHERE entry.journal_run_id = {row('id')} AND entry.status = '{status.value}'",
    )


def transactions_taken(condition: str) -> Expression:
    """The number of transactions in the buckets that the run has taken, and that meet the condition."""
    return count_of(
        "coalesce(sum(taken.transaction_count), 0)",
        lambda row: f"posting_bucket AS taken WHERE taken.journal_run_id = {row('id')} AND {condition}",
    )


def net_zero_groups(json: JsonSql, row: Columns) -> str:
    """As `runs.net_zero.net_zero_of_runs`: the groups, by `runs.summarise.group_of`, of the keys that net to zero."""
    rule, kind = row("segmentation_rule_id"), "posted.transaction_type"
    override = (
        "EXISTS (SELECT 1 FROM segmentation_rule_segment AS own"
        f" WHERE own.segmentation_rule_id = {rule} AND own.transaction_type = {kind})"
    )
    names = (
        "(SELECT part.segment_name, part.position FROM segmentation_rule_segment AS part"
        f" WHERE part.segmentation_rule_id = {rule}"
        f" AND (part.transaction_type = {kind} OR (part.transaction_type IS NULL AND NOT {override}))"
        " ORDER BY part.position) AS named"
    )
    element = json.object([("value", json.text(json.value_in("posted.segments", "named.segment_name")), True)])
    home, segments = row("home_currency"), json.array(element, names, "named.position")
    aggregated = f"{row('aggregate_currency')} AND {home} IS NOT NULL"
    groups = (
        f"SELECT DISTINCT {kind}, CASE WHEN {aggregated} THEN {home} ELSE posted.currency END,"
        f" posted.home_currency, posted.debit_code_id, posted.organization, {segments}"
        " FROM posting_bucket AS taken JOIN posting_key AS posted ON posted.id = taken.posting_key_id"
        f" WHERE taken.journal_run_id = {row('id')} AND {NET_ZERO}"
    )
    return f"(SELECT {json.count('number')} FROM (SELECT count(*) AS number FROM ({groups}) AS grouped) AS counted)"


def notice(json: JsonSql, row: Columns) -> str:
    """As `runs.net_zero.notice`."""
    texts = {"start": json.day_text(row("target_start_date")), "end": json.day_text(row("target_end_date"))}
    texts["count"] = json.grouped(row("transaction_count"))
    nothing, one, all_ = (_filled(template, texts) for template in (NOTHING_FREE, ONE_OF_ZERO, ALL_NET_TO_ZERO))
    completed = f"{row('status')} = '{JournalRunStatus.COMPLETED.value}' AND {row('total_journal_entry_count')} = 0"
    count = row("transaction_count")
    sentence = f"CASE WHEN {count} = 0 THEN {nothing} WHEN {count} = 1 THEN {one} ELSE {all_} END"
    return json.name(f"CASE WHEN {completed} THEN {sentence} END")


def reason_name(column: Column) -> str:
    """As `resolvers.posted_transactions.not_journaled_reason`, the name of the reason; periods do not overlap."""
    day = column("posting_date")
    period = (
        f"(SELECT CASE WHEN period.end_date IS NULL THEN 'OPEN_ENDED_PERIOD' WHEN period.end_date >= {day}"
        f" THEN 'AWAITING_RUN' END FROM accounting_period AS period WHERE period.start_date <= {day}"
        " ORDER BY period.start_date DESC LIMIT 1)"
    )
    reason = (
        f"CASE WHEN {column('journal_entry_id')} IS NOT NULL THEN NULL WHEN {column('journal_run_id')} IS NOT NULL"
        f" THEN 'NETS_TO_ZERO' ELSE coalesce({period}, 'NO_ACCOUNTING_PERIOD') END"
    )
    assert all(f"'{possible.name}'" in reason for possible in NotJournaledReason)
    return f"({reason})"


def not_journaled_reason(json: JsonSql, row: Columns) -> str:
    """The same as JSON."""
    return json.name(reason_name(row))


def digits_of(currency: str) -> str:
    """The decimals of a currency's amounts, looked up by its code."""
    return f"(SELECT unit.digits FROM currency AS unit WHERE unit.code = {currency})"


def scale_of(digits: str) -> str:
    """The number of minor units in one unit of a currency with so many decimals."""
    return f"CASE {digits} {' '.join(f'WHEN {places} THEN {10**places}' for places in DIGITS)} END"


def whole_units(amount: str, scale: str) -> str:
    """The whole units of an amount, by which amounts of several currencies are sorted, together with `rest`."""
    return f"({amount} / ({scale}))"


def rest(amount: str, scale: str) -> str:
    """What is left of an amount beside its whole units, in the smallest unit of any currency, with its sign."""
    return f"(({amount} - {amount} / ({scale}) * ({scale})) * ({10 ** DIGITS[-1]} / ({scale})))"


def _filled(template: str, texts: dict[str, str]) -> str:
    """A template of Python as a text of SQL."""
    parts = re.split(r"\{(\w+)\}", template)
    return " || ".join(texts[part] if place % 2 else f"'{part}'" for place, part in enumerate(parts) if part)
