"""The bar that long commands show on a terminal: what is at work, how far it is, and the time left."""

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn


def bar(console: Console, *columns: ProgressColumn) -> Progress:
    """A bar with these columns beside it; without a terminal, it shows nothing."""
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        *columns,
        TimeElapsedColumn(),
        TextColumn("left:"),
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
