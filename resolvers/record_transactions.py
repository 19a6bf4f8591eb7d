"""Recording transactions through the API: up to 1,000 per call, all or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlmodel import Session

from resolvers.context import Context
from resolvers.errors import Unavailable
from resolvers.post_transactions import post
from resolvers.quick_check import QuickChecker
from resolvers.transactions import Checked, TransactionFields
from runs.violations import Invalid, Rule, Violation
from storage import audit
from storage.money import MoneyError
from storage.organizations import limit_of
from storage.postings import OpenPosting, RecordedMeanwhile
from storage.words import Permission

TRANSACTIONS_PER_CALL_MAX = 1_000
"""`journal-gateway import transactions` takes more."""

_ATTEMPTS_MAX = 3


@dataclass(frozen=True, slots=True)
class Recorded:
    """The numbers of transactions recorded now, recorded before, and given their exchange rate now."""

    recorded: int = 0
    duplicates: int = 0
    rates_added: int = 0


async def record_transactions(context: Context, transactions: Sequence[TransactionFields]) -> Recorded:
    """Record these transactions, all or none. One that was recorded before with the same content is a duplicate.

    Raises Invalid with every violation, Forbidden if the caller may not import transactions, and Unavailable while
    other callers record the same transactions.
    """
    context.require(Permission.IMPORT_TRANSACTIONS)
    if not 1 <= len(transactions) <= TRANSACTIONS_PER_CALL_MAX:
        message = f"send 1 to {TRANSACTIONS_PER_CALL_MAX:,} transactions; this call has {len(transactions):,}"
        raise Invalid([Violation(Rule.OUT_OF_RANGE, message, ("transactions",))])
    for _ in range(_ATTEMPTS_MAX):
        try:
            return await context.change(_record, context, transactions)
        except RecordedMeanwhile:
            continue
    raise Unavailable("Another caller is recording the same transactions. Nothing was recorded; try again.")


def _record(session: Session, context: Context, transactions: Sequence[TransactionFields]) -> Recorded:
    checker = QuickChecker(session)
    checked = [checker.check(fields) for fields in transactions]
    # Before the ledger is asked: what of others is recorded is not told.
    if (own := limit_of(session)) is not None:
        _check_organizations(checked, own)
    try:
        # A sum that is too large makes the database transaction unusable, but other violations are still reported.
        judged = post(session, OpenPosting(session, "recordTransactions", context.actor), checker, checked)
    except MoneyError as error:
        too_large = Violation(Rule.OUT_OF_RANGE, str(error), ("transactions",))
        others = _placed(dict(enumerate(one.violations for one in checked)))
        raise Invalid([too_large, *others]) from error
    if judged.violations:
        raise Invalid(_placed(judged.violations))
    audit.record(
        session,
        actor=context.actor,
        action=audit.Action.RECORD,
        subject_type=audit.SubjectType.TRANSACTIONS,
        subject="recordTransactions",
        after={"recorded": len(judged.fresh), "duplicates": judged.duplicates, "rates_added": judged.rates_added},
    )
    return Recorded(len(judged.fresh), judged.duplicates, judged.rates_added)


def _check_organizations(checked: Sequence[Checked], own: frozenset[str]) -> None:
    violations = {place: one.violations for place, one in enumerate(checked)}
    others = [place for place, one in enumerate(checked) if one.fields.organization not in own]
    for place in others:
        name = checked[place].fields.organization
        given = "it is required" if name is None else f"you may not record transactions of organisation {name!r}"
        message = f"{given}; you may record those of: {', '.join(sorted(own)) or 'none'}"
        rule = Rule.REQUIRED if name is None else Rule.UNKNOWN
        violations[place] = [*violations[place], Violation(rule, message, ("organization",))]
    if others:
        raise Invalid(_placed(violations))


def _placed(violations: Mapping[int, Sequence[Violation]]) -> list[Violation]:
    return [one.below("transactions", place) for place, found in violations.items() for one in found]
