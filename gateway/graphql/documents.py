"""Documents that the server has: those that clients registered (automatic persisted queries), and trusted ones."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from cachetools import LRUCache

from gateway.graphql.requests import BadRequest, GraphQLRequest, decode_json
from schema.input_errors import shortened

LARGEST_REGISTERED = 8 * 1024 * 1024
"""Bytes of all documents that clients have registered; the one used longest ago gives way to a new one."""

MOST_REGISTERED = 1_000

NOT_FOUND = "PERSISTED_QUERY_NOT_FOUND"
NOT_SUPPORTED = "PERSISTED_QUERY_NOT_SUPPORTED"
NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED"

_PROTOCOL_VERSION = 1


class DocumentRefused(Exception):
    """The document may not run, or is not known. Its text and its code are those of the error that the client gets."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class TrustedDocumentsError(Exception):
    """The file of trusted documents cannot be used. Its text says why."""


Register = Callable[[], None]
"""Called once the document has been found to be valid."""


class Documents(Protocol):
    """Where the document of a request comes from."""

    def find(self, request: GraphQLRequest) -> tuple[str | None, Register | None]:
        """The text to execute, and how to register it. Raises DocumentRefused, and BadRequest for a wrong protocol."""


def find_document(documents: Documents, request: GraphQLRequest) -> tuple[str, Register | None]:
    """The text to execute, and how to register it.

    Raises BadRequest for a request that neither has a document nor names one, and DocumentRefused.
    """
    query, register = documents.find(request)
    if query is None:
        raise BadRequest("The request has no GraphQL document; send it as `query`.")
    return query, register


class PersistedQueries:
    """Automatic persisted queries by Apollo's protocol: a client sends a document once, and its hash from then on.

    Bounded in number and bytes. Only a caller who is let in reaches it, and what a document may do is decided when
    it runs, by who runs it.
    """

    def __init__(self) -> None:
        smallest = LARGEST_REGISTERED // MOST_REGISTERED
        self._texts: LRUCache[str, str] = LRUCache(
            LARGEST_REGISTERED, getsizeof=lambda text: max(smallest, len(_bytes(text)))
        )

    def find(self, request: GraphQLRequest) -> tuple[str | None, Register | None]:
        """The document sent, or the one registered under the hash that is sent."""
        _refuse_id(request)
        wanted = _hash(request)
        if wanted is None:
            return request.query, None
        if not request.query:  # graphql-ws sends an empty one, as its messages must have one
            if (text := self._texts.get(wanted)) is None:
                raise DocumentRefused("PersistedQueryNotFound", NOT_FOUND)
            return text, None
        query = request.query
        if sha256(_bytes(query)).hexdigest() != wanted:
            raise BadRequest("The sha256Hash of `extensions.persistedQuery` is not that of `query`.")
        return query, lambda: self._register(wanted, query)

    def _register(self, digest: str, query: str) -> None:
        if len(_bytes(query)) <= LARGEST_REGISTERED:
            self._texts[digest] = query


class NoPersistedQueries:
    """Documents are sent whole."""

    def find(self, request: GraphQLRequest) -> tuple[str | None, Register | None]:
        """The document sent. A client of Apollo's protocol is told to send it whole."""
        _refuse_id(request)
        if _hash(request) is not None and not request.query:
            raise DocumentRefused("PersistedQueryNotSupported", NOT_SUPPORTED)
        return request.query, None


class TrustedDocuments:
    """Only the documents of a manifest run, by their id, their hash, or their very text."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = {_folded(name): text for name, text in texts.items()}
        self._trusted = frozenset(texts.values())

    def find(self, request: GraphQLRequest) -> tuple[str | None, Register | None]:
        """The trusted document that the request names or sends."""
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
                " send the id of one that stands in it.",
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
            f"{path}: this is no manifest of trusted documents; give the file that generate-persisted-query-manifest"
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
        message = "No document has this id here: documents by id are for a server with trusted documents; send `query`."
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
