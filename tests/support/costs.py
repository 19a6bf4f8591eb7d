"""What responses tell of their cost."""

from typing import Any


def without_cost(sent: Any) -> Any:
    """The response, or the payload of a message, without `extensions.cost`, which most tests are not about."""
    if not isinstance(sent, dict) or "cost" not in sent.get("extensions", {}):
        return sent
    others = {name: value for name, value in sent["extensions"].items() if name != "cost"}
    rest = {name: value for name, value in sent.items() if name != "extensions"}
    return {**rest, "extensions": others} if others else rest
