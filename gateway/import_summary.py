"""What `journal-gateway import` tells of a file at the end: counts, and money by currency and accounting period."""

from collections.abc import Iterator
from pathlib import Path

from resolvers.import_lines import Imported

_NO_PERIOD = "in no accounting period"


def summary(name: str, imported: Imported, rejects: Path | None, *, check: bool) -> Iterator[str]:
    """The lines about the file of that name. `rejects` is the list of rejected lines, if there are any."""
    recorded = "to record" if check else "recorded"
    duplicates = "duplicate" if imported.duplicates == 1 else "duplicates"
    counts = f"{imported.recorded:,} {recorded}, {imported.duplicates:,} {duplicates}, {imported.rejected:,} rejected"
    if imported.rates_added:
        counts += f", {imported.rates_added:,} given an exchange rate"
    yield f"{name}: {counts}"
    amounts = {currency: f"{total:,}" for currency, total in sorted(imported.totals.items())}
    width = max(map(len, amounts.values()), default=0)
    for currency, amount in amounts.items():
        yield f"Total {recorded}: {amount:>{width}} {currency}"
    yield from _by_period(imported)
    for warning in imported.warnings():
        yield f"Warning: {warning}"
    if rejects is not None:
        yield f"The rejected lines and their reasons were written to {rejects}"


def _by_period(imported: Imported) -> Iterator[str]:
    """A table of what was recorded, with its numbers right-aligned."""
    rows = [
        (period or _NO_PERIOD, f"{count:,}", "transaction " if count == 1 else "transactions", f"{total:,}", currency)
        for currency, period, count, total in imported.by_period
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for period, count, noun, total, currency in rows:
        yield f"  {period:<{widths[0]}}  {count:>{widths[1]}} {noun}  {total:>{widths[3]}} {currency}"
