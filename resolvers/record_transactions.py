"""Recording transactions through the API: up to 1,000 at a time, all of them or none."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlmodel import Session
from strawberry.utils.str_converters import to_camel_case

from resolvers.context import Context
from resolvers.errors import Unavailable, UserError, UserErrorCode
from resolvers.transactions import Checker, Fault, TransactionFields
from storage import audit
from storage.money import MoneyError
from storage.posting import NewTransaction, OpenPosting, RecordedMeanwhile
from storage.words import Permission

MOST = 1_000
"""Transactions in one call; for more there is `journal-gateway import transactions`."""

_TRIES = 3


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many were recorded, how many had been recorded before, and what was wrong."""

    recorded: int = 0
    duplicates: int = 0
    errors: list[UserError] = field(default_factory=list)


async def record_transactions(context: Context, given: Sequence[TransactionFields]) -> Recorded:
    """Post these transactions, all or none. One that was posted before with the same content is a duplicate.

    Raises Forbidden for a caller who may not import transactions, and Unavailable when others keep posting the same
    transactions at the same moment.
    """
    context.require(Permission.IMPORT_TRANSACTIONS)
    if not 1 <= len(given) <= MOST:
        message = f"Give from 1 to {MOST} transactions; {len(given)} are given."
        return Recorded(errors=[UserError(UserErrorCode.OUT_OF_RANGE, message, ["input", "transactions"])])
    for _ in range(_TRIES):
        try:
            return await context.gateway.write(_record, context, given)
        except _Refused as refused:
            return Recorded(errors=refused.errors)
        except RecordedMeanwhile:
            continue
    raise Unavailable("Others are recording the same transactions; nothing was recorded by this call, so try again.")


class _Refused(Exception):
    def __init__(self, errors: list[UserError]) -> None:
        self.errors = errors


def _record(session: Session, context: Context, given: Sequence[TransactionFields]) -> Recorded:
    checker = Checker(session, context.gateway.ledger)
    checked = [checker.check(fields) for fields in given]
    faulty = [(place, faults) for place, faults in enumerate(checked) if isinstance(faults, list)]
    if faulty:
        raise _Refused([_error(place, fault) for place, faults in faulty for fault in faults])
    batch = [transaction for transaction in checked if isinstance(transaction, NewTransaction)]
    try:
        posted = OpenPosting(session, "recordTransactions", context.actor).post(batch)
    except MoneyError as error:
        place = ["input", "transactions"]
        raise _Refused([UserError(UserErrorCode.OUT_OF_RANGE, f"{error}.", place)]) from error
    if posted.conflicts:
        raise _Refused([_conflict(place, batch[place].transaction_id) for place in posted.conflicts])
    audit.record(
        session,
        actor=context.actor,
        action="record",
        subject_type="Transactions",
        subject="recordTransactions",
        after={"recorded": len(posted.fresh), "duplicates": posted.duplicates},
    )
    return Recorded(recorded=len(posted.fresh), duplicates=posted.duplicates)


def _error(place: int, fault: Fault) -> UserError:
    field_name = "segments" if fault.column.startswith("segment.") else to_camel_case(fault.column)
    path = ["input", "transactions", str(place), field_name]
    return UserError(fault.code, f"{field_name}: {fault.message}.", path)


def _conflict(place: int, transaction_id: str) -> UserError:
    message = f"Transaction {transaction_id!r} has been recorded before with other content; it is never changed."
    return UserError(UserErrorCode.CONFLICT, message, ["input", "transactions", str(place), "transactionId"])
