"""Recording transactions through the API: up to 1,000 at a time, all of them or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlmodel import Session
from strawberry.utils.str_converters import to_camel_case

from resolvers.context import Context
from resolvers.errors import Unavailable, UserError, UserErrorCode
from resolvers.transactions import SEGMENT, Checker, Fault, TransactionFields, post
from storage import audit
from storage.money import MoneyError
from storage.posting import OpenPosting, RecordedMeanwhile
from storage.words import Permission

MOST = 1_000
"""Transactions in one call; for more there is `journal-gateway import transactions`."""

_TRIES = 3


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many were recorded, how many had been recorded before, and what was wrong."""

    recorded: int = 0
    duplicates: int = 0
    rates_added: int = 0
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
    checker = Checker(session)
    checked = [checker.check(fields) for fields in given]
    try:
        # A sum that cannot be recorded spoils the transaction; what else is wrong is said all the same.
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
    field_name = "segments" if fault.column.startswith(SEGMENT) else to_camel_case(fault.column)
    path = ["input", "transactions", str(place), field_name]
    if fault.code is UserErrorCode.CONFLICT:
        transaction_id = (given.transaction_id or "").strip()
        message = f"Transaction {transaction_id!r} has been recorded before with other content; it is never changed."
        return UserError(fault.code, message, path)
    return UserError(fault.code, f"{field_name}: {fault.message}.", path)
