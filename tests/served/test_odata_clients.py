"""OData as programs that others wrote read it: what Superset uses, and python-odata."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import pytest
import requests
from odata.connection import ODataConnection
from odata.exceptions import ODataError
from odata.service import ODataService
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.engine import Engine

from gateway.application import Application
from resolvers.access import create_api_key
from storage.database import Database
from storage.words import Permission
from tests.support.client import Client
from tests.support.ledger import line, post
from tests.support.served import served
from tests.support.tokens import exchange

CURRENCIES = ("JPY", "GBP", "EUR")
LINES = [
    line(
        f"t{number:04}",
        amount=f"{number}.{number % 97:02}" if number % 3 else str(number),
        currency=CURRENCIES[number % 3],
    )
    for number in range(1, 1_101)
]
LARGEST = line("largest", amount="99999999999999.99", currency="EUR", segment_country="Größe 'x' & y")


@dataclass(frozen=True)
class Service:
    """The address of the service, an API key and a token for it, and by plain arithmetic the totals to be found."""

    url: str
    client_id: str
    secret: str
    token: str
    totals: dict[str, Decimal]


@pytest.fixture
def service(database: Database) -> Iterator[Service]:
    post(database, [*LINES, LARGEST])
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for each in [*LINES, LARGEST]:
        totals[each["currency"]] += Decimal(each["amount"])
    key, secret = create_api_key(database, "Reports", list(Permission), actor="test")
    token = exchange(database, key.client_id, secret).access_token
    with served(Application(database, require_api_key=True), database) as served_client:
        with Client(served_client.url, database, token) as client:
            client.completed()
        yield Service(served_client.url, key.client_id, secret, token, dict(totals))


@pytest.fixture
def engine(service: Service) -> Iterator[Engine]:
    """Of sqlalchemy-odata, as Superset makes it from the address of a database; a token is the password of any name."""
    host = service.url.removeprefix("http://")
    with pytest.warns(DeprecationWarning, match="import_dbapi"):
        made = create_engine(f"odata://report:{service.token}@{host}/odata")
    yield made
    made.dispose()


def test_sqlalchemy_odata_has_the_totals_of_the_ledger(service: Service, engine: Engine) -> None:
    assert inspect(engine).get_table_names() == [
        "accounting_codes", "accounting_periods", "journal_entries", "journal_entry_items", "journal_runs",
        "transactions",
    ]  # fmt: skip
    with engine.connect() as connection:
        amounts = connection.execute(text("SELECT currency, amount FROM transactions")).all()
        assert len(amounts) == len(LINES) + 1
        found: dict[str, Decimal] = defaultdict(Decimal)
        for currency, amount in amounts:
            # It reads every number as a float, of which Python writes the shortest decimal that it stands for.
            found[currency] += Decimal(repr(amount))
        lost = Decimal("99999999999999.99") - Decimal(repr(float("99999999999999.99")))
        assert {**found, "EUR": found["EUR"] + lost} == service.totals

        statement = "SELECT currency, COUNT(*), SUM(debit), SUM(credit) FROM journal_entry_items GROUP BY currency"
        for currency, count, debit, credit in connection.execute(text(statement)):
            assert (debit, credit) == (pytest.approx(float(service.totals[currency])),) * 2
            assert count % 2 == 0
        chosen = "SELECT id, transaction_date, updated_at, deleted FROM transactions WHERE amount BETWEEN 1099 AND 1100"
        ((id_, date, moment, deleted),) = connection.execute(text(chosen)).all()
        assert (id_, date, deleted) == ("t1099", "2024-12-05", False)
        assert moment.tzinfo == UTC


def test_python_odata_reads_exact_numbers_page_by_page(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    # It adds the headers of one service to those of all.
    monkeypatch.setattr(ODataConnection, "base_headers", dict(ODataConnection.base_headers))
    with requests.Session() as session:
        odata = ODataService(
            f"{service.url}/odata/",
            reflect_entities=True,
            quiet_progress=True,
            session=session,
            auth=(service.client_id, service.secret),
            extra_headers={"Accept": "application/json;IEEE754Compatible=true"},
        )
        transactions = odata.entities["transactions"]
        everything = odata.query(transactions).all()
        found: dict[str, Decimal] = defaultdict(Decimal)
        for each in everything:
            assert isinstance(each.amount, Decimal)
            found[each.currency] += each.amount
        assert found == service.totals

        query = odata.query(transactions).filter(transactions.amount >= Decimal("1097.29"))
        query = query.filter(transactions.id.startswith("t")).order_by(transactions.amount.desc())
        assert [(each.id, each.amount) for each in query.limit(2)] == [
            ("t1100", Decimal("1100.33")),
            ("t1099", Decimal("1099.32")),
        ]
        assert query.count() == 4
        one = odata.query(transactions).get("largest")
        assert (one.amount, one.segment_country) == (Decimal("99999999999999.99"), "Größe 'x' & y")
        assert one.updated_at.tzinfo is not None
        later = odata.query(transactions).filter(transactions.updated_at > datetime.now(UTC))
        assert later.all() == []
        entries = odata.entities["journal_entries"]
        totals = {each.currency: each.total_debit for each in odata.query(entries) if each.segment_country == "UK"}
        assert totals == {**service.totals, "EUR": service.totals["EUR"] - Decimal(LARGEST["amount"])}
        with pytest.raises(ODataError, match=r"tolower.*not supported"):
            odata.query(transactions).filter("tolower(id) eq 'a'").all()
