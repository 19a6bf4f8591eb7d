"""Limits that an option sets."""

MAX_BODY_BYTES = 1 << 20
"""The default maximum of a decompressed body and of a WebSocket message: 1,000 transactions take less than half."""

MAX_SUBSCRIPTIONS = 2_000
"""The default maximum of subscriptions, of all callers together."""

MAX_SUBSCRIPTIONS_PER_CALLER = 500
"""The default maximum of subscriptions of one API key or user, or of all callers without one."""
