"""OData: how each wrong request is refused."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from gateway.bi.cursor import digest
from gateway.odata.options import of_rows
from storage.bi.questions import Question
from storage.bi.reading import views_of
from tests.support.client import Client
from tests.support.odata import OData, nested, refusal_of, service_of_five


@pytest.fixture(scope="module")
def odata(shared_client: Client) -> Iterator[OData]:
    """Of a gateway with five transactions; tests only read."""
    with service_of_five(shared_client) as service:
        yield service


ELEVEN = (
    "id,amount,currency,deleted,updated_at,journaled,home_amount,home_currency,account_number,document_number,"
    "exchange_rate"
)

WRONG_OPTIONS: list[tuple[dict[str, str], int, str]] = [
    ({"$filter": "nothing eq 1"}, 400, "transactions has no property 'nothing'"),
    ({"$filter": "amuont eq 1"}, 400, "did you mean 'amount'?"),
    ({"$filter": "amount eq 'x'"}, 400, "amount is Edm.Decimal, and 'x' is not; write a number such as 12.50."),
    ({"$filter": "amount eq true"}, 400, "amount is Edm.Decimal, and 'true' is not"),
    ({"$filter": "amount eq 1e999999999"}, 400, "amount is Edm.Decimal"),
    ({"$filter": f"amount eq {'1' * 100}"}, 400, "amount is Edm.Decimal"),
    ({"$filter": "currency eq 5"}, 400, "currency is Edm.String, and '5' is not; write a text such as 'Sales'."),
    ({"$filter": "transaction_date eq '2024-12-31'"}, 400, "write a date such as 2024-12-31."),
    ({"$filter": "transaction_date eq 2024-02-31"}, 400, "transaction_date is Edm.Date, and '2024-02-31' is not"),
    ({"$filter": "transaction_date eq 2024-12-31T00:00:01Z"}, 400, "transaction_date is Edm.Date"),
    ({"$filter": "updated_at gt 'x'"}, 400, "write a moment such as 2024-12-31T23:59:59Z."),
    ({"$filter": "updated_at gt 2024-12-31T23:59::59Z"}, 400, "updated_at is Edm.DateTimeOffset"),
    ({"$filter": "updated_at gt 9999-12-31T23:59:59-01:00"}, 400, "updated_at is Edm.DateTimeOffset"),
    ({"$filter": "updated_at gt 2024-12-31T23:59:59.1234567Z"}, 501, "updated_at has microseconds"),
    ({"$filter": "updated_at gt 2024-12-31T00:00:00 01:00"}, 400, "in addresses a plus sign is %2B."),
    ({"$filter": "deleted gt true"}, 400, "deleted is true or false, and has no order"),
    ({"$filter": "deleted eq 1"}, 400, "write true or false."),
    ({"$filter": "contains(id,'a') gt true"}, 400, "has no order"),
    ({"$filter": "segments eq '{}'"}, 501, "use the properties that begin with segment_"),
    ({"$filter": "amount eq home_amount"}, 501, "a comparison of two properties is not supported"),
    ({"$filter": "1 eq 1"}, 400, "compare a property with it"),
    ({"$filter": "amount"}, 400, "amount is no condition; compare it with a value."),
    ({"$filter": "'x'"}, 400, "is no condition"),
    ({"$filter": "not amount eq 1"}, 400, "not takes only what follows it"),
    ({"$filter": "tolower(id) eq 'a'"}, 501, "'tolower' is not supported; there are contains, startswith, endswith."),
    ({"$filter": "year(transaction_date) eq 2024"}, 501, "the function 'year' is not supported"),
    ({"$filter": "nothing(id) eq 2024"}, 501, "the function 'nothing' is not supported"),
    ({"$filter": "geo.length(id) eq 1"}, 501, "'geo.length' is not supported"),
    ({"$filter": "contains(id)"}, 400, "contains has 1 arguments; it takes 2."),
    ({"$filter": "contains('abc',id)"}, 400, "a value stands where a property is needed"),
    ({"$filter": "contains(id,null)"}, 501, "contains needs a property and a text"),
    ({"$filter": "contains(amount,'1')"}, 400, "amount is Edm.Decimal"),
    ({"$filter": "amount add 1 eq 2"}, 501, "arithmetic is not supported"),
    ({"$filter": "amount add 1"}, 501, "arithmetic is not supported"),
    ({"$filter": "items/any(i: i eq 1)"}, 501, "any and all are not supported"),
    ({"$filter": "segments/country eq 'UK'"}, 501, "paths are not supported"),
    ({"$filter": "id in (id,'a')"}, 400, "the list for id has something that is no value"),
    ({"$filter": "'a' in ('a','b')"}, 400, "a value stands where a property is needed"),
    ({"$filter": "tolower(id) in ('a','b')"}, 501, "the function 'tolower' is not supported"),
    ({"$filter": "id eq @x"}, 501, "parameter aliases are not supported"),
    ({"@x": "1"}, 501, "@x: parameter aliases are not supported"),
    ({"$filter": "id eq 'open"}, 400, "cannot be read from character 7 on"),
    ({"$filter": "(id eq 'a'"}, 400, "ends too early"),
    ({"$filter": "id eq 'a' id"}, 400, "cannot be read from character 10 on"),
    ({"$filter": "id eq 'a\0'"}, 400, "contains NUL"),
    ({"$filter": " "}, 400, "$filter is empty"),
    ({"$filter": nested(11, "amount ge 1")}, 400, "nested more than 10 deep"),
    ({"$filter": "not (" * 60 + "id eq 'a'" + ")" * 60}, 400, "nested more than 10 deep"),
    ({"$filter": "not " * 3_000 + "deleted"}, 400, "nested more than 10 deep"),
    ({"$filter": "contains(id,'a') eq true" + " eq true" * 1_000}, 400, "nested more than 10 deep"),
    ({"$filter": " or ".join(["id eq 'a'"] * 501)}, 400, "more than 500 comparisons"),
    ({"$filter": f"id eq '{'a' * 16_000}'"}, 400, "the maximum is 16,000"),
    ({"$select": "id,nothing"}, 400, "$select: transactions has no property 'nothing'"),
    ({"$select": "id,,amount"}, 400, "$select: transactions has no property ''"),
    ({"$orderby": "nothing desc"}, 400, "$orderby: transactions has no property 'nothing'"),
    ({"$orderby": "amount down"}, 400, "'amount down' is no property with asc or desc"),
    ({"$orderby": "amount,"}, 400, "'' is no property with asc or desc"),
    ({"$orderby": "amount,amount desc"}, 400, "amount is there twice"),
    ({"$orderby": "tolower(id)"}, 501, "'tolower(id)' is an expression"),
    ({"$orderby": ELEVEN}, 400, "the maximum is 10"),
    ({"$orderby": "segments"}, 501, "segments is a text with JSON"),
    ({"$top": "-1"}, 400, "$top: '-1' is no number of rows"),
    ({"$top": "9" * 30}, 400, "is no number of rows"),
    ({"$skip": "x"}, 400, "$skip: 'x' is no number of rows"),
    ({"$skip": "²"}, 400, "is no number of rows"),
    ({"$count": "yes"}, 400, "$count: 'yes' is neither true nor false."),
    ({"$skiptoken": "x"}, 400, "is not a token of this request"),
    ({"$skiptoken": "0~transactions~x~i1"}, 400, "is not a token of this request"),
    ({"$format": "xml"}, 406, "'xml' is not supported; use json"),
    ({"$expand": "items"}, 501, "$expand is not supported; there are $select,"),
    ({"$apply": "aggregate($count as n)"}, 501, "$apply is not supported"),
    ({"$search": "x"}, 501, "$search is not supported"),
    ({"$compute": "x"}, 501, "$compute is not supported"),
    ({"$fitler": "x"}, 400, "There is no option '$fitler'; did you mean '$filter'?"),
    ({"$xyz": "x"}, 400, "There is no option '$xyz'; there are $select,"),
]  # fmt: skip


def test_wrong_options_are_refused(odata: OData, quiet: None) -> None:
    for options, status, words in WRONG_OPTIONS:
        _check(odata, options, status, words)


def _check(odata: OData, options: dict[str, str], status: int, words: str) -> None:
    query = "&".join(f"{name}={quote(text, safe='')}" for name, text in options.items())
    response = odata.http.get(f"transactions?{query}")
    code, message = refusal_of(response, status)
    expected = {400: "BAD_USER_INPUT", 406: "NOT_ACCEPTABLE", 501: "NOT_IMPLEMENTED"}
    assert (code, words in message) == (expected[status], True), message
    if status != httpx.codes.NOT_ACCEPTABLE and not {"$top", "$skip", "$count", "$skiptoken"} & options.keys():
        path = "transactions/$count" if "$filter" in options else "transactions"
        assert refusal_of(odata.http.get(f"{path}?{query}"), status) == (code, message)


WRONG_ADDRESSES: list[tuple[str, str, int, str]] = [
    ("GET", "nothing", 404, "There is no view 'nothing'; the views are journal_runs,"),
    ("GET", "bi_transactions", 404, "There is no entity set 'bi_transactions'; write transactions."),
    ("GET", "\u00e9", 404, "There is no view '\u00e9'"),
    ("GET", "$nothing", 404, "There is no '$nothing'"),
    ("GET", "nothing/$count", 404, "There is no view 'nothing'"),
    ("GET", "nothing('x')", 404, "There is no view 'nothing'"),
    ("GET", "transactions('a", 400, "is not an address of an entity; write transactions('ID')"),
    ("GET", "transactions(a)", 400, "is not an address of an entity"),
    ("GET", "transactions('a'b')", 400, "is not an address of an entity"),
    ("GET", "transactions('%00')", 400, "is not an address of an entity"),
    ("GET", "transactions('%ff')", 400, "The path is not UTF-8"),
    ("GET", "transactions?$filter=%ff", 400, "The query is not UTF-8"),
    ("GET", "transactions?" + "&".join(["x=1"] * 101), 400, "more than 100 options"),
    ("GET", "transactions?$top=1&$top=1", 400, "$top is there twice"),
    ("GET", "transactions('a')?$top=1", 400, "$top has no meaning here; there is $select and $format."),
    ("GET", "transactions('a')/amount", 501, "'amount' after a key is not supported; use $select"),
    ("GET", "transactions/amount", 501, "'amount' after transactions is not supported; there is /$count."),
    ("GET", "transactions/$ref", 501, "'$ref' after transactions is not supported"),
    ("GET", "$metadata?$format=json", 406, "'json' is not supported for $metadata"),
    ("GET", "$metadata?$filter=x", 400, "$filter has no meaning here"),
    ("GET", "?$top=1", 400, "$top has no meaning here"),
    ("POST", "$batch", 501, "$batch is not supported"),
    ("GET", "$batch", 501, "$batch is not supported"),
    *((method, "transactions('a')", 405, f"{method} is not allowed") for method in ("PUT", "PATCH", "DELETE")),
    ("POST", "transactions", 405, "POST is not allowed: the service is read-only; send GET or HEAD."),
]


def test_wrong_addresses_are_refused(odata: OData, quiet: None) -> None:
    for method, path, status, words in WRONG_ADDRESSES:
        response = odata.http.request(method, f"{odata.root}{path}", json={} if method != "GET" else None)
        code, message = refusal_of(response, status)
        assert words in message, path
        if status == httpx.codes.METHOD_NOT_ALLOWED:
            assert (code, response.headers["Allow"]) == ("METHOD_NOT_ALLOWED", "GET, HEAD")


def test_a_token_of_another_request_is_refused(odata: OData, quiet: None) -> None:
    link = odata.read("transactions", {"Prefer": "odata.maxpagesize=2"}, orderby="amount")["@odata.nextLink"]
    for changed in (
        link.replace("=amount&", "=id&"),
        link.replace("/transactions?", "/journal_entry_items?"),
        f"{link}&$filter=deleted",
    ):
        assert "follow @odata.nextLink as it is" in refusal_of(odata.http.get(changed), 400)[1]
    address, _, token = link.partition("$skiptoken=")
    for place in range(0, len(token), 7):
        # Whatever a token is changed to, it is refused or leads to a page.
        broken = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        assert odata.http.get(f"{address}$skiptoken={broken}").status_code in (200, 400)
    for versions in ("3.0", "x", "4", "99999999999.0"):
        assert "OData-MaxVersion" in refusal_of(odata.get("", {"OData-MaxVersion": versions}), 400)[1]


FORGED = [
    "n", "b1", "i1", "aNaN", "aInfinity", "a1e999999", "a0.00001", "m2024-12-31T00:00:00Z", "d2024-01-01", "tx", "t%00",
]  # fmt: skip
"""Parts of positions, most of which no row has."""
MOMENT = "m2024-12-31T00:00:00.000000Z"


def test_a_forged_position_is_refused_or_leads_to_a_page(odata: OData, shared_client: Client, quiet: None) -> None:
    view = views_of(shared_client.database)["bi_transactions"]
    for order in ("", "amount desc", "document_number", "deleted", "transaction_date"):
        given = {"$orderby": order} if order else {}
        asked = of_rows(given, view)
        question = Question([column.name for column in asked.columns], asked.where, asked.order, by_change=False)
        for part in FORGED:
            for parts in ([part], [part] * 4, [part, part, MOMENT, "i1"], [part, MOMENT, "i1", "i1"]):
                token = "~".join(["1", view.short_name, digest(view, question, parts), *parts])
                response = odata.http.get("transactions", params={**given, "$skiptoken": token})
                assert response.status_code in (200, 400), (order, parts, response.text)


def test_a_fault_and_a_busy_ledger_have_the_same_format(odata: OData, monkeypatch: pytest.MonkeyPatch) -> None:
    from resolvers.context import Gateway
    from resolvers.errors import TooSlow, Unavailable

    async def fails(*_: Any) -> None:
        raise error

    monkeypatch.setattr(Gateway, "report", fails)
    error: Exception = Unavailable("The ledger's database is unavailable.")
    response = odata.get("transactions")
    assert refusal_of(response, 503) == ("SERVICE_UNAVAILABLE", "The ledger's database is unavailable.")
    assert response.headers["Retry-After"] == "5"
    error = TooSlow("The query took too long.")
    assert odata.refused("transactions", 503) == ("DEADLINE_EXCEEDED", "The query took too long.")
    error = RuntimeError("a secret of the inside")
    code, message = odata.refused("transactions", 500)
    assert (code, "secret" in message) == ("INTERNAL_SERVER_ERROR", False)
