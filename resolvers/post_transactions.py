"""Posting checked transactions: new ones are recorded, and those recorded before are duplicates or conflicts."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from operator import itemgetter
from typing import Protocol

from sqlmodel import Session

from resolvers.transactions import Checked, Checker
from runs.violations import Path, Rule, Violation
from storage.journal_entries import entries_by_id
from storage.journal_runs import runs_by_id
from storage.organizations import limit_of
from storage.postings import OpenPosting
from storage.transactions import NewTransaction, PostedTransaction
from storage.words import Permission


@dataclass(slots=True)
class Judged:
    """The result of posting: transactions recorded now, the number of duplicates, and violations by position.

    `rates_added` counts transactions recorded earlier without a home amount, which received their rate now.
    """

    fresh: list[NewTransaction] = field(default_factory=list)
    duplicates: int = 0
    rates_added: int = 0
    violations: dict[int, list[Violation]] = field(default_factory=dict)


class Posting(Protocol):
    """A posting: it knows what is recorded, and adds rates to what was recorded without."""

    def recorded(self, ids: Sequence[str]) -> Mapping[str, PostedTransaction]:
        """The recorded transactions with these transaction ids; those of this posting too."""

    def add_rates(self, rated: Sequence[tuple[NewTransaction, PostedTransaction]]) -> None:
        """As `OpenPosting.add_rates`."""


def post(session: Session, posting: OpenPosting, checker: Checker, checked: Sequence[Checked]) -> Judged:
    """Post the valid new transactions. One that was recorded before with the same content is a duplicate.

    A duplicate is accepted even if the rules have changed since. With other content it is a conflict, and only the
    fields that differ can have further violations. Raises MoneyError and RecordedMeanwhile, as a posting does.
    """
    numbered = [(place, one.transaction) for place, one in enumerate(checked) if one.transaction is not None]
    posted = posting.post([transaction for _, transaction in numbered])
    fresh = [numbered[index] for index in posted.fresh]
    disputed = {place: one for place, one in enumerate(checked) if one.violations}
    disputed |= {numbered[index][0]: checked[numbered[index][0]] for index in posted.conflicts}
    judged = Judged([transaction for _, transaction in fresh], posted.duplicates)
    judge(session, posting, checker, disputed, lambda _: {one.transaction_id: place for place, one in fresh}, judged)
    return judged


def judge(
    session: Session,
    posting: Posting,
    checker: Checker,
    disputed: Mapping[int, Checked],
    recorded_now: Callable[[Collection[str]], Mapping[str, int]],
    judged: Judged,
) -> None:
    """Judge the transactions of a batch that have violations or are conflicts, by their places in it.

    `recorded_now` tells of ids in which place this batch recorded them. One recorded after a place was not recorded
    before it, so that the judgement of a line does not depend on where a batch ends.
    """
    if not disputed:
        return
    ids = {one.fields.transaction_id for one in disputed.values()}
    recorded = dict(posting.recorded([one for one in ids if one is not None]))
    # A conflict is always with one recorded before its place.
    invalid = {one.fields.transaction_id or "" for one in disputed.values() if one.violations}
    places = recorded_now(sought) if (sought := invalid & recorded.keys()) else {}
    rated: dict[str, tuple[NewTransaction, PostedTransaction]] = {}

    def add_rates() -> None:
        posting.add_rates(list(rated.values()))
        judged.rates_added += len(rated)

    for place, one in sorted(disputed.items(), key=itemgetter(0)):
        name = one.fields.transaction_id or ""
        if one.violations and name in rated:
            # What an invalid transaction differs in depends on the rate that was added before it.
            add_rates()
            recorded |= posting.recorded(list(rated))
            rated.clear()
        before = recorded.get(name) if places.get(name, place) <= place else None
        if before is None:
            assert one.violations, "a conflict is with a transaction recorded before"
            judged.violations[place] = one.violations
        elif not (differing := checker.differences(one, before)):
            judged.duplicates += 1
        elif one.transaction is not None and _lacks_rate(before, one.transaction, differing):
            transaction = one.transaction
            if before.bucket.journal_run_id is not None:
                judged.violations[place] = [_taken(session, before)]
            elif _is_same(rated.setdefault(transaction.transaction_id, (transaction, before))[0], transaction):
                judged.duplicates += rated[transaction.transaction_id][0] is not transaction
            else:
                judged.violations[place] = [_conflict(before)]
        elif not _is_told(session, before):
            judged.violations[place] = [_conflict(before)]
        else:
            judged.violations[place] = [
                _conflict(before),
                *(violation for violation in one.violations if violation.path in differing),
            ]
    if rated:
        add_rates()


def _is_told(session: Session, recorded: PostedTransaction) -> bool:
    """Whether the recorded transaction belongs to an organisation that the session sees."""
    own = limit_of(session)
    return own is None or recorded.key.organization in own


def _is_same(one: NewTransaction, other: NewTransaction) -> bool:
    """Whether both give a recorded transaction the same rate; in the home currency it is 1, said or not."""
    if one.key.currency == one.key.home_currency:
        one, other = (replace(each, exchange_rate=None) for each in (one, other))
    return one == other


def _lacks_rate(before: PostedTransaction, now: NewTransaction, differing: set[Path]) -> bool:
    """Whether the transaction was recorded without a home currency, and is sent again with its rate."""
    bare = before.key.home_currency is None and now.key.home_currency is not None
    return bare and differing <= {("exchange_rate",), ("home_amount",)}


def _conflict(before: PostedTransaction) -> Violation:
    message = f"{before.transaction.transaction_id!r} was recorded before with other content; it never changes"
    return Violation(Rule.CONFLICT, message, ("transaction_id",))


def _taken(session: Session, before: PostedTransaction) -> Violation:
    """Why a taken transaction cannot receive its rate."""
    name, bucket = before.transaction.transaction_id, before.bucket
    if bucket.journal_entry_id is not None:
        (entry,) = entries_by_id(session, [bucket.journal_entry_id]).values()
        holder, shows = f"is in journal entry {entry.number}; cancel that entry first", Permission.VIEW_JOURNAL_ENTRIES
    else:
        assert bucket.journal_run_id is not None
        run = runs_by_id(session, [bucket.journal_run_id]).get(bucket.journal_run_id)
        named = "a journal run" if run is None else f"journal run {run.number}"
        holder, shows = f"nets to zero in {named}; cancel that run first", Permission.VIEW_JOURNAL_RUNS
    recorded = f"{name!r} was recorded without an exchange rate and"
    message, otherwise = f"{recorded} {holder}, then send it again", f"{recorded} can no longer receive one"
    return Violation(Rule.STATUS_NOT_ALLOWED, message, ("exchange_rate",), shows, otherwise)
