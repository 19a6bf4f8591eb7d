"""Every value that is null in the database is null to every client: REST, the vendor's client and GraphQL."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import NoneType
from typing import Any, get_args

import pytest
from graphql import GraphQLObjectType, build_schema, get_named_type, is_leaf_type, is_required_argument
from pydantic import BaseModel
from sqlalchemy import Column, select, update
from sqlmodel import SQLModel

from gateway.application import Application
from gateway.rest.application import ENDPOINTS
from schema.schema import SDL_PATH
from storage.database import Database
from storage.words import AccountingCodeCategory, Permission, TransferStatus
from tests.support.client import Client
from tests.support.ledger import line, post
from tests.support.rest import Rest
from tests.support.served import served
from tests.support.vendor import Vendor, logged_in, understood

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")

RUN, ENTRY = "JR-00000001", "JE-00000001"
MOMENT = datetime(2025, 1, 2, 3, 4, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Nullable:
    """A value for the column, if the ledger leaves it null, and its names in REST responses."""

    names: tuple[str, ...] = ()
    value: Any = None


CASES = {
    "accounting_code.category": Nullable(("category",), AccountingCodeCategory.ASSETS),
    "accounting_code.gl_account_name": Nullable(("glAccountName",), "Debtors"),
    "accounting_code.gl_account_number": Nullable(("glAccountNumber",), "1000"),
    "accounting_period.end_date": Nullable(("endDate",), date(2025, 3, 31)),
    "accounting_period.fiscal_year": Nullable(("fiscalYear",), 2024),
    "accounting_period.fiscal_quarter": Nullable(("fiscalQuarter", "fiscal_quarter"), 4),
    "journal_run.segmentation_rule_id": Nullable(),
    "journal_run.segmentation_rule_name": Nullable(("segmentationRuleName",)),
    "journal_run.home_currency": Nullable((), "JPY"),
    "journal_run.executed_on": Nullable(("executedOn",)),
    "journal_run.error_message": Nullable((), "No reason"),
    "journal_entry.journal_run_id": Nullable(),
    "journal_entry.transaction_type": Nullable(("transactionType",)),
    "journal_entry.home_currency": Nullable(("homeCurrency",), "JPY"),
    "journal_entry.organization_label": Nullable(("organizationLabel",), "North"),
    "journal_entry.transfer_date_time": Nullable(("transferDateTime",), MOMENT),
    "journal_entry.transferred_by": Nullable(("transferredBy",), "Ada"),
    "journal_entry.notes": Nullable(("notes",), "Checked"),
    "journal_entry_item.home_currency": Nullable(("homeCurrencyAmount",), "JPY"),
    "journal_entry_item.home_amount": Nullable(("homeCurrencyAmount",), 1000),
}
TABLES = {name.partition(".")[0] for name in CASES}

NOT_OF_A_COLUMN = {"segmentValue", "nextPage"}
"""What REST answers with null or leaves out, and the tests below or those of pages show."""


def nullable_columns() -> dict[str, Column[Any]]:
    """Every nullable column of the tables behind REST, by name."""
    return {
        f"{table}.{column.name}": column
        for table in TABLES
        for column in SQLModel.metadata.tables[table].columns
        if column.nullable
    }


def nullable_names(model: type[BaseModel]) -> Iterator[str]:
    """Every name in the response, at any depth, whose value may be null."""
    for name, field in model.model_fields.items():
        parts = [field.annotation, *get_args(field.annotation)]
        if NoneType in parts:
            yield field.serialization_alias or field.alias or name
        for part in parts:
            if isinstance(part, type) and issubclass(part, BaseModel):
                yield from nullable_names(part)


def nulled(answer: Any, names: tuple[str, ...]) -> Any:
    """The response with null under these names, at any depth."""
    if isinstance(answer, dict):
        return {name: None if name in names else nulled(value, names) for name, value in answer.items()}
    return [nulled(part, names) for part in answer] if isinstance(answer, list) else answer


def named(answer: Any, name: str) -> list[Any]:
    """Every value under that name, at any depth."""
    if isinstance(answer, list):
        return [value for part in answer for value in named(part, name)]
    if not isinstance(answer, dict):
        return []
    return [*([answer[name]] if name in answer else []), *named(list(answer.values()), name)]


def contained(part: Any, whole: Any) -> bool:
    """Whether the whole contains everything in the part."""
    if isinstance(part, dict):
        return all(contained(value, whole[name]) for name, value in part.items())
    if isinstance(part, list):
        return len(part) == len(whole) and all(map(contained, part, whole))
    return bool(part == whole)


def everything_by_rest(rest: Rest) -> dict[str, Any]:
    """The responses of every GET."""
    return {
        path: rest.send("GET", path)
        for path in (
            f"/v1/journal-runs/{RUN}",
            f"/v1/journal-entries/{ENTRY}",
            f"/v1/journal-entries/journal-runs/{RUN}",
            "/v1/accounting-periods",
            "/v1/accounting-periods/1",
            "/v1/accounting-codes",
            "/v1/accounting-codes/1",
        )
    }


def everything_by_vendor(vendor: Vendor) -> list[Any]:
    """The same through the vendor's client, in the same order."""
    periods, codes = vendor.sdk.accounting_periods_api(), vendor.sdk.accounting_codes_api()
    return [
        understood(answer).model_dump(mode="json", by_alias=True)
        for answer in (
            vendor.runs.get_journal_run(RUN),
            vendor.entries.get_summary_journal_entry(ENTRY),
            vendor.entries.get_all_summary_journal_entries(RUN),
            periods.get_all_accounting_periods(),
            periods.get_accounting_period("1"),
            codes.get_all_accounting_codes(),
            codes.get_accounting_code("1"),
        )
    ]


