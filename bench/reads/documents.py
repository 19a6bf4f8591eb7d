"""The documents that are measured, and the request for the same data to a hand-written endpoint."""

from dataclasses import dataclass

from gateway.operations import LIST


@dataclass(frozen=True, slots=True)
class Document:
    """A GraphQL document, the path of the hand-written endpoint, and the document in PostGraphile's own names."""

    name: str
    text: str
    path: str
    postgraphile: str


DOCUMENTS = [
    Document(
        "1,000 x 10",
        """query { journalRun(number: "JR-00000001") { journalEntries(first: 1000) { nodes {
            number status transactionType currency totalDebit totalCredit transactionCount journalEntryDate
            transferredToAccounting createdAt
        } } } }""",
        "/scalars/JR-00000001?first=1000",
        """query { journalRunByNumber(number: "JR-00000001") { journalEntriesByJournalRunId(first: 1000) { nodes {
            number status transactionType currency totalDebit totalCredit transactionCount journalEntryDate
            transferredToAccounting createdAt
        } } } }""",
    ),
    Document(
        "100 nested",
        """query { journalRun(number: "JR-00000001") { journalEntries(first: 100) { nodes {
            number items { type currency amount accountingCode { name glAccountNumber } }
        } } } }""",
        "/items/JR-00000001?first=100",
        """query { journalRunByNumber(number: "JR-00000001") { journalEntriesByJournalRunId(first: 100) { nodes {
            number journalEntryItemsByJournalEntryId { nodes {
                type currency amount accountingCodeByAccountingCodeId { name glAccountNumber }
            } }
        } } } }""",
    ),
    Document(
        "one object",
        'query { journalRun(number: "JR-00000001") { number status } }',
        "/run/JR-00000001",
        'query { journalRunByNumber(number: "JR-00000001") { number status } }',
    ),
    Document(
        "50 x 20",
        """query { journalRun(number: "JR-00000001") { journalEntries(first: 50) { nodes {
            number transactions(first: 20) { nodes {
                transactionId transactionDate amount currency segments { name value }
                debitAccount { name } creditAccount { name glAccountNumber }
            } }
        } } } }""",
        "/transactions/JR-00000001?first=50&transactions=20",
        """query { journalRunByNumber(number: "JR-00000001") { journalEntriesByJournalRunId(first: 50) { nodes {
            number postingBucketsByJournalEntryId(first: 20) { nodes {
                postingDate bucketTransactionsByPostingBucketId { nodes {
                    billingTransactionByTransactionRowId { transactionId amount }
                } }
                postingKeyByPostingKeyId { currency segments
                    accountingCodeByDebitCodeId { name } accountingCodeByCreditCodeId { name glAccountNumber }
                }
            } }
        } } } }""",
    ),
    Document(
        "1,000 edges",
        """query { journalEntries(first: 1000) {
            edges { cursor node { id number status currency totalDebit } }
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
            totalCount
        } }""",
        "/edges?first=1000",
        """query { allJournalEntries(first: 1000) {
            edges { cursor node { id number status currency totalDebit } }
            pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
            totalCount
        } }""",
    ),
    Document(
        "GraphiQL's first tab",
        LIST,
        "/runs?first=20",
        """query { allJournalRuns(first: 20, orderBy: ROW_ID_DESC) {
            totalCount
            nodes {
                number status targetStartDate targetEndDate totalJournalEntryCount
                live: journalEntriesByJournalRunId(condition: { status: "Created" }) { totalCount }
                transactionCount createdAt
            }
        } }""",
    ),
]
