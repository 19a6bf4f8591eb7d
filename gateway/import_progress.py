"""The bar that `journal-gateway import` shows on a terminal: how much of the file is read, how fast, and time left."""

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text


class _Speed(ProgressColumn):
    """Lines a second since the file was opened."""

    def render(self, task: Task) -> Text:
        """The column's text."""
        return Text(f"{task.fields['lines'] / task.elapsed:,.0f} lines/s" if task.elapsed else "")


def progress_bar(console: Console) -> Progress:
    """The bar; without a terminal, it shows nothing. Its tasks count bytes, and have a field `lines`."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[lines]:,} lines"),
        _Speed(Column(no_wrap=True)),
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
