"""OData: what each option answers."""

import gzip
import json
from collections.abc import Iterator
from decimal import Decimal
from xml.etree import ElementTree

import httpx
import pytest

from tests.support.client import Client
from tests.support.odata import OData, body_of, nested, refusal_of, service_of_five

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


@pytest.fixture(scope="module")
def odata(shared_client: Client) -> Iterator[OData]:
    """Of a gateway with five transactions, four of them in the entries of a run; tests only read."""
    with service_of_five(shared_client) as service:
        yield service


def ids(odata: OData, path: str = "transactions", **options: object) -> list[str]:
    """The ids that are found, in their order."""
    return [row["id"] for row in odata.rows(path, select="id", **options)]


def test_the_service_document_names_the_entity_sets(odata: OData) -> None:
    for path in ("", odata.root.removesuffix("/")):
        page = odata.read(path)
        assert page["@odata.context"] == f"{odata.root}$metadata"
        assert page["value"] == [
            {"name": name, "kind": "EntitySet", "url": name}
            for name in (
                "journal_runs", "journal_entries", "journal_entry_items", "transactions", "accounting_codes",
                "accounting_periods",
            )
        ]  # fmt: skip


def test_the_metadata_have_the_type_of_every_property(odata: OData) -> None:
    response = odata.get("$metadata", {"Accept": "application/json"}, format="xml")
    assert response.headers["Content-Type"] == "application/xml;charset=utf-8"
    assert response.headers["OData-Version"] == "4.0"
    document = ElementTree.fromstring(response.content)  # noqa: S314
    types = {each.attrib["Name"]: each for each in document.iter(f"{EDM}EntityType")}
    sets = {each.attrib["Name"]: each.attrib["EntityType"] for each in document.iter(f"{EDM}EntitySet")}
    assert sets == {name: f"JournalGateway.{name}" for name in types}
    properties = {each.attrib["Name"]: dict(each.attrib) for each in types["journal_entries"].iter(f"{EDM}Property")}
    wanted: dict[str, dict[str, str]] = {
        "id": {"Type": "Edm.String", "Nullable": "false"},
        "status": {"Type": "Edm.String"},
        "total_debit": {"Type": "Edm.Decimal", "Precision": "23", "Scale": "4"},
        "transaction_count": {"Type": "Edm.Int64"},
        "journal_entry_date": {"Type": "Edm.Date"},
        "updated_at": {"Type": "Edm.DateTimeOffset", "Nullable": "false", "Precision": "6"},
        "deleted": {"Type": "Edm.Boolean", "Nullable": "false"},
        "segments": {"Type": "Edm.String"},
        "segment_country": {"Type": "Edm.String"},
    }
    for name, attributes in wanted.items():
        assert properties[name] == {"Name": name, **attributes}
    for name, entity in types.items():
        assert [key.attrib["Name"] for key in entity.iter(f"{EDM}PropertyRef")] == ["id"]
        (row, *_) = odata.read(name, top=1)["value"]
        assert list(row) == [each.attrib["Name"] for each in entity.iter(f"{EDM}Property")]


FILTERS = [
    ("amount eq 12.5", "a"),
    ("amount eq 12.5000", "a"),
    ("12.50 le amount", "acd"),
    ("amount ge 99999999999999.99", "d"),
    ("amount gt 99999999999999.98", "d"),
    ("amount lt -2.9999", "e"),
    ("amount gt 1e2 and amount lt 1E+3", "c"),
    ("amount eq -3", "e"),
    ("amount eq - 3", "e"),
    ("currency eq 'JPY' or amount lt 0", "ce"),
    ("currency ne 'GBP'", "c"),
    ("not (currency eq 'JPY') and not(amount lt 1)", "ad"),
    ("currency in ('JPY')", "c"),
    ("currency in ('JPY','EUR') or id in ( 'a' , 'e' )", "ace"),
    ("organization_label eq null", "acde"),
    ("organization_label ne null", "b"),
    ("organization_label eq 'North & Co'", "b"),
    ("id eq 'b/''1'''", "b"),
    ("segment_country eq 'Größe + x'", "d"),
    ("contains(segment_country,'e + ')", "d"),
    ("startswith(document_number,'INV')", "b"),
    ("endswith(document_number,'-2')", "e"),
    ("contains(document_number,'') eq true", "be"),
    ("not contains(document_number,'inv')", "b"),
    ("contains(document_number,'inv') eq false", "b"),
    ("contains(document_number,'inv') ne true", "abcd"),
    ("transaction_date ge 2024-12-31", "de"),
    ("2025-01-02 eq transaction_date", "e"),
    ("transaction_date eq 2024-12-31T00:00:00Z", "d"),
    ("transaction_date lt 2024-12-31T01:00:00+01:00", "abc"),
    ("updated_at ge 2024-01-01T00:00:00.1234560Z", "abcde"),
    ("updated_at lt 2024-01-01", ""),
    ("updated_at gt 9999-12-31T23:59Z", ""),
    ("deleted", ""),
    ("not deleted and currency eq 'JPY'", "c"),
    ("deleted eq false", "abcde"),
    ("true", "abcde"),
    ("false or false", ""),
    ("amount gt null", ""),
    ("document_number ge null", "acd"),
    (f"{'(' * 40}currency eq 'JPY'{')' * 40}", "c"),
    (nested(10, "amount ge 12.50"), "acd"),
    (nested(9, "not contains(document_number,'inv')"), "b"),
    (" or ".join(f"amount eq {number}" for number in range(490, 980)), "c"),
]


