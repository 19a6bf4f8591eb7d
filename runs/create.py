"""Creating a run: it claims the transactions that are not taken, and creates its entries, all or none."""

from typing import Any

from sqlmodel import Session

from runs import trail
from runs.create_rules import ValidRun
from runs.states import Event, move
from runs.summarise import Group, Item, Summary, SummaryError, summarise, total
from storage.audit import Action
from storage.claims import assign_buckets, carry_home_currency, claim_buckets, claimed_sums
from storage.clock import moment_of_change
from storage.columns import now
from storage.journal_entries import insert_entries
from storage.journal_entry_items import insert_items
from storage.journal_runs import JournalRun, lock_run
from storage.money import MoneyError
from storage.numbering import take_numbers
from storage.segments import rule_segments
from storage.words import ItemType, JournalRunStatus


def insert_run(session: Session, valid: ValidRun, actor: str) -> JournalRun:
    """Insert the run as Pending. The segmentation rule that it uses can no longer change."""
    rule = valid.segmentation_rule
    if rule is not None and rule.used_at is None:
        rule.used_at = now()
        session.add(rule)
    run = JournalRun(
        number=take_numbers(session, "JR", 1)[0],
        status=JournalRunStatus.PENDING,
        transaction_types=valid.transaction_types,
        accounting_period_id=valid.period.id,
        target_start_date=valid.start,
        target_end_date=valid.end,
        journal_entry_date=valid.journal_entry_date,
        organization_labels=valid.organization_labels,
        segmentation_rule_id=None if rule is None else rule.id,
        segmentation_rule_name=None if rule is None else rule.name,
        home_currency=valid.home_currency,
        aggregate_currency=valid.aggregate_currency,
        created_at=now(),
        created_by=actor,
    )
    session.add(run)
    session.flush()
    trail.record_created(session, run, actor)
    return run


def begin(session: Session, run_id: int) -> bool:
    """Change a Pending run to Processing. Returns False if there is nothing to process, because it was cancelled."""
    run = lock_run(session, run_id)
    if run is None or run.status not in (JournalRunStatus.PENDING, JournalRunStatus.PROCESSING):
        return False
    if run.status is JournalRunStatus.PENDING:
        move(run, Event.START)
        run.executed_at = now()
        session.add(run)
    return True


def make_entries(session: Session, run_id: int) -> None:
    """Create the entries of a Processing run, which ends as Completed with all of them or as Error with none."""
    run = lock_run(session, run_id)
    if run is None or run.status is not JournalRunStatus.PROCESSING:
        return
    try:
        moment_of_change(session)
        # A failure rolls back to this savepoint, so that the same transaction can record the reason.
        with session.begin_nested():
            _make_entries(session, run)
    except (SummaryError, MoneyError) as error:
        _end(session, run, Event.FAIL, f"{error}.")
    else:
        _end(session, run, Event.FINISH)


def give_up(session: Session, run_id: int, message: str) -> None:
    """End a Processing run as Error, with this message."""
    run = lock_run(session, run_id)
    if run is not None and run.status is JournalRunStatus.PROCESSING:
        _end(session, run, Event.FAIL, message)


def _make_entries(session: Session, run: JournalRun) -> None:
    claimed = claim_buckets(session, run)
    if run.home_currency is not None:
        carry_home_currency(session, run, claimed)
    rule = {} if run.segmentation_rule_id is None else rule_segments(session, run.segmentation_rule_id)
    aggregate_into = run.home_currency if run.aggregate_currency else None
    summaries = summarise(claimed_sums(session, claimed), rule, aggregate_into)
    itemised = [(summary, items) for summary in summaries if (items := summary.items())]
    numbers = take_numbers(session, "JE", len(itemised))
    entries = [_entry(run, number, summary, items) for number, (summary, items) in zip(numbers, itemised, strict=True)]
    ids = insert_entries(session, run.id, entries)
    insert_items(
        session,
        [
            _item(ids[number], position, item, summary.group)
            for number, (summary, items) in zip(numbers, itemised, strict=True)
            for position, item in enumerate(items)
        ],
    )
    entry_of_key = {
        key_id: ids[number]
        for number, (summary, _) in zip(numbers, itemised, strict=True)
        for key_id in summary.key_ids
    }
    in_entries = sum(summary.transaction_count for summary, _ in itemised)
    assigned = assign_buckets(session, run.id, claimed, entry_of_key)
    if assigned != in_entries:
        raise AssertionError(f"the entries would have {in_entries} transactions, but their buckets have {assigned}")
    run.total_journal_entry_count = len(entries)
    run.transaction_count = sum(summary.transaction_count for summary in summaries)
    session.add(run)


def _end(session: Session, run: JournalRun, event: Event, error_message: str | None = None) -> None:
    move(run, event)
    run.error_message = None if error_message is None else error_message[:2000]
    session.add(run)
    trail.record(
        session,
        run,
        trail.SYSTEM,
        Action.PROCESS,
        JournalRunStatus.PROCESSING,
        {
            "total_journal_entry_count": run.total_journal_entry_count,
            "transaction_count": run.transaction_count,
            "error_message": run.error_message,
        },
    )


def _entry(run: JournalRun, number: str, summary: Summary, items: list[Item]) -> dict[str, Any]:
    """The entry's columns; a row of the ORM would cost more than all else together."""
    group = summary.group
    return {
        "number": number,
        "accounting_period_id": run.accounting_period_id,
        "journal_entry_date": run.journal_entry_date,
        "transaction_type": group.transaction_type,
        "currency": group.currency,
        "home_currency": group.home_currency,
        "aggregate_currency": run.aggregate_currency,
        "organization_label": group.organization,
        "segment_values": [{"name": name, "value": value} for name, value in group.segments],
        "total_debit": total(items, ItemType.DEBIT),
        "total_credit": total(items, ItemType.CREDIT),
        "transaction_count": summary.transaction_count,
        "time_period_start": run.target_start_date,
        "time_period_end": run.target_end_date,
    }


def _item(entry_id: int, position: int, item: Item, group: Group) -> dict[str, Any]:
    return {
        "journal_entry_id": entry_id,
        "position": position,
        "accounting_code_id": item.accounting_code_id,
        "type": item.type,
        "currency": group.currency,
        "amount": item.amount_minor,
        "home_currency": group.home_currency,
        "home_amount": item.home_amount_minor,
    }
