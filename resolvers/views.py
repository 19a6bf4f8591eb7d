"""The views for reports by name; who needs no caller needs nothing else of `resolvers.bi`."""

from collections.abc import Mapping

from resolvers.errors import NotFound
from storage.bi.catalogue import View


def view_named(views: Mapping[str, View], name: str) -> View:
    """The view with that name, with or without `bi_`. Raises NotFound, which names the views that there are."""
    found = views.get(name) or views.get(f"bi_{name}")
    if found is None:
        names = ", ".join(view.short_name for view in views.values())
        raise NotFound(f"There is no view {name[:100]!r}; the views are {names}.")
    return found
