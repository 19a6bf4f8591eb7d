"""Limits that an option sets."""

MAX_BODY_BYTES = 1 << 20
"""The default maximum of a decompressed body and of a WebSocket message: 1,000 transactions take less than half."""
