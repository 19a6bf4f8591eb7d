"""Names in filters, normalised by the one rule for texts."""

from resolvers.errors import RequestError
from runs.violations import sentence
from storage.texts import TextRefused, normalised


def name_to_find(text: str, *path: str) -> str:
    """The normalised name in an argument. Raises RequestError, with its path, for a name that nothing can have."""
    try:
        return normalised(text)
    except TextRefused as refused:
        raise RequestError(sentence(str(refused)), *path) from refused
