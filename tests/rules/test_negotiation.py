"""Content negotiation: RFC 9110 by example."""

import pytest
from graphql import OperationType
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.graphql.negotiation import LONGEST_ACCEPT, Accept, Shape, accepted
from gateway.graphql.requests import BadRequest

QUERY, MUTATION, SUBSCRIPTION = OperationType.QUERY, OperationType.MUTATION, OperationType.SUBSCRIPTION
JSON, GRAPHQL, EVENTS, MULTIPART = Shape.JSON, Shape.GRAPHQL_JSON, Shape.EVENTS, Shape.MULTIPART

URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
)
APOLLO = 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json'
APOLLO_DEFER = "multipart/mixed;deferSpec=20220824,application/graphql-response+json,application/json;q=0.9"
APOLLO_IOS = 'multipart/mixed;subscriptionSpec="1.0",application/graphql-response+json,application/json'
STRAWBERRY_SHAKE = (
    "application/graphql-response+json, application/json, application/graphql-response+jsonl, multipart/mixed,"
    " text/event-stream"
)
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"

# Accept header, then the shape for a query or mutation, for a subscription, and for a document without an operation.
CASES = [
    ("", JSON, JSON, JSON),
    ("*/*", JSON, JSON, JSON),
    ("application/*", JSON, JSON, JSON),
    ("application/json", JSON, JSON, JSON),
    ("APPLICATION/JSON ; charset=utf-8", JSON, JSON, JSON),
    ("application/graphql-response+json", GRAPHQL, GRAPHQL, GRAPHQL),
    ("application/graphql-response+json, application/json;q=0.9", GRAPHQL, GRAPHQL, GRAPHQL),
    ("application/json;q=0.9, application/graphql-response+json", GRAPHQL, GRAPHQL, GRAPHQL),
    ("application/json, application/graphql-response+json", JSON, JSON, JSON),
    ("application/json, text/event-stream", JSON, EVENTS, JSON),
    ("text/event-stream, application/json", JSON, EVENTS, EVENTS),
    ("text/event-stream, */*", JSON, EVENTS, EVENTS),
    ("text/event-stream", EVENTS, EVENTS, EVENTS),
    ("text/*", EVENTS, EVENTS, EVENTS),
    ("text/event-stream, application/json;q=0.5", EVENTS, EVENTS, EVENTS),
    ("text/event-stream;q=0.1, application/json", JSON, EVENTS, JSON),
    ("text/event-stream;q=0, application/json", JSON, JSON, JSON),
    ("text/event-stream;q=0, */*", JSON, JSON, JSON),
    ("application/json;q=0, */*", GRAPHQL, GRAPHQL, GRAPHQL),
    ("text/event-stream; q = 0.3, application/json; Q=0.2", EVENTS, EVENTS, EVENTS),
    (APOLLO, JSON, MULTIPART, MULTIPART),
    (APOLLO_DEFER, GRAPHQL, GRAPHQL, GRAPHQL),
    (URQL, GRAPHQL, EVENTS, GRAPHQL),
    (APOLLO_IOS, GRAPHQL, MULTIPART, MULTIPART),
    (STRAWBERRY_SHAKE, GRAPHQL, EVENTS, GRAPHQL),
    ("application/json, text/plain, */*", JSON, JSON, JSON),
    ("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", JSON, JSON, JSON),
    ("application/json;q=0.123, text/event-stream;q=0.124", EVENTS, EVENTS, EVENTS),
    ("application/json;q=0.124, text/event-stream;q=0.123", JSON, EVENTS, JSON),
    ('application/json;q="0.5", text/event-stream;q="0.6"', EVENTS, EVENTS, EVENTS),
    ("application/*;q=0.5, text/event-stream;q=0.4", JSON, EVENTS, JSON),
    ("application/vnd.api+json, */*;q=0.1", JSON, JSON, JSON),
    ("text/event-stream;q=0, multipart/mixed;subscriptionSpec=1.0, */*", JSON, MULTIPART, MULTIPART),
    (BROWSER, JSON, JSON, JSON),
    ("multipart/mixed;subscriptionSpec=1.0", MULTIPART, MULTIPART, MULTIPART),
    ('multipart/mixed; subscriptionSpec="1.0"', MULTIPART, MULTIPART, MULTIPART),
    ("multipart/mixed;subscriptionSpec=1.0;q=0.5, text/event-stream", EVENTS, EVENTS, EVENTS),
    ("multipart/mixed;subscriptionSpec=1.0, text/event-stream;q=0.5", MULTIPART, MULTIPART, MULTIPART),
    ('multipart/mixed;boundary="a,b";subscriptionSpec=1.0', MULTIPART, MULTIPART, MULTIPART),
    ("multipart/mixed", None, None, None),
    ("multipart/mixed;subscriptionSpec=2.0", None, None, None),
    ("text/html", None, None, None),
    ("application/json;q=0", None, None, None),
    ("*/*;q=0", None, None, None),
    ("application/json;q=much", None, None, None),
    ("application/json;q=1.5", None, None, None),
    ("application/graphql+json", None, None, None),
    ("json", None, None, None),
    (",,", None, None, None),
]


@pytest.mark.parametrize(("header", "queries", "subscriptions", "unknown"), CASES, ids=[case[0] for case in CASES])
def test_a_client_gets_the_shape_that_it_prefers(
    header: str, queries: Shape | None, subscriptions: Shape | None, unknown: Shape | None
) -> None:
    accept = Accept([header] if header else [])
    assert accept.shape(QUERY) is accept.shape(MUTATION) is queries
    assert accept.shape(SUBSCRIPTION) is subscriptions
    assert accept.shape(None) is unknown


@given(st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0")))
@example("application/json;q*=utf-8''1")
@example("text/event-stream;q=nan, application/json;q=inf")
@example(';=;"')
def test_any_header_is_understood_somehow(header: str) -> None:
    accept = Accept([header])
    assert accept.shape(QUERY) in (*Shape, None)
    assert accept.shape(SUBSCRIPTION) in (*Shape, None)
    assert accept.allows_html() in (True, False)


def test_several_headers_are_one_list() -> None:
    assert Accept(["text/event-stream;q=0.2", "application/json;q=0.1"]).shape(QUERY) is EVENTS


@pytest.mark.parametrize(("header", "page"), [(BROWSER, True), ("*/*", True), ("application/json", False)])
def test_a_browser_takes_a_page(header: str, page: bool) -> None:
    assert Accept([header]).allows_html() is page


def test_headers_that_are_too_long_are_refused_and_not_kept() -> None:
    accepted.cache_clear()
    assert accepted(("text/event-stream", f"x/{'y' * (LONGEST_ACCEPT - 19)}")).shape(OperationType.QUERY)
    with pytest.raises(BadRequest, match=r"has 2,001 characters; the maximum is 2,000\."):
        accepted(("text/event-stream", f"x/{'y' * (LONGEST_ACCEPT - 18)}"))
    assert accepted.cache_info().currsize == 1
