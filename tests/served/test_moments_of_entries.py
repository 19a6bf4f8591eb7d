"""When an entry was created and last changed."""

from tests.support.client import Client
from tests.support.ledger import line, post

DOCUMENT = "{ journalEntries { nodes { number createdAt updatedAt journalRun { executedAt } } } }"


def moments(client: Client) -> dict[str, tuple[str, str]]:
    """When each entry was created, and when it was changed."""
    nodes = client.query(DOCUMENT)["journalEntries"]["nodes"]
    return {entry["number"]: (entry["createdAt"], entry["updatedAt"]) for entry in nodes}


def test_the_entries_of_a_run_are_created_at_one_moment(client: Client) -> None:
    post(client.database, [line(country, segment_country=country) for country in ("AT", "BE")])
    run = client.completed()
    first, second = moments(client).values()
    assert first == second
    assert first[0] == first[1] >= run["executedAt"]


def test_every_change_of_an_entry_sets_when_it_was_updated(client: Client) -> None:
    post(client.database, [line(country, segment_country=country) for country in ("AT", "BE")])
    run = client.completed()
    changed, other = moments(client)
    created = moments(client)[changed][0]
    before = created
    change = 'mutation { updateJournalEntry(input: { number: "%s", notes: "%s" }) { errors { code } } }'
    for act in (
        lambda: client.transfer([changed], "ERROR"),
        lambda: client.query(change % (changed, "checked")),
        lambda: client.query(
            f'mutation {{ cancelJournalEntry(input: {{ number: "{changed}" }}) {{ errors {{ code }} }} }}'
        ),
    ):
        act()
        assert moments(client)[changed][0] == created
        assert moments(client)[changed][1] > before
        before = moments(client)[changed][1]
    client.query(change % (changed, "checked"))
    assert moments(client)[changed] == (created, before)
    assert moments(client)[other] == (created, created)
    client.cancel(run["number"])
    client.wait(run["number"], "CANCELLED")
    assert moments(client)[changed] == (created, before)
    assert moments(client)[other][1] > before
