"""What the import command tells: of a file when it is done, and on a terminal while it is read."""

from datetime import date
from decimal import Decimal
from io import StringIO
from pathlib import Path

from rich.console import Console

from gateway.import_progress import progress_bar
from gateway.import_summary import summary
from resolvers.import_lines import Imported, Uncollectable


def test_money_is_told_by_currency_and_period_right_aligned() -> None:
    imported = Imported(
        recorded=1_234_568,
        duplicates=1,
        rejected=12,
        totals={"GBP": Decimal("1234567.50"), "EUR": Decimal("-0.50")},
        by_period=[
            ("EUR", "Dec 2024", 1, Decimal("-0.50")),
            ("GBP", "Dec 2024", 1_234_565, Decimal("1234000.00")),
            ("GBP", "Jan 2025", 1, Decimal("67.50")),
            ("GBP", None, 1, Decimal("500.00")),
        ],
        in_no_period=Uncollectable(1, date(2030, 1, 1), date(2030, 1, 1)),
    )
    assert list(summary("feed.csv", imported, Path("feed.csv.rejects.csv"), check=False)) == [
        "feed.csv: 1,234,568 recorded, 1 duplicate, 12 rejected",
        "Total recorded:        -0.50 EUR",
        "Total recorded: 1,234,567.50 GBP",
        "  Dec 2024                         1 transaction          -0.50 EUR",
        "  Dec 2024                 1,234,565 transactions  1,234,000.00 GBP",
        "  Jan 2025                         1 transaction          67.50 GBP",
        "  in no accounting period          1 transaction         500.00 GBP",
        "Warning: 1 transaction is dated in no accounting period: 2030-01-01; no run can collect it until a period"
        " covers that day",
        "The rejected lines and their reasons were written to feed.csv.rejects.csv",
    ]


def test_nothing_recorded_is_one_line() -> None:
    again = list(summary("feed.csv", Imported(duplicates=3, rates_added=2), None, check=True))
    assert again == ["feed.csv: 0 to record, 3 duplicates, 0 rejected, 2 given an exchange rate"]


def test_the_bar_tells_lines_speed_and_time_left() -> None:
    screen = StringIO()
    with progress_bar(Console(file=screen, force_terminal=True, width=150)) as progress:
        task = progress.add_task("feed.csv", total=100, lines=0)
        progress.update(task, completed=50, lines=12_345)
        progress.refresh()
    for told in ("feed.csv", "50%", "12,345 lines", "lines/s", "left:"):
        assert told in screen.getvalue()


def test_without_a_terminal_there_is_no_bar() -> None:
    screen = StringIO()
    with progress_bar(Console(file=screen)) as progress:
        progress.update(progress.add_task("feed.csv", total=100, lines=0), completed=50, lines=12_345)
    assert screen.getvalue() == ""
