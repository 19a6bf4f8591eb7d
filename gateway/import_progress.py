"""The bar that `journal-gateway import` shows on a terminal: how much of the file is read, how fast, and time left."""

from rich.console import Console
from rich.progress import Progress, ProgressColumn, Task, TaskProgressColumn, TextColumn
from rich.table import Column
from rich.text import Text

from gateway.progress import bar


class _Speed(ProgressColumn):
    """Lines a second since the file was opened."""

    def render(self, task: Task) -> Text:
        """The column's text."""
        return Text(f"{task.fields['lines'] / task.elapsed:,.0f} lines/s" if task.elapsed else "")


def progress_bar(console: Console) -> Progress:
    """The bar; its tasks count bytes, and have a field `lines`."""
    lines = TextColumn("{task.fields[lines]:,} lines")
    return bar(console, TaskProgressColumn(), lines, _Speed(Column(no_wrap=True)))
