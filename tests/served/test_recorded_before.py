"""Recorded transactions stay recorded: sent again they are duplicates or conflicts, whatever has changed since."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlmodel import func, select

from resolvers import transactions
from resolvers.import_ledger import import_accounting_codes
from storage.database import Database
from storage.transactions import Transaction
from tests.support.client import Client
from tests.support.ledger import line, post, refuse
from tests.support.recording import item, recorded, refused
from tests.support.rejected import import_result


def deactivate_sales(database: Database) -> None:
    """Deactivate an accounting code that transactions have used."""
    codes = [{"name": "Sales", "type": "OtherAssets", "status": "Inactive"}]
    import_accounting_codes(database, enumerate(codes), refuse, actor="test")


def errors_of(client: Client, *items: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The code, position and field of every error of a refused call."""
    return [(error["code"], *error["field"][2:]) for error in refused(client, *items)]


def narrow_days(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse new transactions dated in 2024."""
    monkeypatch.setattr(transactions, "DATE_MAX", date(2023, 12, 31))


def lose_the_segment(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse new transactions with the segment country."""
    monkeypatch.setattr(transactions, "segment_names", lambda _session: [])


def deactivate(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse new transactions with the accounting code Sales."""
    deactivate_sales(database)


@pytest.mark.parametrize("change", [deactivate, narrow_days, lose_the_segment])
def test_a_rule_that_has_changed_since_refuses_nothing_that_was_recorded(
    client: Client, change: Callable[[Database, pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert recorded(client, item("api")) == (1, 0)
    post(client.database, [line("file")])

    change(client.database, monkeypatch)

    # Each is known to both interfaces, whichever recorded it.
    assert recorded(client, item("api"), item("file")) == (0, 2)
    assert import_result(client.database, line("api"), line("file")) == (0, 2, {})
    # Only values that differ can have further violations.
    assert errors_of(client, item("api", amount="11")) == [("CONFLICT", "0", "transactionId")]
    _, _, reasons = import_result(client.database, line("file", amount="11"))
    assert reasons == {2: "transaction_id: 'file' was recorded before with other content; it never changes"}
    new = refused(client, item("new"))
    assert len(new) == 1
    assert new[0]["code"] in ("INACTIVE", "OUT_OF_RANGE", "UNKNOWN")


def test_a_conflict_and_the_violations_of_other_lines_are_reported_together(client: Client) -> None:
    assert recorded(client, item("a"), item("b")) == (2, 0)

    assert errors_of(
        client,
        item("bad", currency="gbp", transactionDate="1800-01-01"),
        item("a", amount="11"),
        item("b"),
        item("b", amount="0.001", creditAccount="Old Sales"),
    ) == [
        ("OUT_OF_RANGE", "0", "transactionDate"),
        ("UNKNOWN", "0", "currency"),
        ("CONFLICT", "1", "transactionId"),
        ("CONFLICT", "3", "transactionId"),
        ("INACTIVE", "3", "creditAccount"),
        ("INVALID", "3", "amount"),
    ]


def test_all_violations_of_a_line_are_reported_at_once_in_the_order_of_the_lines(database: Database) -> None:
    post(database, [line("a")])

    _, _, reasons = import_result(
        database,
        line("a", amount="11"),
        line("bad", amount="ten", transaction_date="x", credit_account="Old Sales", currency="gbp"),
        line("", document_number="D\u200b", segment_country="x" * 256),
        line("a", amount="ten"),
    )

    assert reasons == {
        2: "transaction_id: 'a' was recorded before with other content; it never changes",
        3: reasons[3],
        4: reasons[4],
        5: "transaction_id: 'a' was recorded before with other content; it never changes;"
        " amount: 'ten' is not a decimal number; use the format -12.50",
    }
    columns = [reason.split(":")[0] for reason in reasons[3].split("; ") if ": " in reason]
    assert columns == ["transaction_date", "amount", "credit_account", "currency"]
    columns = [reason.split(":")[0] for reason in reasons[4].split("; ") if ": " in reason]
    assert columns == ["transaction_id", "document_number", "segment.country"]


def test_a_transaction_is_the_same_however_its_texts_are_written(client: Client) -> None:
    dressed = item(
        "\u2003SP1 ",
        organizationLabel=" Cafe\u0301",
        debitAccount="Accounts Receivable\n",
        creditAccount="\u3000Sales",
        currency=" GBP",
        accountNumber="\u00a0A-1",
        documentNumber="D-1 ",
        segments=[{"name": " country ", "value": " UK\t"}],
    )
    plain = item("SP1", organizationLabel="Café", accountNumber="A-1", documentNumber="D-1")

    assert recorded(client, dressed, plain) == (1, 1)
    assert recorded(client, plain, dressed) == (0, 2)
    columns = {"organization": "Cafe\u0301 ", "account_number": " A-1", "document_number": "D-1\r"}
    assert import_result(client.database, line(" SP1", **columns, segment_country=" UK")) == (0, 1, {})
    # However it is written, other content is a conflict, also within one call or file.
    assert errors_of(client, item("SP2 "), item(" SP2", amount="1")) == [("CONFLICT", "1", "transactionId")]
    assert import_result(client.database, line("SP3"), line("SP3 ", amount="1"))[2].keys() == {3}
    with client.database.read() as session:
        assert session.exec(select(Transaction.transaction_id).order_by(Transaction.transaction_id)).all() == [
            "SP1",
            "SP3",
        ]


def test_a_blank_optional_text_counts_as_absent(client: Client) -> None:
    blank = item(
        "a", organizationLabel=" ", accountNumber="", documentNumber="\t", segments=[{"name": "country", "value": " "}]
    )

    assert recorded(client, blank, item("a", segments=[])) == (1, 1)
    empty = {"organization": " ", "account_number": "\n", "document_number": "\u3000", "segment_country": " "}
    assert import_result(client.database, line("a", **empty)) == (0, 1, {})


def test_lengths_are_checked_after_normalising(client: Client) -> None:
    longest = "é" * 255
    decomposed = "  " + "e\u0301" * 255 + "  "

    assert recorded(client, item(longest), item(decomposed)) == (1, 1)
    assert errors_of(client, item("é" * 256)) == [("INVALID", "0", "transactionId")]


def test_a_text_recorded_by_an_earlier_release_is_the_same_when_it_is_given_again(client: Client) -> None:
    assert recorded(client, item("a", organizationLabel="Café", documentNumber="D")) == (1, 0)
    with client.database.write() as session:
        update = text("UPDATE posting_key SET organization = :name, digest = :digest")
        session.execute(update, {"name": " Cafe\u0301", "digest": b"of another text."})
        session.execute(text("UPDATE billing_transaction SET document_number = 'D '"))

    assert recorded(client, item("a", organizationLabel="Café", documentNumber="D")) == (0, 1)
    assert errors_of(client, item("a", organizationLabel="Café")) == [("CONFLICT", "0", "transactionId")]
    with client.database.read() as session:
        assert session.exec(select(func.count()).select_from(Transaction)).one() == 1