def test_filters_find_rows(odata: OData) -> None:
    for condition, found in FILTERS:
        # By letters, as one has a slash and quotes.
        assert sorted(each[0] for each in ids(odata, filter=condition)) == list(found), condition
        assert odata.get("transactions/$count", filter=condition).text == str(len(found)), condition


def test_filters_compare_whole_numbers(odata: OData) -> None:
    for condition, found in (("eq 1", 4), ("eq 1.0", 4), ("lt 1e3", 4), ("gt 99999999999999999999", 0), ("ne 1", 0)):
        assert odata.get("journal_entries/$count", filter=f"transaction_count {condition}").text == str(found)
    for wrong in ("1.5", "'1'", "1e-5"):
        code, message = odata.refused("journal_entries", 400, filter=f"transaction_count eq {wrong}")
        assert (code, "write a whole number such as 12." in message) == ("BAD_USER_INPUT", True)


def test_rows_are_ordered_skipped_counted_and_paged(odata: OData) -> None:
    assert ids(odata, orderby="amount desc") == ["d", "c", "a", "b/'1'", "e"]
    assert ids(odata, orderby="document_number , amount asc") == ["a", "c", "d", "b/'1'", "e"]
    assert ids(odata, orderby="currency desc,amount desc", top=2) == ["c", "d"]
    assert ids(odata, orderby="amount", skip=1, top=2) == ["b/'1'", "a"]
    assert ids(odata, orderby="amount", skip=9) == ids(odata, skip=10**18 - 1, top=10**18 - 1) == []
    names = (
        "home_amount", "organization_label", "deleted", "transaction_type", "home_currency", "exchange_rate",
        "account_number", "currency", "segment_country", "amount",
    )  # fmt: skip
    by = ",".join(f"{name} desc" for name in names)
    assert [row["id"] for row in odata.rows("transactions", 1, orderby=by)] == ["b/'1'", "c", "a", "e", "d"]
    page = odata.read("transactions", top=0, count="true", filter="currency eq 'GBP'")
    assert (page["value"], page["@odata.count"]) == ([], 4)
    assert "@odata.count" not in odata.read("transactions", count="false")
    pages = list(odata.pages("transactions", 2, orderby="amount", select="id", count="true", top=4, skip=1))
    assert [[row["id"] for row in page["value"]] for page in pages] == [["b/'1'", "a"], ["c", "d"]]
    # The count is of all that the filter finds, on every page.
    assert [page["@odata.count"] for page in pages] == [5, 5]
    response = odata.get("transactions", {"Prefer": 'respond-async, odata.maxpagesize="3"'})
    assert response.headers["Preference-Applied"] == "odata.maxpagesize=3"
    assert len(response.json()["value"]) == 3
    assert "Preference-Applied" not in odata.get("transactions", {"Prefer": "odata.maxpagesize=x"}).headers
    whole = odata.get("transactions", {"Prefer": "maxpagesize=20000"})
    assert whole.headers["Preference-Applied"] == "odata.maxpagesize=10000"


