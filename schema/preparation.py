"""Prepares the operation of a request: parses, selects and validates it, and enforces limits."""

from collections.abc import Collection, Hashable
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
    specified_rules,
    validate,
)
from graphql.execution.collect_fields import FragmentDetails
from graphql.validation import ValuesOfCorrectTypeRule
from strawberry.extensions import max_aliases, query_depth_limiter

from schema.input_errors import BAD_USER_INPUT, InputLiterals, shortened

MAX_TOKENS = 5_000
MAX_DEPTH = 15
MAX_ALIASES = 100

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"

STREAMED = (
    "A subscription is streamed: send it over graphql-transport-ws, or accept text/event-stream or"
    " multipart/mixed;subscriptionSpec=1.0."
)
POSTED = "A mutation is sent by POST; GET is for queries."

_CACHED_CHARACTERS = 1 << 20
_SMALLEST_ENTRY = 1 << 11  # so that short documents are bounded in number too

_RULES = [InputLiterals if rule is ValuesOfCorrectTypeRule else rule for rule in specified_rules]
# These rules follow fragments without checking that they exist, so they run on valid documents only.
_LIMITS = [query_depth_limiter.create_validator(MAX_DEPTH, None), max_aliases.create_validator(MAX_ALIASES)]


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
        self._documents: LRUCache[str, _Valid] = LRUCache(
            _CACHED_CHARACTERS, getsizeof=lambda valid: max(_SMALLEST_ENTRY, _length(valid.document))
        )

    def prepare(
        self, query: str, operation_name: str | None, allowed: Collection[OperationType] = tuple(OperationType)
    ) -> Operation:
        """The operation to execute, according to GetOperation in the GraphQL specification.

        Raises RequestRefused for a document that is invalid or too large, a name that does not select exactly one
        operation, and an operation whose type is not allowed.
        """
        try:
            valid = self._documents.get(query)
            document = _parsed(query) if valid is None else valid.document
            definition = _chosen(document, operation_name)
            if definition.operation not in allowed:
                raise RequestRefused(_not_allowed(definition))
            if valid is None:
                valid = self._validated(document)
                self._remember(query, valid)
        except RecursionError:
            raise RequestRefused(_refusal("The document is nested too deeply.", VALIDATION_FAILED)) from None
        return Operation(document, definition, valid.fragments, valid.costs)

    def _validated(self, document: DocumentNode) -> "_Valid":
        for rules in (_RULES, _LIMITS):
            if errors := validate(self._schema, document, rules):
                for error in errors:
                    error.extensions = {"code": VALIDATION_FAILED, **(error.extensions or {})}
                raise RequestRefused(*errors)
        definitions = (node for node in document.definitions if isinstance(node, FragmentDefinitionNode))
        fragments = {node.name.value: FragmentDetails(node) for node in definitions}
        return _Valid(document, fragments, {})

    def _remember(self, query: str, valid: "_Valid") -> None:
        if len(query) <= self._documents.maxsize:
            self._documents[query] = valid


@dataclass(frozen=True, slots=True)
class _Valid:
    document: DocumentNode
    fragments: dict[str, FragmentDetails]
    costs: dict[Hashable, int]


def _length(document: DocumentNode) -> int:
    return document.loc.end if document.loc else 0


def _parsed(query: str) -> DocumentNode:
    try:
        return parse(query, max_tokens=MAX_TOKENS)
    except GraphQLSyntaxError as error:
        if error.message.startswith("Syntax Error: Document contains more than"):
            error.message = (
                f"The document has more than {MAX_TOKENS:,} tokens; send values as variables instead of writing them"
                " into the document."
            )
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


def _not_allowed(definition: OperationDefinitionNode) -> GraphQLError:
    if definition.operation is OperationType.SUBSCRIPTION:
        return _refusal(STREAMED, BAD_USER_INPUT)
    return _refusal(POSTED, METHOD_NOT_ALLOWED)


def _refusal(message: str, code: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})
