"""The contract: the committed schema is the served one, all of it is described, and it contains the design's core."""

import asyncio

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
    is_specified_scalar_type,
)

from schema.preparation import STREAMED
from schema.schema import SCHEMA, SDL_PATH
from storage.words import TransactionType

# The names differ from the design's where docs/decisions/0018-names-of-the-contract.md says why.
CORE = """
scalar Date
scalar DateTime
scalar Decimal
interface Node { id: ID! }
type Query {
  node(id: ID!): Node
  journalRun(number: String!): JournalRun
  journalRuns(first: Int, after: String, last: Int, before: String, filter: JournalRunFilter, orderBy: JournalRunOrder):
    JournalRunConnection!
  journalEntry(number: String!): JournalEntry
  journalEntries(first: Int, after: String, last: Int, before: String, filter: JournalEntryFilter,
    orderBy: JournalEntryOrder): JournalEntryConnection!
}
type JournalRun implements Node {
  id: ID!  number: String!  status: JournalRunStatus!  transactionTypes: [TransactionType!]!
  accountingPeriod: AccountingPeriod  targetStartDate: Date!  targetEndDate: Date!  journalEntryDate: Date!
  organizationLabels: [String!]!  segmentationRuleName: String  aggregateCurrency: Boolean!  createdAt: DateTime!
  executedAt: DateTime  totalJournalEntryCount: Int!  transactionCount: Int!  errorMessage: String
  journalEntries(first: Int, after: String, last: Int, before: String, filter: JournalEntryFilter,
    orderBy: JournalEntryOrder): JournalEntryConnection!
  cancellation: Cancellation
}
type Cancellation implements Node {
  id: ID!  startedAt: DateTime!  finishedAt: DateTime  cancelledCount: Int!  failedCount: Int!  remainingCount: Int!
  outcomes(first: Int, after: String, last: Int, before: String): EntryCancelOutcomeConnection!
}
type EntryCancelOutcome {
  cursor: String!  sequence: Int!  journalEntry: JournalEntry!  outcome: CancelOutcome!
  code: String  message: String  cancelledCount: Int!  failedCount: Int!  remainingCount: Int!
}
type JournalEntry implements Node {
  id: ID!  number: String!  status: JournalEntryStatus!  journalRun: JournalRun  accountingPeriod: AccountingPeriod!
  journalEntryDate: Date!  transactionType: TransactionType  currency: String!  homeCurrency: String
  segments: [Segment!]!  items: [JournalEntryItem!]!  totalDebit: Decimal!  totalCredit: Decimal!
  transactionCount: Int!  transferredToAccounting: TransferStatus!  transferredAt: DateTime  transferredBy: String
  notes: String  timePeriodStart: Date!  timePeriodEnd: Date!
  transactions(first: Int, after: String, last: Int, before: String): TransactionConnection!
}
type Mutation {
  createJournalRun(input: CreateJournalRunInput!): CreateJournalRunPayload!
  cancelJournalRun(input: CancelJournalRunInput!): CancelJournalRunPayload!
  deleteJournalRun(input: DeleteJournalRunInput!): DeleteJournalRunPayload!
  setTransferredToAccounting(input: SetTransferredToAccountingInput!): SetTransferredToAccountingPayload!
  recordTransactions(input: RecordTransactionsInput!): RecordTransactionsPayload!
}
type CreateJournalRunPayload { journalRun: JournalRun  errors: [UserError!]! }
type CancelJournalRunPayload { journalRun: JournalRun  errors: [UserError!]! }
type DeleteJournalRunPayload { journalRun: JournalRun  deletedNumber: String  errors: [UserError!]! }
type SetTransferredToAccountingPayload { journalEntries: [JournalEntry!]  errors: [UserError!]! }
type RecordTransactionsPayload { recorded: Int!  duplicates: Int!  errors: [UserError!]! }
type UserError { code: UserErrorCode!  message: String!  field: [String!] }
type Subscription {
  entryCancelOutcomes(number: String!, after: String): EntryCancelOutcome!
  journalRunUpdates(number: String): JournalRun!
}
type PageInfo { hasNextPage: Boolean!  hasPreviousPage: Boolean!  startCursor: String  endCursor: String }
type JournalRunConnection { edges: [JournalRunEdge!]! nodes: [JournalRun!]! pageInfo: PageInfo! totalCount: Int! }
type JournalRunEdge { cursor: String!  node: JournalRun! }
type JournalEntryConnection { edges: [JournalEntryEdge!]! nodes: [JournalEntry!]! pageInfo: PageInfo! totalCount: Int! }
type JournalEntryEdge { cursor: String!  node: JournalEntry! }
type EntryCancelOutcomeConnection { totalCount: Int! }
type TransactionConnection { totalCount: Int! }
enum JournalRunStatus {
  PENDING PROCESSING COMPLETED ERROR CANCEL_IN_PROGRESS CANCELLED DELETE_IN_PROGRESS
}
enum JournalEntryStatus { CREATED CANCELLED }
enum TransferStatus { NO PROCESSING YES ERROR IGNORE }
enum CancelOutcome { CANCELLED FAILED }
enum TransactionType { INVOICE_ITEM INVOICE_ITEM_ADJUSTMENT_INVOICE REVENUE_EVENT_ITEM }
enum UserErrorCode { REQUIRED }
type AccountingPeriod implements Node { id: ID!  name: String! }
type Segment { name: String! }
type JournalEntryItem { amount: Decimal! }
input JournalRunFilter { statuses: [JournalRunStatus!] }
input JournalRunOrder { direction: OrderDirection! = ASC }
input JournalEntryFilter { statuses: [JournalEntryStatus!] }
input JournalEntryOrder { direction: OrderDirection! = ASC }
enum OrderDirection { ASC DESC }
input CreateJournalRunInput {
  accountingPeriodName: String  targetStartDate: Date  targetEndDate: Date  journalEntryDate: Date!
  organizationLabels: [String!]  transactionTypes: [TransactionType!]
}
input CancelJournalRunInput { number: String! }
input DeleteJournalRunInput { number: String! }
input SetTransferredToAccountingInput { transferredToAccounting: TransferStatus! }
input RecordTransactionsInput { transactions: [TransactionInput!]! }
input TransactionInput { amount: Decimal!  currency: String! }
"""


