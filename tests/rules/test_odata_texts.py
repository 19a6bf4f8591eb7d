"""Whatever is sent as an option of OData is read or refused, and never a fault."""

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.odata import options
from gateway.odata.formats import json_format, require_version
from gateway.odata.resources import resource
from resolvers.errors import RequestError
from storage.bi.catalogue import catalogue

VIEW = catalogue(["country"])["bi_journal_entries"]

PROPERTIES = ["number", "total_debit", "updated_at", "journal_entry_date", "deleted", "segments", "nothing"]
LITERALS = [
    "'", "''", "'a'", "1", "1.5", "1e5", "-1e-400", "null", "true", "2024-12-31", "2024-13-31", "2024-12-31T00:00:00Z",
    "2024-12-31T23:59:59.1234567+14:00", "12:00", "duration'P1D'", "geography'x'", "é", "\0", "\ud800",
    "00000000-0000-0000-0000-000000000000",
]  # fmt: skip
CALLS = ["contains(", "startswith(", "tolower(", "concat(", "geo.distance(", "x.y(", "any(", "all", "not", "not("]
OPERATORS = ["eq", "ne", "gt", "ge", "lt", "le", "and", "or", "in", "add", "sub", "mul", "div", "mod", "has"]
SIGNS = ["(", ")", ",", "/", ":", "=", "-", " ", "\t", "\n", "@p", "$it", "asc", "desc", "*"]
WORDS = [*PROPERTIES, *LITERALS, *CALLS, *(f" {word} " for word in OPERATORS), *SIGNS]

COMPARISONS = st.builds(
    "{} {} {}".format,
    st.sampled_from(PROPERTIES),
    st.sampled_from(OPERATORS),
    st.sampled_from([*LITERALS, *PROPERTIES]),
)
NAMES = ["$filter", "$orderby", "$select", "$top", "$skip", "$count"]

TEXTS = st.lists(st.sampled_from(WORDS) | COMPARISONS, max_size=14).map("".join) | st.text(max_size=30)


@settings(max_examples=500)
@given(
    st.dictionaries(st.sampled_from(["$filter", "$orderby", "$select", "$top", "$skip", "$count"]), TEXTS, min_size=1)
)
def test_options_are_read_or_refused(given_options: dict[str, str]) -> None:
    with suppress(RequestError):
        options.of_rows(given_options, VIEW)


@settings(max_examples=300)
@given(st.binary(max_size=60) | TEXTS.map(lambda text: text.encode(errors="surrogatepass")))
def test_queries_and_paths_are_read_or_refused(sent: bytes) -> None:
    with suppress(RequestError):
        options.read(sent)
    with suppress(RequestError):
        resource(b"/odata/" + sent)


@settings(max_examples=300)
@given(st.text(st.characters(max_codepoint=255), max_size=60))
def test_headers_are_read_or_refused(sent: str) -> None:
    with suppress(RequestError):
        json_format(None, sent)
    with suppress(RequestError):
        json_format(f"application/json;{sent}", None)
    with suppress(RequestError):
        require_version(sent)