def test_numbers_are_exact(odata: OData) -> None:
    text = odata.get("transactions", orderby="amount", select="amount").text
    assert [part.partition("}")[0] for part in text.split('{"amount":')[1:]] == [
        "-3.00", "0.01", "12.50", "700", "99999999999999.99",
    ]  # fmt: skip
    accept = {"Accept": "application/json;odata.metadata=minimal;IEEE754Compatible=true"}
    response = odata.get("journal_entries", accept, orderby="total_debit desc", count="true")
    assert response.headers["Content-Type"] == accept["Accept"]
    body = response.json()
    assert body["@odata.count"] == "4"
    row = body["value"][0]
    assert (row["transaction_count"], row["total_debit"]) == ("1", "99999999999999.99")
    assert row["updated_at"].endswith("Z")


def test_an_entity_has_an_address(odata: OData) -> None:
    row = odata.read("transactions('b%2F''1''')", select="amount, id")
    assert row == {
        "@odata.context": f"{odata.root}$metadata#transactions(id,amount)/$entity",
        "id": "b/'1'",
        "amount": Decimal("0.01"),
    }
    (listed,) = odata.rows("transactions", filter="id eq 'c'")
    single = odata.read("transactions(id='c')")
    assert single.pop("@odata.context") == f"{odata.root}$metadata#transactions/$entity"
    assert single == listed
    assert json.loads(single["segments"]) == {}
    code, message = odata.refused("transactions('z')", 404)
    assert (code, message) == ("NOT_FOUND", "There is no transactions('z').")


def test_metadata_can_be_none_or_full(odata: OData) -> None:
    for form in ("application/json;odata.metadata=none", "application/json;metadata=none"):
        assert list(odata.read("transactions", format=form)) == ["value"]
    accept = {"Accept": "application/json;odata.metadata=full"}
    full = odata.read("transactions", accept, filter="id eq 'a'", select="amount")
    assert full["@odata.context"] == f"{odata.root}$metadata#transactions(amount)"
    (row,) = full["value"]
    assert row == {
        "@odata.type": "#JournalGateway.transactions",
        "@odata.id": "transactions('a')",
        "id": "a",
        "amount@odata.type": "#Decimal",
        "amount": Decimal("12.50"),
    }
    assert odata.read(row["@odata.id"])["id"] == "a"


ACCEPTED = [
    ("*/*", "minimal"),
    ("application/json;odata.metadata=minimal;q=1.0,application/atom+xml;q=0.8", "minimal"),
    ("application/xml, application/*;q=0.1", "minimal"),
    ("application/json;q=0.1, application/json;odata.metadata=none", "none"),
    ("application/json;odata=verbose", "minimal"),
]


def test_clients_negotiate_the_format(odata: OData) -> None:
    for accept, media_type in ACCEPTED:
        response = odata.get("transactions", {"Accept": accept})
        assert response.headers["Content-Type"] == f"application/json;odata.metadata={media_type}", accept
    assert odata.get("transactions", {"Accept": "text/html"}, format="json").status_code == httpx.codes.OK
    for header in ("application/atom+xml", "application/json;q=0", "application/json;q=x"):
        code, message = refusal_of(odata.get("transactions", {"Accept": header}), 406)
        assert (code, header in message) == ("NOT_ACCEPTABLE", True)


def test_answers_are_gzipped_and_have_a_head(odata: OData) -> None:
    packed = odata.http.get("transactions", headers={"Accept-Encoding": "gzip"})
    plain = odata.http.get("transactions", headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.content == plain.content
    with odata.http.stream("GET", "transactions", headers={"Accept-Encoding": "gzip"}) as response:
        assert gzip.decompress(b"".join(response.iter_raw())) == plain.content
    head = odata.http.head("transactions", headers={"Accept-Encoding": "identity"})
    assert (head.status_code, head.content, head.headers["Content-Length"]) == (200, b"", str(len(plain.content)))
    assert body_of(odata.http.get("transactions?mine=1&top=1")) == plain.json(parse_float=Decimal)
    # A plus sign in a query is a space, as browsers and requests write it.
    assert len(body_of(odata.http.get("transactions?$filter=amount+gt+0&$top=1"))["value"]) == 1
    for version in ("4.0", "4.01", "5.0", "4.0;NetFx"):
        assert odata.get("transactions", {"OData-MaxVersion": version}).status_code == httpx.codes.OK
