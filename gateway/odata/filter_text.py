"""$filter as a tree, parsed by odata-query."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.odata.errors import Unsupported
from resolvers.errors import RequestError

if TYPE_CHECKING:  # it builds its tables when it is loaded
    from odata_query import ast
    from sly.lex import Token  # type: ignore[import-untyped]

LONGEST = 16_000
"""The characters of a filter: parsing that many takes some 30 ms."""

FUNCTIONS = ("contains", "startswith", "endswith")


def parsed(text: str) -> "ast._Node":
    """The tree. Raises RequestError for what is no filter, and Unsupported for functions that this service lacks."""
    from odata_query import exceptions
    from odata_query.grammar import ODataLexer, ODataParser

    if len(text) > LONGEST:
        raise RequestError(
            f"$filter has {len(text):,} characters; the maximum is {LONGEST:,}. Ask in several requests."
        )
    stripped = text.strip()
    if not stripped:
        raise RequestError("$filter is empty; leave it out, or write a condition such as status eq 'Created'.")
    try:
        # Both keep what they have read, so that each filter needs its own.
        tree: ast._Node = ODataParser().parse(_tokens(list(ODataLexer().tokenize(stripped))))
    except exceptions.TokenizingException as error:
        if error.token.value.startswith("@"):
            raise Unsupported("$filter: parameter aliases are not supported; write the value in their place.") from None
        raise _unreadable(stripped, error.token) from None
    except exceptions.ParsingException as error:
        raise _unreadable(stripped, error.token) from None
    except exceptions.UnknownFunctionException as error:
        raise unsupported_function(error.function_name) from None
    except exceptions.ArgumentCountException as error:
        raise RequestError(f"$filter: {error.function_name} has {error.n_args_given} arguments; it takes 2.") from None
    return tree


def full_name(identifier: "ast.Identifier") -> str:
    """The name, with its namespace."""
    return ".".join((*identifier.namespace, identifier.name))


def unsupported_function(name: str) -> Unsupported:
    """The refusal of a function."""
    return Unsupported(f"$filter: the function {name[:100]!r} is not supported; there are {', '.join(FUNCTIONS)}.")


def _tokens(tokens: "list[Token]") -> "Iterator[Token]":
    """The tokens as the library's parser wants them: `not` before a bracket, and a comma after a list's only value."""
    from odata_query import ast

    in_list = False
    for place, token in enumerate(tokens):
        following = [each for each in tokens[place + 1 : place + 3] if each.type != "WS"]
        if token.type == "ODATA_IDENTIFIER" and token.value == ast.Identifier("not") and _is(following, "("):
            token.type, token.value = "NOT", ast.Not()
        yield token
        if in_list and token.type not in ("(", "WS"):
            if _is(following, ")"):
                yield _comma(token)
            in_list = False
        in_list = in_list or token.type == "IN"


def _is(tokens: "list[Token]", kind: str) -> bool:
    return bool(tokens) and tokens[0].type == kind


def _comma(beside: "Token") -> "Token":
    comma = type(beside)()
    comma.type = comma.value = ","
    comma.lineno, comma.index = beside.lineno, beside.index
    return comma


def _unreadable(text: str, token: "Token | None") -> RequestError:
    if token is None:
        return RequestError(
            f"$filter ends too early, after {text[-40:]!r}. Close each bracket, and complete each comparison."
        )
    rest = text[token.index :]
    told = f"$filter cannot be read from character {token.index + 1} on: {rest[:60]!r}."
    return RequestError(
        f"{told} Write conditions such as status eq 'Created' and amount ge 12.50, joined by and, or and not; in"
        " addresses a plus sign is %2B."
    )
