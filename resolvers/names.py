"""Names that a caller looks up, by the one rule for texts."""

from resolvers.errors import RequestError
from storage.texts import TextRefused, normalised


def name_to_find(text: str, field: str) -> str:
    """The name that a filter asks for. Raises RequestError, naming the field, for one that nothing can have."""
    try:
        return normalised(text)
    except TextRefused as refused:
        raise RequestError(f"{field}: {refused}.") from refused
