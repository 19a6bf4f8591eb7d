"""Transactions that net to zero: a run takes them, but creates no entry for them."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlmodel import Session

from runs.summarise import group_of
from storage.journal_runs import ALL_NET_TO_ZERO, NOTHING_FREE, ONE_OF_ZERO, JournalRun, runs_by_id
from storage.posting_keys import key_of
from storage.segments import rule_segments
from storage.transaction_lists import net_zero_keys_of_runs
from storage.words import JournalRunStatus


@dataclass(frozen=True, slots=True)
class NetZero:
    """The transactions of a run that net to zero: their number, and the number of groups, one entry each otherwise."""

    transaction_count: int = 0
    group_count: int = 0


def net_zero_of_runs(session: Session, run_ids: Collection[int]) -> dict[int, NetZero]:
    """The transactions that net to zero, by run; none after a run has been cancelled."""
    keys = net_zero_keys_of_runs(session, run_ids)
    runs = runs_by_id(session, keys)
    rule_ids = {run.segmentation_rule_id for run in runs.values() if run.segmentation_rule_id is not None}
    rules = {rule_id: rule_segments(session, rule_id) for rule_id in sorted(rule_ids)}
    found = {run_id: NetZero() for run_id in run_ids}
    for run_id, counted in keys.items():
        run = runs[run_id]
        rule = {} if run.segmentation_rule_id is None else rules[run.segmentation_rule_id]
        aggregate_into = run.home_currency if run.aggregate_currency else None
        groups = {group_of(key_of(key), rule, aggregate_into) for key, _ in counted}
        found[run_id] = NetZero(sum(count for _, count in counted), len(groups))
    return found


def notice(run: JournalRun) -> str | None:
    """Why a Completed run created no entries; None if it created some, or is not Completed."""
    if run.status is not JournalRunStatus.COMPLETED or run.total_journal_entry_count:
        return None
    if not run.transaction_count:
        return NOTHING_FREE.format(start=run.target_start_date, end=run.target_end_date)
    if run.transaction_count == 1:
        return ONE_OF_ZERO
    return ALL_NET_TO_ZERO.format(count=f"{run.transaction_count:,}")
