"""OData: what is read beside changes, and by whom."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from gateway.application import Application
from gateway.attempts import KEY_ATTEMPTS_MAX
from gateway.bi.refusals import CHALLENGES
from resolvers.access import STANDARD, create_api_key
from storage.database import Database
from storage.words import Permission
from tests.support.client import Client
from tests.support.ledger import line, post
from tests.support.odata import OData, refusal_of, service_of_five
from tests.support.served import served
from tests.support.tokens import new_token


@pytest.fixture
def odata(client: Client) -> Iterator[OData]:
    """Of a gateway with five transactions, four of them in the entries of a run."""
    with service_of_five(client) as service:
        yield service


def ids(odata: OData, path: str = "transactions", **options: object) -> list[str]:
    """The ids that are found, in their order."""
    return [row["id"] for row in odata.rows(path, select="id", **options)]


def test_a_page_follows_the_last_row_whatever_is_added(odata: OData, client: Client) -> None:
    pages = odata.pages("transactions", 2, orderby="amount", select="id")
    assert [row["id"] for row in next(pages)["value"]] == ["e", "b/'1'"]
    post(client.database, [line("f", amount="0.005", currency="KWD"), line("g", amount="13.00")])
    assert [row["id"] for page in pages for row in page["value"]] == ["a", "g", "c", "d"]


def test_a_row_that_changes_while_pages_are_read_is_there_once(odata: OData, client: Client) -> None:
    expected = [f"JE-0000000{number}" for number in range(1, 5)]
    pages = odata.pages("journal_entries", 2)
    found = [row["id"] for row in next(pages)["value"]]
    skipped = ids(odata, "journal_entries", top=2)
    assert client.transfer([expected[0]])["errors"] == []
    # The first entry is now the last one that was changed.
    assert ids(odata, "journal_entries", orderby="updated_at desc", top=1) == expected[:1]
    assert found + [row["id"] for page in pages for row in page["value"]] == expected
    assert skipped + ids(odata, "journal_entries", skip=2, top=2) == expected


def test_what_has_been_deleted_is_found_by_who_asks_for_changes(client: Client) -> None:
    post(client.database, [line("a", organization="North"), line("b", organization="South")])
    gone = client.completed(organizationLabels=["North"])["number"]
    kept = client.completed(organizationLabels=["South"])["number"]
    client.cancel(gone)
    client.wait(gone, "CANCELLED")
    client.delete(gone)
    client.wait_until_gone(gone)
    with OData(client.url) as odata:
        numbers = {name: ids(odata, name) for name in ("journal_runs", "journal_entries", "journal_entry_items")}
        assert numbers == {
            "journal_runs": [kept],
            "journal_entries": ["JE-00000002"],
            "journal_entry_items": ["JE-00000002:1", "JE-00000002:2"],
        }
        assert odata.get("journal_entries/$count").text == "1"
        assert ids(odata, "journal_entries", filter="status eq null") == []
        for changes in ("updated_at gt 2024-01-01", "deleted eq true or deleted eq false", "not deleted or deleted"):
            assert ids(odata, "journal_entries", filter=changes) == ["JE-00000001", "JE-00000002"]
        (tombstone,) = odata.rows("journal_entries", filter="deleted")
        assert (tombstone["number"], tombstone["total_debit"], tombstone["status"]) == ("JE-00000001", None, None)
        code, message = odata.refused("journal_entries('JE-00000001')", 404)
        assert (code, "has been deleted" in message) == ("NOT_FOUND", True)


def test_callers_see_what_they_may_see(database: Database, quiet: None) -> None:
    post(database, [line("a", organization="North"), line("b", organization="South")])
    with ExitStack() as stack:
        url = stack.enter_context(served(Application(database, require_api_key=True), database)).url
        whole = new_token(database, *Permission, name="Whole")[1]
        stack.enter_context(Client(url, database, whole)).completed()
        north = new_token(database, *Permission, name="North", organizations=["North"])[1]
        entries_only = new_token(database, Permission.VIEW_JOURNAL_ENTRIES, name="Entries")[1]
        nothing = new_token(database, Permission.CANCEL_JOURNAL_RUN, name="Nothing")[1]

        anonymous = stack.enter_context(OData(url))
        for path in ("", "$metadata", "journal_entries", "journal_entries('JE-00000001')", "nothing"):
            response = anonymous.get(path)
            assert refusal_of(response, 401)[0] == "UNAUTHENTICATED"
            assert response.headers.get_list("WWW-Authenticate") == [*CHALLENGES]

        client_id = create_api_key(database, "Guessed", STANDARD, actor="test")[0].client_id
        for status in [401] * KEY_ATTEMPTS_MAX + [429]:
            response = anonymous.http.get("", auth=(client_id, "wrong"))
            assert refusal_of(response, status)[0] == "UNAUTHENTICATED"
        assert int(response.headers["Retry-After"]) > 0

        assert ids(stack.enter_context(OData(url, north)), "journal_entries") == ["JE-00000001"]
        assert ids(stack.enter_context(OData(url, whole)), "journal_entries") == ["JE-00000001", "JE-00000002"]

        odata = stack.enter_context(OData(url, entries_only))
        names = [each["name"] for each in odata.read("")["value"]]
        assert "journal_runs" not in names
        assert 'Name="journal_runs"' not in odata.get("$metadata").text
        assert {row["journal_run_number"] for row in odata.rows("journal_entries")} == {None}
        assert ids(odata, "journal_entries", filter="journal_run_number ne null") == []
        code, message = odata.refused("journal_runs", 403)
        assert (code, "'View journal runs'" in message) == ("FORBIDDEN", True)

        odata = stack.enter_context(OData(url, nothing))
        assert [each["name"] for each in odata.read("")["value"]] == ["accounting_codes", "accounting_periods"]
        assert odata.refused("transactions/$count", 403)[0] == "FORBIDDEN"
