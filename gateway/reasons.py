"""How files show violations: each with the column that it is in."""

from collections.abc import Iterable

from resolvers.transaction_lines import SEGMENT
from runs.violations import Violation


def reasons(violations: Iterable[Violation]) -> str:
    """Why a line is rejected, in one text."""
    return "; ".join(map(_reason, violations))


def _reason(violation: Violation) -> str:
    if not violation.path:
        return violation.message
    first, *rest = map(str, violation.path)
    column = SEGMENT + ".".join(rest) if first == "segments" else first
    return f"{column}: {violation.message}"
