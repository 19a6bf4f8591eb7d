"""Summarising: sums by posting key become balanced entries. Pure arithmetic on integers."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from operator import add

from storage.claims import SPLIT_THE_RUN, KeySum
from storage.money import AMOUNT_MINOR_MAX, Amounts, Minor
from storage.posting_keys import PostingKeyFields
from storage.segments import RuleSegments
from storage.words import ItemType, TransactionType


class SummaryError(Exception):
    """The sums cannot become entries. The text becomes the run's error message."""


@dataclass(frozen=True, slots=True)
class Item:
    """One line of an entry. Its amounts are never negative."""

    accounting_code_id: int
    type: ItemType
    amount_minor: Minor
    home_amount_minor: Minor | None


@dataclass(frozen=True, slots=True)
class Group:
    """What the transactions of one entry have in common."""

    transaction_type: TransactionType
    currency: str
    home_currency: str | None
    debit_code_id: int
    organization: str | None
    segments: tuple[tuple[str, str | None], ...]


@dataclass(slots=True)
class Summary:
    """A future entry: its group and the sums in it, from which its items follow."""

    group: Group
    key_ids: list[int] = field(default_factory=list)
    transaction_count: int = 0
    by_credit_code: dict[int, Amounts] = field(default_factory=dict)

    def add(self, key_sum: KeySum, amounts: Amounts) -> None:
        """Add the sums of one posting key, in the currency of the group."""
        self.key_ids.append(key_sum.key_id)
        self.transaction_count += key_sum.transaction_count
        credit = key_sum.key.credit_code_id
        before = self.by_credit_code.get(credit)
        self.by_credit_code[credit] = amounts if before is None else before + amounts

    def items(self) -> list[Item]:
        """One debit item for the debit code, one credit item for each credit code.

        A negative sum moves the item to the other side; a sum of zero makes no item. If exchange rates have given the
        home amount the opposite sign of the amount, each has its own item, so that neither is negative.
        """
        debit = reduce(add, self.by_credit_code.values())
        items = list(_sides(self.group.debit_code_id, ItemType.DEBIT, debit))
        for credit_code_id in sorted(self.by_credit_code):
            items += _sides(credit_code_id, ItemType.CREDIT, self.by_credit_code[credit_code_id])
        _assert_balanced(items)
        _assert_within_limits(self.group, items)
        return items


def summarise(sums: Iterable[KeySum], rule: RuleSegments, aggregate_into: str | None) -> list[Summary]:
    """Group the sums by transaction type, currency, debit code, organisation and the rule's segments.

    `rule` is empty if no segmentation rule is active. With `aggregate_into`, a home currency, entries are kept in it
    and the group ignores the transaction currency. Raises SummaryError if a transaction has no amount in that
    currency, or has no home amount and shares an entry with transactions that have one.
    """
    summaries: dict[Group, Summary] = {}
    lacking: list[KeySum] = []
    bare: list[tuple[Group, KeySum]] = []
    for key_sum in sums:
        home_currency = key_sum.key.home_currency
        amounts = key_sum.amounts
        if aggregate_into is not None:
            if home_currency != aggregate_into or amounts.home_minor is None:
                lacking.append(key_sum)
                continue
            amounts = Amounts(amounts.home_minor, amounts.home_minor)
        group = group_of(key_sum.key, rule, aggregate_into)
        summaries.setdefault(group, Summary(group)).add(key_sum, amounts)
        if home_currency is None:
            bare.append((group, key_sum))
    # An entry has home amounts for all its transactions or for none.
    homes = {replace(group, home_currency=None): group.home_currency for group in summaries if group.home_currency}
    lacking += [key_sum for group, key_sum in bare if group in homes]
    if lacking:
        home = aggregate_into or next(home for home in homes.values())
        raise SummaryError(_without_home_amounts(lacking, f"{home}, the home currency"))
    return sorted(summaries.values(), key=_order)


def group_of(key: PostingKeyFields, rule: RuleSegments, aggregate_into: str | None) -> Group:
    """The group of the transactions with this posting key."""
    names = rule.get(key.transaction_type, rule.get(None, []))
    values = dict(key.segments)
    segments = tuple((name, values.get(name)) for name in names)
    currency = aggregate_into or key.currency
    return Group(key.transaction_type, currency, key.home_currency, key.debit_code_id, key.organization, segments)


def _without_home_amounts(lacking: Sequence[KeySum], home: str) -> str:
    count = sum(key_sum.transaction_count for key_sum in lacking)
    what = "1 transaction" if count == 1 else f"{count:,} transactions"
    currencies = ", ".join(sorted({key_sum.key.currency for key_sum in lacking}))
    return (
        f"{what} in {currencies} {'has' if count == 1 else 'have'} no amount in {home}; send"
        f" {'it' if count == 1 else 'them'} again with {'its exchange rate' if count == 1 else 'their exchange rates'},"
        " by file or through the API, and then create the run again"
    )


def total(items: Iterable[Item], side: ItemType) -> Minor:
    """The sum of one side of an entry."""
    return Minor(sum(item.amount_minor for item in items if item.type is side))


def _sides(code_id: int, side: ItemType, amounts: Amounts) -> Iterator[Item]:
    amount, home_amount = amounts.minor, amounts.home_minor
    if not amount and not home_amount:
        return
    other = ItemType.CREDIT if side is ItemType.DEBIT else ItemType.DEBIT
    if home_amount is None:
        yield Item(code_id, side if amount > 0 else other, Minor(abs(amount)), None)
    elif amount * home_amount >= 0:
        yield Item(code_id, side if amount + home_amount > 0 else other, Minor(abs(amount)), Minor(abs(home_amount)))
    else:
        yield Item(code_id, side if amount > 0 else other, Minor(abs(amount)), Minor(0))
        yield Item(code_id, side if home_amount > 0 else other, Minor(0), Minor(abs(home_amount)))


def _assert_within_limits(group: Group, items: list[Item]) -> None:
    amounts = [(group.currency, total(items, ItemType.DEBIT))]
    amounts += [(group.home_currency or group.currency, item.home_amount_minor or Minor(0)) for item in items]
    for currency, amount in amounts:
        if amount > AMOUNT_MINOR_MAX:
            raise SummaryError(
                f"the sum of the {group.transaction_type.value} transactions of one journal entry, in minor units of"
                f" {currency}, is beyond 64 bits; {SPLIT_THE_RUN}"
            )


def _assert_balanced(items: list[Item]) -> None:
    signs = [1 if item.type is ItemType.DEBIT else -1 for item in items]
    balance = sum(sign * item.amount_minor for sign, item in zip(signs, items, strict=True))
    home_balance = sum(sign * (item.home_amount_minor or 0) for sign, item in zip(signs, items, strict=True))
    if balance or home_balance:
        raise AssertionError(f"an entry would be out of balance by {balance} and {home_balance}: {items}")


_PLACE_OF_TYPE = {kind: place for place, kind in enumerate(TransactionType)}


def _order(summary: Summary) -> tuple[object, ...]:
    group = summary.group
    return (
        _PLACE_OF_TYPE[group.transaction_type],
        group.currency,
        group.home_currency or "",
        group.debit_code_id,
        group.organization or "",
        tuple((name, value or "") for name, value in group.segments),
    )
