"""The bar that `journal-gateway export` shows on a terminal: rows written, how fast, and time left."""

from rich.console import Console
from rich.progress import Progress, TaskProgressColumn, TextColumn

from gateway.progress import bar


def progress_bar(console: Console) -> Progress:
    """The bar; its tasks count rows."""
    return bar(console, TaskProgressColumn(show_speed=True), TextColumn("{task.completed:,.0f} rows"))
