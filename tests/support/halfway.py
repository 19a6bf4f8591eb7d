"""A cancellation that pauses halfway, so that a connection can be lost exactly there."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Event
from typing import Any

import pytest

from runs import workflows
from runs.cancel import cancel_batch
from runs.workflows import Workflows

LONGEST_SECONDS = 60


@contextmanager
def stopping_after(entries: int) -> Iterator[Event]:
    """Inside, a cancellation tries this many entries one by one, and continues when the event is set."""
    go_on = Event()
    proceed = Workflows.step
    tried = 0

    def wait_halfway(self: Workflows, name: str, function: Callable[..., Any], run_id: int, *args: Any) -> Any:
        nonlocal tried
        if name == "cancel_batch":
            if tried == entries:
                go_on.wait(LONGEST_SECONDS)
            tried += 1
        return proceed(self, name, function, run_id, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(workflows, "cancel_batch", partial(cancel_batch, first=1, largest=1))
        patch.setattr(Workflows, "step", wait_halfway)
        try:
            yield go_on
        finally:
            go_on.set()
