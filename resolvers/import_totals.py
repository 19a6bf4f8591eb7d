"""What an import counts of the transactions it records: amounts and numbers by currency, day and period."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from sqlmodel import Session

from resolvers.import_lines import Imported, Uncollectable
from storage.accounting_periods import AccountingPeriod, periods_of_days
from storage.currencies import CurrencyDigits
from storage.money import Minor, to_decimal


class Totals:
    """The number and the sum of recorded transactions by currency and day."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, date]] = Counter()
        self._sums: Counter[tuple[str, date]] = Counter()

    def add(self, currency: str, day: date, count: int, total: int) -> None:
        """Count that many transactions of a currency and a day, with their sum in minor units."""
        self._counts[currency, day] += count
        self._sums[currency, day] += total

    def tell(self, session: Session, currencies: Mapping[str, CurrencyDigits], result: Imported) -> None:
        """Write the totals, and which transactions no run can collect because of their dates, into the result."""
        periods = periods_of_days(session, {day for _, day in self._counts})
        by_currency: Counter[str] = Counter()
        by_period: dict[tuple[str, date, str | None], list[int]] = {}
        outside: Counter[date] = Counter()
        open_ended: Counter[date] = Counter()
        for (currency, day), count in self._counts.items():
            period = periods.get(day)
            total = self._sums[currency, day]
            by_currency[currency] += total
            found = by_period.setdefault((currency, *_placed(period)), [0, 0])
            found[0] += count
            found[1] += total
            if period is None:
                outside[day] += count
            elif period.end_date is None:
                open_ended[day] += count

        def decimal(currency: str, total: int) -> Decimal:
            return to_decimal(Minor(total), currencies[currency])

        result.totals = {currency: decimal(currency, total) for currency, total in by_currency.items()}
        result.by_period = [
            (currency, name, count, decimal(currency, total))
            for (currency, _, name), (count, total) in sorted(by_period.items(), key=lambda item: item[0][:2])
        ]
        assert sum(count for _, _, count, _ in result.by_period) == result.recorded
        result.in_no_period = _uncollectable(outside)
        result.in_open_ended_period = _uncollectable(open_ended)


def _placed(period: AccountingPeriod | None) -> tuple[date, str | None]:
    """What periods are ordered by, and the name; a day in no period comes last."""
    return (date.max, None) if period is None else (period.start_date, period.name)


def _uncollectable(days: Counter[date]) -> Uncollectable | None:
    return Uncollectable(days.total(), min(days), max(days)) if days else None
