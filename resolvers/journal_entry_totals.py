"""Totals of journal entries, for reports."""

from collections.abc import Sequence
from functools import partial

from sqlmodel import Session

from resolvers.context import Context
from resolvers.did_you_mean import DidYouMean
from resolvers.errors import RequestError
from resolvers.filters import require_for_runs
from resolvers.names import name_to_find
from resolvers.reading import Computed
from storage import journal_entry_totals as totals
from storage.journal_entry_lists import EntryFilter
from storage.journal_entry_totals import ROWS_MAX, JournalEntryTotals, TooManyRows
from storage.segments import segment_names
from storage.totals_keys import TotalsGroup, TotalsKey
from storage.words import Permission

TOO_MANY_ROWS = (
    f"These totals have more than {ROWS_MAX:,} rows, which is the maximum. Group by fewer keys, or count fewer entries"
    " by a filter, for example those of one accounting period."
)


def journal_entry_totals(
    context: Context, filter: EntryFilter, groups: Sequence[TotalsGroup]
) -> Computed[JournalEntryTotals]:
    """The totals of the entries that meet the filter, by these groups.

    Raises Forbidden for a caller who lacks a permission, and RequestError for groups that contradict each other; when
    they are read, for a segment that does not exist, and for too many rows.
    """
    context.require(Permission.VIEW_JOURNAL_ENTRIES)
    require_for_runs(context, filter)
    if any(group.by is TotalsKey.JOURNAL_RUN for group in groups):
        context.require(Permission.VIEW_JOURNAL_RUNS)
    groups = [_checked(group, place) for place, group in enumerate(groups)]
    for place, group in enumerate(groups):
        if group in groups[:place]:
            what = group.by.name if group.segment_name is None else f"{group.by.name} {group.segment_name!r}"
            raise RequestError(f"{what} is given more than once; group by it once.", *_path(place))
    return Computed(partial(context.gateway.add_up, _totals, filter, groups))


def _checked(group: TotalsGroup, place: int) -> TotalsGroup:
    name = group.segment_name
    if group.by is not TotalsKey.SEGMENT:
        if name is not None:
            message = f"{group.by.name} is not a segment; leave the name {name!r} out, or group by SEGMENT."
            raise RequestError(message, *_path(place, "segment_name"))
        return group
    if name is None:
        message = 'SEGMENT needs the name of the segment, such as "country".'
        raise RequestError(message, *_path(place, "segment_name"))
    return TotalsGroup(group.by, name_to_find(name, *_path(place, "segment_name")))


def _totals(session: Session, filter: EntryFilter, groups: Sequence[TotalsGroup]) -> list[JournalEntryTotals]:
    names = segment_names(session)
    for place, group in enumerate(groups):
        if group.segment_name is not None and group.segment_name not in names:
            hint = DidYouMean(names)(group.segment_name) or f"; the segments are: {', '.join(names) or 'none'}."
            raise RequestError(f"There is no segment {group.segment_name!r}{hint}", *_path(place, "segment_name"))
    try:
        return totals.journal_entry_totals(session, filter, groups)
    except TooManyRows:
        raise RequestError(TOO_MANY_ROWS, "group_by") from None


def _path(place: int, *inside: str) -> tuple[str, ...]:
    return ("group_by", str(place), *inside)
