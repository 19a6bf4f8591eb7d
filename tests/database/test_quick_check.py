"""Checking many transactions quickly gives what checking each carefully gives: the same transactions and violations."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session

from resolvers.quick_check import QuickChecker
from resolvers.transactions import Checker, TransactionFields
from runs.violations import Rule, Violation
from storage.database import Database
from storage.migration import migrate
from storage.settings import Ledger
from storage.texts import TextRefused, is_plain, normalised
from storage.words import TransactionType
from tests.support.ledger import fill, keep

TEXTS = st.sampled_from(
    ["A1", "A2", "a b", "Café", "Cafe\u0301", " A1", "A1 ", "", " ", "\u200b", "x" * 255, "x" * 256]
)
AMOUNTS = st.sampled_from(["10.00", "-0.01", "12.345", "0", "92233720368547758.07", "92233720368547758.08", "1" * 30])
SEGMENTS = st.sampled_from(["country", "product", "planet", " country"])
ACCOUNTS = st.sampled_from(["Cash", "Sales", "Services", "Cash ", "Old Sales", "Nowhere", " ", None])

USUAL: dict[str, st.SearchStrategy[Any]] = {
    "transaction_id": st.sampled_from(["1", "2", "3"]),
    "transaction_type": st.sampled_from([TransactionType.INVOICE_ITEM, TransactionType.TAXATION_ITEM]),
    "transaction_date": st.sampled_from([date(2024, 12, 1), date(2024, 12, 2)]),
    "amount": st.sampled_from(["1", "-2.50", "100"]).map(Decimal),
    "currency": st.sampled_from(["GBP", "EUR"]),
    "debit_account": st.sampled_from(["Accounts Receivable", "Cash"]),
    "credit_account": st.sampled_from(["Sales", "Services"]),
    "segments": st.lists(st.tuples(st.sampled_from(["country", "product"]), st.just("A1")), max_size=1),
}
ODD: dict[str, st.SearchStrategy[Any]] = {
    "transaction_id": TEXTS | st.none(),
    "transaction_type": st.none(),
    "transaction_date": st.sampled_from([date(1899, 12, 31), date(2200, 1, 1), None]),
    "amount": AMOUNTS.map(Decimal) | st.none(),
    "currency": st.sampled_from(["JPY", " GBP", "XXX", "gbp", None]),
    "debit_account": ACCOUNTS,
    "credit_account": ACCOUNTS,
    "organization": TEXTS,
    "exchange_rate": st.sampled_from(["1", "1.250", "0", "-1", "9999999999999"]).map(Decimal),
    "home_amount": AMOUNTS.map(Decimal),
    "account_number": TEXTS,
    "document_number": TEXTS,
    "segments": st.lists(st.tuples(SEGMENTS, TEXTS), max_size=2) | st.just([("country", "A1"), ("country", "A2")]),
    "unreadable": st.just([Violation(Rule.INVALID, "unreadable", ("exchange_rate",))]),
}


@st.composite
def received(draw: st.DrawFn) -> TransactionFields:
    """A transaction as received, which is mostly valid: otherwise few would be."""
    values = {name: draw(usual) for name, usual in USUAL.items()}
    for name in draw(st.lists(st.sampled_from(sorted(ODD)), max_size=2, unique=True)):
        values[name] = draw(ODD[name])
    # Whoever parses it adds a violation for a value that it cannot parse.
    parsed = ("transaction_type", "transaction_date", "amount", "currency")
    unread = [Violation(Rule.INVALID, "unreadable", (name,)) for name in parsed if values[name] is None]
    return TransactionFields(**{**values, "unreadable": [*values.get("unreadable", ()), *unread]})


def valid(number: int) -> TransactionFields:
    """A transaction without violations, in a ledger without home currency."""
    return TransactionFields(
        str(number), TransactionType.INVOICE_ITEM, date(2024, 12, 1), Decimal(number), "GBP", "Cash", "Sales"
    )


@pytest.fixture(scope="module", params=[None, "GBP"])
def session(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    """A session of a ledger, without and with a home currency."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('ledger') / Path('ledger.db')}")
    migrate(database)
    fill(database)
    keep(database, Ledger(request.param))
    with database.read() as opened:
        yield opened
    database.close()


@settings(max_examples=60)
@given(batch=st.lists(received(), max_size=8))
def test_the_quick_check_gives_what_the_careful_one_gives(session: Session, batch: list[TransactionFields]) -> None:
    # The same again with other ids: what was valid once must stay what it was.
    again = [replace(one, transaction_id=f"{place}") for place, one in enumerate(batch)]
    quick, careful = QuickChecker(session), Checker(session)

    for one in [*batch, *again, *(replace(one, segments=()) for one in batch)]:
        found, expected = quick.check(one), careful.check(one)

        assert found.transaction == expected.transaction
        assert found.violations == expected.violations
        assert found.unreadable == expected.unreadable
        assert tuple(found.fields.segments) == tuple(expected.fields.segments)
        assert replace(found.fields, segments=(), unreadable=()) == replace(expected.fields, segments=())


def test_what_was_valid_is_not_checked_again(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Otherwise the test above would say nothing of the quick check."""
    quick = QuickChecker(session)
    first = quick.check(valid(1))
    monkeypatch.setattr(Checker, "check", lambda *_: pytest.fail("checked carefully"))

    second = quick.check(valid(2))

    assert first.transaction is not None
    assert second.transaction is not None
    assert second.transaction.key is first.transaction.key
    assert second.transaction.amount_minor == 200


@given(st.text() | st.text(st.characters(max_codepoint=127)))
def test_a_plain_text_is_normalised(text: str) -> None:
    if is_plain(text, 10):
        assert normalised(text) == text != ""
    else:
        try:
            changed = normalised(text) != text
        except TextRefused:
            return
        assert changed or not text.isascii() or not 0 < len(text) <= 10
