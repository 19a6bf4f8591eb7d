"""Documents stored on the server: registered by clients (automatic persisted queries), or trusted."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from cachetools import LRUCache

from gateway.graphql.requests import BadRequest, GraphQLRequest, decode_json
from schema.input_errors import shortened
from storage.errors import OperatorError

LARGEST_REGISTERED = 8 * 1024 * 1024
"""The maximum bytes of all registered documents; the least recently used is dropped first."""

MOST_REGISTERED = 1_000

NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED"

_PROTOCOL_VERSION = 1


class DocumentRefused(Exception):
    """The document may not run, or is unknown. Text and code are those of the error that the client gets."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class TrustedDocumentsError(OperatorError):
    """The file of trusted documents cannot be used. The text says why."""


Register = Callable[[], None]
"""Called once the document is known to be valid."""


class Documents(Protocol):
    """The source of a request's document."""

    def find(self, request: GraphQLRequest) -> tuple[str | None, Register | None]:
        """The text to execute, and how to register it. Raises DocumentRefused, and BadRequest for protocol errors."""


def find_document(documents: Documents, request: GraphQLRequest) -> tuple[str, Register | None]:
    """The text to execute, and how to register it.

    Raises BadRequest for a request that neither contains nor names a document, and DocumentRefused.
    """
    query, register = documents.find(request)
    if query is None:
        raise BadRequest("The request has no GraphQL document; send it as `query`.")
    return query, register


class PersistedQueries:
    """Automatic persisted queries by Apollo's protocol: a client sends a document once, afterwards only its hash.

    Bounded in number and bytes. Only authenticated callers use it, and permissions are checked when a document runs,
    for the caller who runs it.
    """

    def __init__(self) -> None:
        smallest = LARGEST_REGISTERED // MOST_REGISTERED
        self._texts: LRUCache[str, str] = LRUCache(
            LARGEST_REGISTERED, getsizeof=lambda text: max(smallest, len(_bytes(text)))
        )

    def find(self, request: GraphQLRequest) -> tuple[str | None, Register | None]:
        """The document in the request, or the one registered under its hash."""
        _refuse_id(request)
        wanted = _hash(request)
        if wanted is None:
            return request.query, None
        if not request.query:  # graphql-ws sends an empty one, as its messages require one
            if (text := self._texts.get(wanted)) is None:
                raise DocumentRefused("PersistedQueryNotFound", NOT_FOUND)
            return text, None
        query = request.query
        if sha256(_bytes(query)).hexdigest() != wanted:
            raise BadRequest("The sha256Hash in `extensions.persistedQuery` does not match `query`.")
        return query, lambda: self._register(wanted, query)

    def _register(self, digest: str, query: str) -> None:
        if len(_bytes(query)) <= LARGEST_REGISTERED:
            self._texts[digest] = query


class NoPersistedQueries:
    """Documents are sent in full."""

    def find(self, request: GraphQLRequest) -> tuple[str | None, Register | None]:
        """The document in the request. A client that sends only a hash is refused, by Apollo's protocol."""
        _refuse_id(request)
        if _hash(request) is not None and not request.query:
            raise DocumentRefused("PersistedQueryNotSupported", NOT_SUPPORTED)
        return request.query, None


class TrustedDocuments:
    """Only the documents of a manifest run, by id, by hash, or by their exact text."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = {_folded(name): text for name, text in texts.items()}
        self._trusted = frozenset(texts.values())

    def find(self, request: GraphQLRequest) -> tuple[str | None, Register | None]:
        """The trusted document that the request names or contains."""
        wanted = request.document_id or _hash(request)
        if wanted is not None:
            if (text := self._texts.get(_folded(wanted))) is None:
                raise DocumentRefused(
                    f"No trusted document has the id {shortened(wanted, 100)!r}; this server runs trusted documents"
                    " only.",
                    NOT_TRUSTED,
                )
            return text, None
        if request.query is not None and request.query not in self._trusted:
            raise DocumentRefused(
                "This document is not trusted; this server runs trusted documents only. Add it to the manifest, or"
                " send the id of a document in it.",
                NOT_TRUSTED,
            )
        return request.query, None


def load_trusted_documents(path: Path) -> TrustedDocuments:
    """The documents of a manifest: Apollo's (`operations` with `id` and `body`), or Relay's (texts by id).

    Raises TrustedDocumentsError for a file that is neither, or that has two documents of one id.
    """
    try:
        manifest = decode_json(path.read_text("utf-8-sig"), "the file")
    except OSError as error:
        raise TrustedDocumentsError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise TrustedDocumentsError(f"{path}: the file is not UTF-8") from error
    except BadRequest as error:
        raise TrustedDocumentsError(f"{path}: {error}") from error
    texts = _apollo(path, manifest) if isinstance(manifest, dict) and "operations" in manifest else manifest
    if not _texts_by_id(texts):
        raise TrustedDocumentsError(
            f"{path}: this is not a manifest of trusted documents; give the file that generate-persisted-query-manifest"
            " or relay-compiler writes"
        )
    return TrustedDocuments(texts)


def _apollo(path: Path, manifest: dict[str, Any]) -> Any:
    operations = manifest["operations"]
    if not isinstance(operations, list) or not all(isinstance(one, dict) for one in operations):
        return None
    texts: dict[Any, Any] = {}
    for operation in operations:
        name, text = operation.get("id"), operation.get("body")
        if texts.setdefault(name, text) != text:
            raise TrustedDocumentsError(f"{path}: two documents have the id {name!r}; give each an id of its own")
    return texts


def _texts_by_id(texts: Any) -> bool:
    return (
        isinstance(texts, dict)
        and bool(texts)
        and all(isinstance(name, str) and isinstance(text, str) and name and text for name, text in texts.items())
    )


def _bytes(text: str) -> bytes:
    # JSON can hold half of a surrogate pair, which UTF-8 cannot.
    return text.encode(errors="surrogatepass")


def _refuse_id(request: GraphQLRequest) -> None:
    if request.document_id is not None:
        message = "This server has no trusted documents, so it cannot run a document by id; send `query`."
        raise DocumentRefused(message, NOT_FOUND)


def _hash(request: GraphQLRequest) -> str | None:
    persisted = (request.extensions or {}).get("persistedQuery")
    if persisted is None:
        return None
    if not isinstance(persisted, dict) or persisted.get("version") != _PROTOCOL_VERSION:
        raise BadRequest("`extensions.persistedQuery` must be an object with version 1 and a sha256Hash.")
    digest = persisted.get("sha256Hash")
    if not isinstance(digest, str) or not digest:
        raise BadRequest("`extensions.persistedQuery.sha256Hash` must be a string.")
    return _folded(digest)


def _folded(name: str) -> str:
    # A SHA-256 hash may be written in capitals; any other id is taken as it is.
    return name.lower() if len(name) == 64 else name
