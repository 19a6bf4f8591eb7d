"""Holding workflows before a step, so that a short-lived status of a run can be observed."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

import pytest

from runs.workflows import Workflows

LONGEST_SECONDS = 60


@contextmanager
def held(step: str) -> Iterator[None]:
    """Inside, workflows of this process wait before the step of that name; they continue at the end."""
    go_on = Event()
    proceed = Workflows.step

    def wait_first(workflows: Workflows, name: str, function: Callable[..., Any], run_id: int, *args: Any) -> Any:
        if name == step:
            go_on.wait(LONGEST_SECONDS)
        return proceed(workflows, name, function, run_id, *args)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Workflows, "step", wait_first)
        try:
            yield
        finally:
            go_on.set()
