"""Names in filters, normalised by the one rule for texts."""

from resolvers.errors import RequestError
from storage.texts import TextRefused, normalised


def name_to_find(text: str, field: str) -> str:
    """The normalised name in a filter. Raises RequestError, with the field, for a name that nothing can have."""
    try:
        return normalised(text)
    except TextRefused as refused:
        raise RequestError(f"{field}: {refused}.") from refused
