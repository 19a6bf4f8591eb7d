"""Texts of an input, normalised by the one rule for texts; what it refuses is a violation."""

from runs.violations import Rule, Violations
from storage.texts import TextRefused, is_plain, normalised


def normalised_name(given: str, violations: Violations, *path: str | int) -> str | None:
    """The normalised name; None, with a violation, if it is refused. A blank name is empty."""
    try:
        return normalised(given)
    except TextRefused as refused:
        violations.add(Rule.INVALID, str(refused), *path)
        return None


def normalised_text(given: str, length_max: int, violations: Violations, *path: str | int) -> str | None:
    """The normalised text; None if it is blank, or, with a violation, if it is refused or too long."""
    if is_plain(given, length_max):
        return given
    text = normalised_name(given, violations, *path)
    if text is not None and len(text) > length_max:
        violations.add(Rule.INVALID, f"it has {len(text)} characters; the maximum is {length_max}", *path)
        return None
    return text or None
