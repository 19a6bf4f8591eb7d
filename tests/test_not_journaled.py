"""Transactions that stand in no entry: an import warns of them, and a query lists them with the reason."""

from datetime import date

from resolvers.import_lines import Imported, Uncollectable
from storage.database import Database
from tests.ledger import line, post


def test_an_import_counts_what_no_run_can_collect(database: Database) -> None:
    before = [line(f"b{day}", transaction_date=f"2024-11-{day:02}") for day in (30, 3, 7)]
    after = [line("open-ended", transaction_date="2199-12-31")]

    imported = post(database, [line("in"), *before, *after])

    assert imported.in_no_period == Uncollectable(3, date(2024, 11, 3), date(2024, 11, 30))
    assert imported.in_open_ended_period == Uncollectable(1, date(2199, 12, 31), date(2199, 12, 31))
    # What had been recorded before was warned of when it was recorded.
    again = post(database, [line("in"), *before, *after])
    assert (again.duplicates, again.in_no_period, again.in_open_ended_period) == (5, None, None)


def test_the_warning_says_how_many_which_days_and_what_is_missing() -> None:
    imported = Imported(
        in_no_period=Uncollectable(1204, date(2024, 1, 1), date(2024, 1, 31)),
        in_open_ended_period=Uncollectable(1, date(2025, 3, 1), date(2025, 3, 1)),
    )

    assert imported.warnings() == [
        "1,204 transactions are dated in no accounting period: 2024-01-01 to 2024-01-31;"
        " no run can collect them until a period covers those days",
        "1 transaction is dated in an open-ended accounting period: 2025-03-01;"
        " no run can collect it until a period with an end covers that day",
    ]
    assert Imported(recorded=3).warnings() == []
