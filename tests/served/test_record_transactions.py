"""recordTransactions over a served gateway: all or none, with the path of every invalid field."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from sqlmodel import col, select

from storage.settings import Ledger
from storage.transactions import Transaction
from tests.support.client import Client
from tests.support.recording import count, item, recorded, refused


def send(client: Client, amount: Any) -> dict[str, Any]:
    """The whole answer to a call that records one transaction of this amount."""
    document = "mutation($input: RecordTransactionsInput!) { recordTransactions(input: $input) { recorded } }"
    return client.send(document, {"input": {"transactions": [item("amount", amount=amount)]}})


def test_recorded_once_and_only_if_all_can_be(client: Client) -> None:
    assert recorded(client, item("a"), item("b"), item("a")) == (2, 1)
    assert recorded(client, item("c"), item("b"), item("a", amount="10")) == (1, 2)

    errors = refused(client, item("d"), item("a", amount="10.01"), item("b"), item("c", documentNumber="D"))

    assert [(error["code"], error["field"]) for error in errors] == [
        ("CONFLICT", ["input", "transactions", "1", "transactionId"]),
        ("CONFLICT", ["input", "transactions", "3", "transactionId"]),
    ]
    assert errors[0]["message"] == "'a' was recorded before with other content; it never changes."
    assert recorded(client, item("d")) == (1, 0)
    assert count(client) == 4


def test_from_1_to_1000_at_a_time(client: Client) -> None:
    items = [item(f"{number}") for number in range(1_001)]

    assert refused(client) == [
        {
            "code": "OUT_OF_RANGE",
            "message": "Send 1 to 1,000 transactions; this call has 0.",
            "field": ["input", "transactions"],
        }
    ]
    document = "mutation($t: [TransactionInput!]!) { recordTransactions(input: { transactions: $t }) { recorded } }"
    (error,) = client.send(document, {"t": items})["errors"]
    assert error["message"] == "transactions has 1,001 values; the maximum is 1,000. Send fewer at once."
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "field": ["input", "transactions"]}
    assert count(client) == 0
    assert recorded(client, *items[:-1]) == (1_000, 0)


UK, FR = {"name": "country", "value": "UK"}, {"name": "country", "value": "FR"}
BAD: list[tuple[dict[str, Any], list[tuple[str, str, str]]]] = [
    ({"transactionId": ""}, [("REQUIRED", "transactionId", "It is required")]),
    ({"transactionId": " \u00a0\n"}, [("REQUIRED", "transactionId", "It is required")]),
    ({"transactionId": "x" * 256}, [("INVALID", "transactionId", "It has 256 characters")]),
    ({"transactionId": "a\0b"}, [("INVALID", "transactionId", "Character 2 is NUL (U+0000), which is invisible")]),
    ({"transactionId": "a\ud800"}, [("INVALID", "transactionId", "Character 2 is an unpaired surrogate (U+D800)")]),
    ({"transactionId": "a\u200b"}, [("INVALID", "transactionId", "Character 2 is ZERO WIDTH SPACE (U+200B)")]),
    ({"transactionId": "\ufeffa"}, [("INVALID", "transactionId", "Character 1 is ZERO WIDTH NO-BREAK SPACE (U+FEFF)")]),
    ({"organizationLabel": "\0"}, [("INVALID", "organizationLabel", "Character 1 is NUL")]),
    ({"organizationLabel": "N\u00a0S"}, [("INVALID", "organizationLabel", "Character 2 is NO-BREAK SPACE (U+00A0)")]),
    ({"accountNumber": "\0"}, [("INVALID", "accountNumber", "Character 1 is NUL")]),
    ({"documentNumber": "\0"}, [("INVALID", "documentNumber", "Character 1 is NUL")]),
    ({"documentNumber": "x" * 256}, [("INVALID", "documentNumber", "It has 256 characters")]),
    (
        {"transactionDate": "1899-12-31"},
        [("OUT_OF_RANGE", "transactionDate", "1899-12-31 is out of range; use a date from")],
    ),
    ({"transactionDate": "2200-01-01"}, [("OUT_OF_RANGE", "transactionDate", "2200-01-01 is out of range")]),
    ({"amount": "0.001"}, [("INVALID", "amount", "0.001 has too many decimals; GBP amounts have 2")]),
    ({"amount": "92233720368547758.08"}, [("INVALID", "amount", "beyond 64 bits; the largest amount in GBP is")]),
    ({"currency": "gbp"}, [("UNKNOWN", "currency", "'gbp' is not an ISO 4217 currency")]),
    ({"currency": "G\0P"}, [("UNKNOWN", "currency", "is not an ISO 4217 currency")]),
    ({"currency": "XAU"}, [("UNKNOWN", "currency", "XAU has no minor unit in ISO 4217")]),
    ({"debitAccount": "Till"}, [("UNKNOWN", "debitAccount", "There is no accounting code 'Till'")]),
    ({"debitAccount": " "}, [("REQUIRED", "debitAccount", "It is required")]),
    ({"creditAccount": "\0"}, [("INVALID", "creditAccount", "Character 1 is NUL")]),
    ({"creditAccount": "Sa\u00adles"}, [("INVALID", "creditAccount", "Character 3 is SOFT HYPHEN (U+00AD)")]),
    ({"creditAccount": "Old Sales"}, [("INACTIVE", "creditAccount", "'Old Sales' is inactive; activate it first")]),
    ({"exchangeRate": "1.1"}, [("INVALID", "exchangeRate", "This ledger has no home currency")]),
    ({"homeAmount": "1.1"}, [("INVALID", "homeAmount", "This ledger has no home currency")]),
    ({"segments": [{"name": "planet", "value": "Mars"}]}, [("UNKNOWN", "segments", "There is no segment 'planet'")]),
    ({"segments": [UK, FR]}, [("DUPLICATE", "segments", "Segment 'country' is given more than once")]),
    (
        {"segments": [UK, {"name": " country", "value": "FR "}]},
        [("DUPLICATE", "segments", "Segment 'country' is given")],
    ),
    ({"segments": [{"name": "country", "value": "\0"}]}, [("INVALID", "segments", "Character 1 is NUL")]),
    ({"segments": [{"name": "coun\u200btry", "value": "UK"}]}, [("INVALID", "segments", "ZERO WIDTH SPACE")]),
    ({"segments": [{"name": " ", "value": "UK"}]}, [("REQUIRED", "segments", "The name of a segment is required")]),
    (
        {"amount": "1.5", "currency": "JPY", "debitAccount": "X", "creditAccount": "Y"},
        [
            ("UNKNOWN", "debitAccount", "'X'"),
            ("UNKNOWN", "creditAccount", "'Y'"),
            ("INVALID", "amount", "JPY amounts have 0"),
        ],
    ),
]


def test_every_violation_is_reported_with_its_path(client: Client) -> None:
    items = [item("good"), *(item(f"bad-{place}", **values) for place, (values, _) in enumerate(BAD))]

    errors = refused(client, *items)

    expected = [
        (code, ["input", "transactions", str(place), field], part)
        for place, (_, faults) in enumerate(BAD, start=1)
        for code, field, part in faults
    ]
    assert [(error["code"], error["field"]) for error in errors] == [(code, path) for code, path, _ in expected]
    for error, (_, path, part) in zip(errors, expected, strict=True):
        assert part in error["message"], path
        assert not error["message"].startswith(path[-1]), "the field is beside the message"


def test_money_is_never_a_float(client: Client) -> None:
    for amount, told in [
        (10.1, '10.1 is not an exact Decimal; use a string, such as "-12.50".'),
        (1e3, "1000.0 is not an exact Decimal"),
        (True, "true is not an exact Decimal"),
        ("NaN", "'NaN' is not a finite decimal number"),
        ("-Infinity", "'-Infinity' is not a finite decimal number"),
        ("ten", "'ten' is not a decimal number; use the format -12.50."),
        ("1_0", "'1_0' is not a decimal number; use the format -12.50; remove thousands separators"),
        ("1E+1", "the spreadsheet that wrote it may have dropped digits"),
        (" 1", "' 1' is not a decimal number; use the format -12.50; remove the white space around it."),
        ("\u0661", "use the ASCII digits 0 to 9"),
        (10**100, "A Decimal has 100 digits at most, but this integer has more."),
        (10**4200, "A Decimal has 100 digits at most, but this integer has more."),
        (None, "A value of type Decimal is required."),
    ]:
        answer = send(client, amount)
        assert answer.get("data") is None
        (error,) = answer["errors"]
        assert told in error["message"], error
    assert count(client) == 0
    assert recorded(client, item("whole", amount=10), item("text", amount="10")) == (2, 0)
    document = """mutation { recordTransactions(input: { transactions: [{ transactionId: "literal", amount: AMOUNT,
      transactionType: INVOICE_ITEM, transactionDate: "2024-12-05", currency: "GBP",
      debitAccount: "Cash", creditAccount: "Sales" }] }) { recorded errors { message } } }"""
    for amount, told in [
        ("1e3", "'1e3' is not a decimal number; use the format -12.50; exponents are refused"),
        ('" 1"', "remove the white space around it"),
        (
            "9" * 5_000,
            "(5,000 characters) is not a decimal number; use the format -12.50; the maximum is 100 characters",
        ),
        ("[1]", "A Decimal must be a string"),
    ]:
        (error,) = client.send(document.replace("AMOUNT", amount))["errors"]
        assert told in error["message"], error
    document = document.replace("AMOUNT", "0.29")
    assert client.query(document)["recordTransactions"] == {"recorded": 1, "errors": []}
    with client.database.read() as session:
        amounts = session.exec(select(Transaction.amount_minor).order_by(col(Transaction.amount_minor))).all()
    assert amounts == [29, 1_000, 1_000]


def test_a_sum_beyond_64_bits_is_refused(client: Client) -> None:
    largest = "92233720368547758.07"

    (error,) = refused(client, item("a", amount=largest), item("b", amount="0.01"))

    assert (error["code"], error["field"]) == ("OUT_OF_RANGE", ["input", "transactions"])
    assert error["message"] == (
        "The sum of one day's transactions with one posting key is beyond 64 bits; check the amounts."
    )
    assert recorded(client, item("a", amount=largest), item("b", amount="0.01", transactionDate="2024-12-06")) == (2, 0)


RATE = "1.234567890123456789012345678901234567890123"


SMALL_RATE = "0." + "0" * 90 + "1"


@pytest.mark.parametrize("ledger", [Ledger(home_currency="JPY")])
def test_home_amounts_are_computed_or_given(client: Client, ledger: Ledger) -> None:
    items = {
        "half to even, down": (item("1", amount="0.25", exchangeRate="10"), 2),
        "half to even, up": (item("2", amount="0.75", exchangeRate="10.0"), 8),
        "negative": (item("3", amount="-0.25", exchangeRate="10"), -2),
        "given": (item("4", amount="0.25", exchangeRate="10", homeAmount="3"), 3),
        "at home": (item("5", amount="7", currency="JPY"), 7),
        "at home, said": (item("6", amount="7", currency="JPY", exchangeRate="1.0", homeAmount="7"), 7),
        "a long rate": (item("7", exchangeRate=RATE), 12),
    }
    assert recorded(client, *(given for given, _ in items.values())) == (len(items), 0)
    # The same rate in another notation is the same content; another rate is not.
    assert recorded(client, item("1", amount="0.250", exchangeRate="10.00")) == (0, 1)
    (conflict,) = refused(client, item("7", exchangeRate=RATE[:-1] + "4"))
    assert conflict["code"] == "CONFLICT"

    with client.database.read() as session:
        found = {row.transaction_id: row for row in session.exec(select(Transaction))}
    assert {name: found[given["transactionId"]].home_amount_minor for name, (given, _) in items.items()} == {
        name: home for name, (_, home) in items.items()
    }
    assert found["7"].exchange_rate == RATE

    bad = [
        ({}, "REQUIRED", "exchangeRate", "It is required to convert GBP to JPY, the home currency"),
        ({"homeAmount": "3"}, "REQUIRED", "exchangeRate", "It is required"),
        ({"exchangeRate": "0"}, "OUT_OF_RANGE", "exchangeRate", "0 is not an exchange rate; use a positive number"),
        ({"exchangeRate": "-1"}, "OUT_OF_RANGE", "exchangeRate", "-1 is not an exchange rate"),
        ({"exchangeRate": "1000000000000"}, "OUT_OF_RANGE", "exchangeRate", "1000000000000 is not an exchange rate"),
        ({"exchangeRate": SMALL_RATE}, "OUT_OF_RANGE", "exchangeRate", f"{SMALL_RATE} is not an exchange rate"),
        ({"exchangeRate": "0." + "1" * 59}, "OUT_OF_RANGE", "exchangeRate", "of 60 digits at most"),
        (
            {"exchangeRate": "2", "homeAmount": "3.5"},
            "INVALID",
            "homeAmount",
            "3.5 has too many decimals; JPY amounts have 0",
        ),
        ({"exchangeRate": "999999999999", "amount": str(10**8)}, "OUT_OF_RANGE", "exchangeRate", "beyond 64 bits"),
        ({"currency": "JPY", "amount": "7", "exchangeRate": "2"}, "INVALID", "exchangeRate", "it must be 1"),
        ({"currency": "JPY", "amount": "7", "homeAmount": "8"}, "INVALID", "homeAmount", "8 is not the amount"),
    ]
    errors = refused(client, *(item(f"bad-{place}", **values) for place, (values, *_) in enumerate(bad)))
    assert [(error["code"], error["field"]) for error in errors] == [
        (code, ["input", "transactions", str(place), field]) for place, (_, code, field, _) in enumerate(bad)
    ]
    for error, (*_, part) in zip(errors, bad, strict=True):
        assert part in error["message"]


def test_calls_at_the_same_time_record_each_transaction_once(client: Client) -> None:
    rounds, callers, size = 5, 4, 60
    for attempt in range(rounds):
        items = [item(f"{attempt}-{number}") for number in range(size)]
        with ThreadPoolExecutor(callers) as pool:
            # Every other call has them in reverse order.
            answers = list(pool.map(client.record, [items[:: 1 if n % 2 else -1] for n in range(callers)]))
        assert all(answer["errors"] == [] for answer in answers), answers
        assert sorted(answer["recorded"] for answer in answers) == [0] * (callers - 1) + [size]
        assert sum(answer["duplicates"] for answer in answers) == (callers - 1) * size
    assert count(client) == rounds * size
    assert Decimal(client.completed()["transactionCount"]) == rounds * size