def everything_by_graphql(client: Client) -> None:
    """Read every plain field of runs, entries, items, periods and codes; an error fails the test."""
    schema = build_schema(SDL_PATH.read_text())

    def fields(name: str) -> str:
        described = schema.type_map[name]
        assert isinstance(described, GraphQLObjectType)
        plain = [
            field_name
            for field_name, field in described.fields.items()
            if is_leaf_type(get_named_type(field.type)) and not any(map(is_required_argument, field.args.values()))
        ]
        return " ".join(plain)

    client.query(f"""{{
      journalRuns {{ nodes {{ {fields("JournalRun")} accountingPeriod {{ {fields("AccountingPeriod")} }} }} }}
      journalEntries {{ nodes {{ {fields("JournalEntry")} segments {{ {fields("Segment")} }}
        items {{ {fields("JournalEntryItem")} accountingCode {{ {fields("AccountingCode")} }} }} }} }}
      accountingPeriods {{ nodes {{ {fields("AccountingPeriod")} }} }}
      accountingCodes {{ nodes {{ {fields("AccountingCode")} }} }}
    }}""")


@pytest.fixture
def vendor(database: Database) -> Iterator[Vendor]:
    """The vendor's client, at a gateway with one completed run of one entry."""
    with served(Application(database), database) as gateway:
        post(database, [line("a")])
        assert gateway.completed()["number"] == RUN
        yield Vendor(logged_in(gateway, *Permission), gateway)


def fill_all(database: Database) -> None:
    """Set every nullable column; an entry is then transferred, and each period has an end."""
    with database.write() as session:
        for name, column in nullable_columns().items():
            value = CASES[name].value
            if value is not None:
                session.execute(update(column.table).where(column.is_(None)).values({column: value}))
            assert not session.execute(select(column).where(column.is_(None))).all(), name
        entries = SQLModel.metadata.tables["journal_entry"]
        session.execute(update(entries).values(transferred_to_accounting=TransferStatus.YES))


def test_every_nullable_column_and_every_nullable_name_of_rest_has_a_case() -> None:
    assert set(CASES) == set(nullable_columns())
    answered = {name for endpoint in ENDPOINTS for name in nullable_names(endpoint.answer)}
    assert answered == {name for case in CASES.values() for name in case.names} | NOT_OF_A_COLUMN


def test_a_null_of_the_database_is_null_to_every_client(vendor: Vendor) -> None:
    database = vendor.gateway.database
    fill_all(database)
    with Rest(vendor.gateway.url) as rest:
        before = everything_by_rest(rest)
        for part, whole in zip(before.values(), everything_by_vendor(vendor), strict=True):
            assert contained(part, whole), (part, whole)
        for column_name, column in nullable_columns().items():
            names = CASES[column_name].names
            for name in names:
                assert named(before, name), name
                assert None not in named(before, name), name
            key = column.table.c.id
            with database.write() as session:
                kept = session.execute(select(key, column)).all()
                session.execute(update(column.table).values({column: None}))

            expected = nulled(before, names)
            if column_name == "journal_entry.journal_run_id":
                expected[f"/v1/journal-entries/journal-runs/{RUN}"]["journalEntries"] = []
            assert everything_by_rest(rest) == expected, column_name
            for part, whole in zip(expected.values(), everything_by_vendor(vendor), strict=True):
                assert contained(part, whole), (column_name, part, whole)
            everything_by_graphql(vendor.gateway)

            with database.write() as session:
                for row_id, value in kept:
                    session.execute(update(column.table).where(key == row_id).values({column: value}))
        assert everything_by_rest(rest) == before
    with database.write() as session:
        # The transactions have no home amount; with the invented one, the ledger would not reconcile.
        session.execute(update(SQLModel.metadata.tables["journal_entry_item"]).values(home_amount=None))


def test_the_segment_value_of_transactions_without_one_is_null_to_every_client(vendor: Vendor) -> None:
    post(vendor.gateway.database, [line("b", segment_country="")])
    number = vendor.gateway.completed()["number"]
    (entry,) = vendor.gateway.entries(number)
    assert entry["segments"] == [{"name": "country", "value": None}]
    with Rest(vendor.gateway.url) as rest:
        (listed,) = rest.entries(number)
        found = rest.send("GET", f"/v1/journal-entries/{entry['number']}")
        assert found == {"success": True, **listed}
        assert found["segments"] == [{"segmentName": "country", "segmentValue": None}]
    (of_list,) = vendor.all_entries(number)
    one = understood(vendor.entries.get_summary_journal_entry(entry["number"]))
    for answer in (of_list, one):
        (segment,) = answer.segments
        assert (segment.segment_name, segment.segment_value) == ("country", None)
