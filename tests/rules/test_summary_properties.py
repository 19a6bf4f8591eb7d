"""For any sums, entries balance, are grouped by key, and lose nothing."""

from collections import Counter, defaultdict

from hypothesis import given
from hypothesis import strategies as st

from runs.summarise import Group, summarise, total
from storage.claims import KeySum
from storage.money import Amounts, Minor
from storage.posting_keys import PostingKeyFields
from storage.words import ItemType, TransactionType

TYPES = [TransactionType.INVOICE_ITEM, TransactionType.TAXATION_ITEM]
AMOUNTS = st.integers(-(10**12), 10**12).map(Minor)

key_sums = st.lists(
    st.builds(
        lambda number, kind, debit, credit, currency, organization, country, count, amount, home: KeySum(
            number,
            PostingKeyFields(
                transaction_type=kind,
                debit_code_id=debit,
                credit_code_id=credit,
                currency=currency,
                home_currency="GBP",
                organization=organization,
                segments=() if country is None else (("country", country),),
            ),
            count,
            Amounts(amount, home),
        ),
        st.integers(1, 10**6),
        st.sampled_from(TYPES),
        st.integers(1, 2),
        st.integers(2, 4),
        st.sampled_from(["GBP", "JPY"]),
        st.sampled_from([None, "North"]),
        st.sampled_from([None, "FR", "DE"]),
        st.integers(1, 3),
        AMOUNTS,
        AMOUNTS,
    ),
    max_size=20,
)


@given(key_sums, st.sampled_from([{}, {None: ["country"]}, {TYPES[0]: ["country"]}]), st.sampled_from([None, "GBP"]))
def test_entries_balance_and_lose_nothing(
    sums: list[KeySum], rule: dict[TransactionType | None, list[str]], aggregate_into: str | None
) -> None:
    counts: Counter[Group] = Counter()
    booked: defaultdict[Group, Counter[tuple[int, str]]] = defaultdict(Counter)
    for one in sums:
        key, home = one.key, one.amounts.home_minor or 0
        split = None in rule or key.transaction_type in rule
        segments = (("country", dict(key.segments).get("country")),) if split else ()
        currency = aggregate_into or key.currency
        group = Group(key.transaction_type, currency, "GBP", key.debit_code_id, key.organization, segments)
        counts[group] += one.transaction_count
        for code, sign in ((key.debit_code_id, 1), (key.credit_code_id, -1)):
            booked[group][code, "amount"] += sign * (home if aggregate_into else one.amounts.minor)
            booked[group][code, "home"] += sign * home

    summaries = summarise(sums, rule, aggregate_into)

    assert {summary.group: summary.transaction_count for summary in summaries} == counts
    assert len(summaries) == len(counts)
    for summary in summaries:
        items = summary.items()
        assert total(items, ItemType.DEBIT) == total(items, ItemType.CREDIT)
        assert all(item.amount_minor >= 0 and (item.home_amount_minor or 0) >= 0 for item in items)
        assert all(item.amount_minor or item.home_amount_minor for item in items)
        net: Counter[tuple[int, str]] = Counter()
        for item in items:
            sign = 1 if item.type is ItemType.DEBIT else -1
            net[item.accounting_code_id, "amount"] += sign * item.amount_minor
            net[item.accounting_code_id, "home"] += sign * (item.home_amount_minor or 0)
        assert net == booked[summary.group]
        assert sum(amount for (_, kind), amount in net.items() if kind == "home") == 0
