"""Recording transactions through the API: up to 1,000 per call, all or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlmodel import Session
from strawberry.utils.str_converters import to_camel_case

from resolvers.context import Context
from resolvers.errors import Unavailable, UserError, UserErrorCode
from resolvers.transactions import SEGMENT, Checker, Fault, TransactionFields, post
from storage import audit
from storage.money import MoneyError
from storage.postings import OpenPosting, RecordedMeanwhile
from storage.words import Permission

MOST = 1_000
"""Maximum of transactions per call; `journal-gateway import transactions` takes more."""

_TRIES = 3

_FIELDS = {"organization": "organizationLabel"}
"""Fields of the API whose columns have other names in files."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """The numbers of transactions recorded now and before, and the violations."""

    recorded: int = 0
    duplicates: int = 0
    rates_added: int = 0
    errors: list[UserError] = field(default_factory=list)


async def record_transactions(context: Context, given: Sequence[TransactionFields]) -> Recorded:
    """Record these transactions, all or none. One that was recorded before with the same content is a duplicate.

    Raises Forbidden if the caller may not import transactions, and Unavailable while other callers record the same
    transactions.
    """
    context.require(Permission.IMPORT_TRANSACTIONS)
    if not 1 <= len(given) <= MOST:
        message = f"Send 1 to {MOST:,} transactions; this call has {len(given):,}."
        return Recorded(errors=[UserError(UserErrorCode.OUT_OF_RANGE, message, ["input", "transactions"])])
    for _ in range(_TRIES):
        try:
            return await context.gateway.write(_record, context, given)
        except _Refused as refused:
            return Recorded(errors=refused.errors)
        except RecordedMeanwhile:
            continue
    raise Unavailable("Another caller is recording the same transactions. Nothing was recorded; try again.")


class _Refused(Exception):
    def __init__(self, errors: list[UserError]) -> None:
        self.errors = errors


def _record(session: Session, context: Context, given: Sequence[TransactionFields]) -> Recorded:
    checker = Checker(session)
    checked = [checker.check(fields) for fields in given]
    try:
        # A sum that is too large makes the database transaction unusable, but other violations are still reported.
        judged = post(session, OpenPosting(session, "recordTransactions", context.actor), checker, checked)
    except MoneyError as error:
        too_large = UserError(UserErrorCode.OUT_OF_RANGE, f"{error}.", ["input", "transactions"])
        faults = dict(enumerate(one.faults for one in checked))
        raise _Refused([too_large, *_errors(faults, given)]) from error
    if judged.faults:
        raise _Refused(_errors(judged.faults, given))
    audit.record(
        session,
        actor=context.actor,
        action="record",
        subject_type="Transactions",
        subject="recordTransactions",
        after={"recorded": len(judged.fresh), "duplicates": judged.duplicates, "rates_added": judged.rates_added},
    )
    return Recorded(recorded=len(judged.fresh), duplicates=judged.duplicates, rates_added=judged.rates_added)


def _errors(faults: Mapping[int, Sequence[Fault]], given: Sequence[TransactionFields]) -> list[UserError]:
    return [_error(place, fault, given[place]) for place, found in faults.items() for fault in found]


def _error(place: int, fault: Fault, given: TransactionFields) -> UserError:
    field_name = "segments" if fault.column.startswith(SEGMENT) else _FIELDS.get(fault.column)
    field_name = field_name or to_camel_case(fault.column)
    path = ["input", "transactions", str(place), field_name]
    if fault.code is UserErrorCode.CONFLICT:
        transaction_id = (given.transaction_id or "").strip()
        message = f"Transaction {transaction_id!r} was recorded before with other content; it never changes."
        return UserError(fault.code, message, path)
    return UserError(fault.code, f"{field_name}: {fault.message}.", path)
