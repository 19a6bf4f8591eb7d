"""Prepares the operation of a request: parses, selects and validates it, and enforces limits."""

import asyncio
from collections.abc import Collection, Hashable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from cachetools import LRUCache
from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.language.parser import MAX_NESTING_DEPTH

from schema.document_limits import MAX_TOKENS, length_error, limit_error
from schema.document_text import DocumentText
from schema.input_errors import BAD_USER_INPUT, shortened
from schema.introspection import Introspection
from schema.validation import validation_errors

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"

STREAMED = (
    "A subscription is streamed: send it over graphql-transport-ws, or accept text/event-stream or"
    " multipart/mixed;subscriptionSpec=1.0."
)
POSTED = "A mutation is sent by POST; GET is for queries."

_CACHED_BYTES = 32 << 20
_BYTES_PER_TOKEN = 1_000
"""What a token and its part of the tree take in memory, as measured."""

_LONG = 2_000
"""The characters from which a document counts as long."""

# Reading a document is plain Python: in a thread of its own it delays others by some milliseconds at most, however long
# it takes. One thread each, so that many documents do not delay others more than one does, nor long ones short ones.
_SHORT_READER = ThreadPoolExecutor(1, "short documents")
_LONG_READER = ThreadPoolExecutor(1, "long documents")


class RequestRefused(Exception):
    """The request was not executed. `errors` gives the reasons, each with a code."""

    def __init__(self, *errors: GraphQLError) -> None:
        super().__init__(*errors)
        self.errors = list(errors)


@dataclass(frozen=True, slots=True)
class Operation:
    """A valid document, and the operation in it to execute."""

    document: DocumentNode
    definition: OperationDefinitionNode
    fragments: dict[str, FragmentDetails]
    costs: dict[Hashable, int]
    """What it is known to cost, for values of its variables."""

    @property
    def type(self) -> OperationType:
        """Whether it is a query, a mutation or a subscription."""
        return self.definition.operation


class Preparation:
    """Prepares operations against one schema, with a bounded cache of valid documents."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._introspection = Introspection(schema)
        self._documents: LRUCache[str, _Valid] = LRUCache(_CACHED_BYTES, getsizeof=lambda valid: valid.bytes)

    def prepare(
        self, query: str, operation_name: str | None, allowed: Collection[OperationType] = tuple(OperationType)
    ) -> Operation:
        """The operation to execute, according to GetOperation in the GraphQL specification.

        Raises RequestRefused for a document that is invalid or too large, a name that does not select exactly one
        operation, and an operation whose type is not allowed.
        """
        valid = self._documents.get(query)
        if valid is None:
            valid = self._read(query, operation_name, allowed)
            self._remember(query, valid)
        return _operation(valid, operation_name, allowed)

    async def prepared(
        self, query: str, operation_name: str | None, allowed: Collection[OperationType] = tuple(OperationType)
    ) -> Operation:
        """The same as `prepare`, while other requests are answered."""
        if query not in self._documents:
            reader = _LONG_READER if len(query) >= _LONG else _SHORT_READER
            loop = asyncio.get_running_loop()
            valid = await loop.run_in_executor(reader, self._read, query, operation_name, allowed)
            self._remember(query, valid)
            return _operation(valid, operation_name, allowed)
        return self.prepare(query, operation_name, allowed)

    def _read(self, query: str, operation_name: str | None, allowed: Collection[OperationType]) -> "_Valid":
        if error := length_error(query):
            raise RequestRefused(_coded(error, PARSE_FAILED))
        document = _parsed(query)
        _check_type(_chosen(document, operation_name), allowed)
        if error := limit_error(document) or self._introspection.error(document):
            raise RequestRefused(_coded(error, VALIDATION_FAILED))
        if errors := validation_errors(self._schema, document):
            raise RequestRefused(*(_coded(error, VALIDATION_FAILED) for error in errors))
        definitions = (node for node in document.definitions if isinstance(node, FragmentDefinitionNode))
        fragments = {node.name.value: FragmentDetails(node) for node in definitions}
        size = len(query) + _BYTES_PER_TOKEN * _tokens(document)
        return _Valid(document, fragments, {}, size)

    def _remember(self, query: str, valid: "_Valid") -> None:
        if valid.bytes <= self._documents.maxsize:
            self._documents[query] = valid


@dataclass(frozen=True, slots=True)
class _Valid:
    document: DocumentNode
    fragments: dict[str, FragmentDetails]
    costs: dict[Hashable, int]
    bytes: int
    """What it takes in memory."""


def _operation(valid: _Valid, name: str | None, allowed: Collection[OperationType]) -> Operation:
    definition = _chosen(valid.document, name)
    _check_type(definition, allowed)
    return Operation(valid.document, definition, valid.fragments, valid.costs)


def _tokens(document: DocumentNode) -> int:
    """The document's tokens, comments included."""
    counted, token = 0, document.loc.start_token if document.loc else None
    while token is not None:
        counted, token = counted + 1, token.next
    return counted


_WORDED = {
    "contains more than": f"The document has more than {MAX_TOKENS:,} tokens; send values as variables instead of"
    " writing them into the document.",
    "is nested too deeply": f"Here the document has more than {MAX_NESTING_DEPTH} levels inside each other, which is"
    " the maximum; ask for the inner ones by another query.",
}
"""Messages of the parser, by their beginnings, and ours."""


def _parsed(query: str) -> DocumentNode:
    try:
        return parse(DocumentText(query), max_tokens=MAX_TOKENS)
    except GraphQLSyntaxError as error:
        for beginning, message in _WORDED.items():
            if error.message.startswith(f"Syntax Error: Document {beginning}"):
                error.message = message
        error.extensions = {"code": PARSE_FAILED}
        raise RequestRefused(error) from None


def _chosen(document: DocumentNode, name: str | None) -> OperationDefinitionNode:
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if name is None and len(operations) == 1:
        return operations[0]
    named = [operation for operation in operations if operation.name and operation.name.value == name]
    if named:
        return named[0]  # validation checks that names are unique
    names = ", ".join(operation.name.value for operation in operations if operation.name) or "none has a name"
    if not operations:
        message = "The document has no operation; write a query, a mutation or a subscription."
    elif name is None:
        message = f"The document has {len(operations)} operations ({names}); name the one to execute in operationName."
    else:
        shown = shortened(names, 300)
        message = f"The document has no operation {shortened(name, 100)!r}; its operations are: {shown}."
    raise RequestRefused(_refusal(message, BAD_USER_INPUT))


def _check_type(definition: OperationDefinitionNode, allowed: Collection[OperationType]) -> None:
    if definition.operation in allowed:
        return
    if definition.operation is OperationType.SUBSCRIPTION:
        raise RequestRefused(_refusal(STREAMED, BAD_USER_INPUT))
    raise RequestRefused(_refusal(POSTED, METHOD_NOT_ALLOWED))


def _refusal(message: str, code: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})


def _coded(error: GraphQLError, code: str) -> GraphQLError:
    error.extensions = {"code": code, **(error.extensions or {})}
    return error
