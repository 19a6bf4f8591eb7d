"""Statements that see the whole ledger in a session that is limited to some organisations.

For rules that hold for the ledger as a whole, such as that one run is in progress at a time. Who tells about what such
a statement finds says no more than the session's own organisations may know.
"""

from typing import Any

OPTION = "whole_ledger"

WHOLE_LEDGER: dict[str, Any] = {OPTION: True}
"""The execution options of such a statement."""