def test_the_committed_contract_is_the_one_that_is_served() -> None:
    assert SDL_PATH.read_text() == SCHEMA.as_str() + "\n", (
        "the contract has changed; look at the difference and run: journal-gateway schema > schema/schema.graphql"
    )


def test_every_type_field_argument_and_value_is_described() -> None:
    undescribed = []
    for name, defined in build_schema(SCHEMA.as_str()).type_map.items():
        if name.startswith("__") or is_specified_scalar_type(defined):
            continue
        parts = {name: defined.description}
        if isinstance(defined, GraphQLObjectType | GraphQLInterfaceType):
            for field_name, field in defined.fields.items():
                parts[f"{name}.{field_name}"] = field.description
                for argument_name, argument in field.args.items():
                    parts[f"{name}.{field_name}({argument_name})"] = argument.description
        elif isinstance(defined, GraphQLInputObjectType):
            parts |= {f"{name}.{field_name}": field.description for field_name, field in defined.fields.items()}
        elif isinstance(defined, GraphQLEnumType):
            parts |= {f"{name}.{value_name}": value.description for value_name, value in defined.values.items()}
        undescribed += [part for part, description in parts.items() if not description]
    assert undescribed == []


def test_the_designs_core_is_in_the_contract_to_the_letter() -> None:
    ours = build_schema(SCHEMA.as_str()).type_map
    for name, designed in build_schema(CORE).type_map.items():
        if name.startswith("__") or is_specified_scalar_type(designed):
            continue
        served = ours[name]
        assert type(served) is type(designed), name
        if isinstance(designed, GraphQLEnumType):
            assert isinstance(served, GraphQLEnumType)
            assert set(designed.values) <= set(served.values), name
        elif isinstance(designed, GraphQLObjectType):
            assert isinstance(served, GraphQLObjectType)
            for field_name, field in designed.fields.items():
                assert str(served.fields[field_name].type) == str(field.type), f"{name}.{field_name}"
                arguments = {key: str(value.type) for key, value in served.fields[field_name].args.items()}
                assert arguments == {key: str(value.type) for key, value in field.args.items()}, f"{name}.{field_name}"
        elif isinstance(designed, GraphQLInputObjectType):
            assert isinstance(served, GraphQLInputObjectType)
            for field_name, input_field in designed.fields.items():
                assert str(served.fields[field_name].type) == str(input_field.type), f"{name}.{field_name}"


def test_enum_names_are_upper_case_of_the_domains_words() -> None:
    for member in TransactionType:
        words = member.value.replace("(", "").replace(")", "")
        assert member.name == words.upper().replace(" ", "_")


def test_a_subscription_that_is_not_streamed_is_refused_with_the_ways_to_do_so() -> None:
    answer = asyncio.run(SCHEMA.execute('subscription { journalRunUpdates(number: "JR-00000001") { number } }'))
    assert answer.errors is not None
    assert [error.message for error in answer.errors] == [STREAMED]
