"""The limits of a GraphQL document. Each is counted in time linear in the document, before any rule is applied."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from graphql import (
    DocumentNode,
    ExecutableDefinitionNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
)

MAX_BYTES = 100_000
"""The length of a document in UTF-8."""

MAX_TOKENS = 5_000
MAX_OPERATIONS = 100
MAX_FRAGMENTS = 100

MAX_FIELDS = 2_000
"""The fields of all operations of a document; a fragment's fields count wherever it is spread."""

MAX_ALIASES = 100
"""The aliases of an operation; a fragment's aliases count wherever it is spread."""

MAX_DEPTH = 15
"""The objects that are inside each other, but for introspection."""

MAX_NESTING = 50
"""The selections that are inside each other, of fields, of inline fragments and of fragments."""


def length_error(query: str) -> GraphQLError | None:
    """The refusal of a text that is too long to be parsed; None for any other."""
    if len(query) * 4 <= MAX_BYTES:
        return None
    length = len(query) if len(query) > MAX_BYTES else len(query.encode(errors="surrogatepass"))
    if length <= MAX_BYTES:
        return None
    return GraphQLError(
        f"The document has {length:,} bytes; the maximum is {MAX_BYTES:,}. Send values as variables, and operations"
        " that do not belong together in several requests."
    )


def limit_error(document: DocumentNode) -> GraphQLError | None:
    """The refusal of a document that is beyond one of the limits, with its place; None for any other."""
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    fragments = [node for node in document.definitions if isinstance(node, FragmentDefinitionNode)]
    for what, nodes, most, change in (
        ("operations", operations, MAX_OPERATIONS, "Send them in several documents."),
        ("fragments", fragments, MAX_FRAGMENTS, "Write the fields of some where they are spread."),
    ):
        if len(nodes) > most:
            return _beyond(f"The document has {len(nodes):,} {what}", most, change, nodes[most])
    totals = _Totals({node.name.value: node for node in fragments})
    fields = 0
    for operation in operations:
        fields += totals.of(operation).fields
        if fields > MAX_FIELDS:
            told = f"The operations have {_number(fields)} fields, counting those of fragments wherever they are spread"
            return _beyond(told, MAX_FIELDS, "Ask for less at once.", operation)
    for definition in (*operations, *fragments):
        if error := totals.error(definition):
            return error
    return None


@dataclass(slots=True)
class _Total:
    """What a definition has, with its fragments spread."""

    fields: int = 0
    aliases: int = 0
    depth: int = 0
    nesting: int = 0


@dataclass(slots=True)
class _Own(_Total):
    """What a definition has without the fragments that it spreads, and those with their depth and nesting."""

    spreads: list[tuple[FragmentSpreadNode, int, int]] = field(default_factory=list)
    deepest: Node | None = None
    innermost: Node | None = None


class _Totals:
    """The totals of a document's definitions, each computed once."""

    def __init__(self, fragments: dict[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._own: dict[int, _Own] = {}
        self._totals: dict[int, _Total] = {}

    def of(self, definition: ExecutableDefinitionNode) -> _Total:
        """The definition's total. What a cycle of fragments would add is left out: validation refuses it."""
        if id(definition) not in self._totals:
            self._totals[id(definition)] = _Total()  # for a cycle
            own = self._own_of(definition)
            total = _Total(own.fields, own.aliases, own.depth, own.nesting)
            for spread, depth, nesting in own.spreads:
                inner = self._spread(spread)
                total.fields += inner.fields
                total.aliases += inner.aliases
                total.depth = max(total.depth, depth + inner.depth)
                total.nesting = max(total.nesting, nesting + inner.nesting)
            self._totals[id(definition)] = total
        return self._totals[id(definition)]

    def error(self, definition: ExecutableDefinitionNode) -> GraphQLError | None:
        """The refusal of the definition, if it is beyond a limit."""
        total, own = self.of(definition), self._own_of(definition)
        if total.aliases > MAX_ALIASES:
            told = f"There are {_number(total.aliases)} aliases, counting those of fragments wherever they are spread"
            return _beyond(told, MAX_ALIASES, "Ask for less at once.", definition)
        if total.depth > MAX_DEPTH:
            at = own.deepest if own.depth > MAX_DEPTH else self._leading_to(own, depth=MAX_DEPTH)
            told = f"Here {total.depth:,} objects are inside each other"
            return _beyond(told, MAX_DEPTH, "Ask for the inner ones by another query.", at)
        if total.nesting > MAX_NESTING:
            at = own.innermost if own.nesting > MAX_NESTING else self._leading_to(own, nesting=MAX_NESTING)
            told = f"Here {total.nesting:,} selections are inside each other"
            return _beyond(told, MAX_NESTING, "Remove fragments that only contain another.", at)
        return None

    def _leading_to(self, own: _Own, *, depth: int = 1 << 30, nesting: int = 1 << 30) -> Node | None:
        for spread, depth_here, nesting_here in own.spreads:
            inner = self._spread(spread)
            if depth_here + inner.depth > depth or nesting_here + inner.nesting > nesting:
                return spread
        return None

    def _own_of(self, definition: ExecutableDefinitionNode) -> _Own:
        if id(definition) not in self._own:
            self._own[id(definition)] = _counted(definition.selection_set)
        return self._own[id(definition)]

    def _spread(self, spread: FragmentSpreadNode) -> _Total:
        fragment = self._fragments.get(spread.name.value)
        return _Total() if fragment is None else self.of(fragment)


def _counted(root: SelectionSetNode) -> _Own:
    own = _Own()
    for node, depth, nesting in _selections(root):
        if isinstance(node, FragmentSpreadNode):
            own.spreads.append((node, depth, nesting))
            continue
        if isinstance(node, FieldNode):
            own.fields += 1
            own.aliases += node.alias is not None
        if depth > own.depth:
            own.depth, own.deepest = depth, node
        if nesting > own.nesting:
            own.nesting, own.innermost = nesting, node
    return own


def _selections(root: SelectionSetNode) -> Iterator[tuple[Node, int, int]]:
    """Each selection, with the number of objects and of selections that it is in."""
    inside = [(root, 0, 1, False)]
    while inside:
        selections, depth, nesting, introspection = inside.pop()
        for node in selections.selections:
            yield node, depth, nesting
            inner: SelectionSetNode | None = getattr(node, "selection_set", None)
            if inner is None:
                continue
            introspects = introspection or (isinstance(node, FieldNode) and node.name.value.startswith("__"))
            deeper = isinstance(node, FieldNode) and not introspects
            inside.append((inner, depth + deeper, nesting + 1, introspects))


def _number(counted: int) -> str:
    # Fragments in fragments double the number at each step.
    return f"{counted:,}" if counted < 1_000_000_000 else "more than 1,000,000,000"


def _beyond(told: str, most: int, change: str, node: Node | None) -> GraphQLError:
    return GraphQLError(f"{told}; the maximum is {most:,}. {change}", node)
