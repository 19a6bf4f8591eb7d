"""The operations in GraphiQL's tabs, and those that the demo prints.

Mutations take variables, which are empty: running a tab unchanged never changes a real ledger. Only the demo's
operations name runs and entries.
"""

import json

from gateway.graphiql import Tab

LIST = """query JournalRuns {
  journalRuns(first: 20) {
    totalCount
    nodes {
      number
      status
      targetStartDate
      targetEndDate
      totalJournalEntryCount
      liveJournalEntryCount
      transactionCount
      createdAt
    }
  }
}
"""

ENTRIES = """query RunEntries($runNumber: String!) {
  journalRun(number: $runNumber) {
    number
    status
    errorMessage
    journalEntries(first: 100) {
      totalCount
      nodes {
        number
        status
        transactionType
        segments { name value }
        currency
        totalDebit
        totalCredit
        transferredToAccounting
        items {
          type
          amount
          accountingCode { name glAccountNumber }
        }
      }
    }
  }
}
"""

FOLLOW = """# Each entry's outcome, as it happens.
# Started later, it replays all outcomes from the first.
subscription FollowCancellation($runNumber: String!) {
  entryCancelOutcomes(number: $runNumber) {
    sequence
    outcome
    message
    journalEntry { number status currency totalDebit }
    cancelledCount
    failedCount
    remainingCount
  }
}
"""

CREATE = """# Changes the ledger. Fill in the variables first.
mutation CreateRun($input: CreateJournalRunInput!) {
  createJournalRun(input: $input) {
    journalRun { number status }
    errors { code message field }
  }
}
"""

CANCEL = """# Changes the ledger. Fill in the variables first.
mutation CancelRun($input: CancelJournalRunInput!) {
  cancelJournalRun(input: $input) {
    journalRun { number status }
    errors { code message field }
  }
}
"""

TRANSFER = """# Changes the ledger. Fill in the variables first.
mutation SetTransferred($input: SetTransferredToAccountingInput!) {
  setTransferredToAccounting(input: $input) {
    journalEntries {
      number
      transferredToAccounting
      transferredAt
      transferredBy
    }
    errors { code message field }
  }
}
"""


TOTALS = """query Totals {
  journalEntryTotals(
    groupBy: [{ by: PERIOD }, { by: GL_ACCOUNT }]
  ) {
    accountingPeriodName
    glAccountNumber
    glAccountName
    currency
    debit
    credit
    net
    entryCount
  }
}
"""


def _tab(operation: str, **variables: object) -> Tab:
    return Tab(operation, json.dumps(variables, indent=2) if variables else "")


TABS = [
    _tab(LIST),
    _tab(ENTRIES, runNumber=""),
    _tab(TOTALS),
    _tab(FOLLOW, runNumber=""),
    _tab(CREATE, input={"accountingPeriodName": "", "journalEntryDate": "", "transactionTypes": []}),
    _tab(CANCEL, input={"number": ""}),
    _tab(TRANSFER, input={"journalEntryNumbers": [], "transferredToAccounting": ""}),
]
"""The tabs on a user's own ledger."""

DEMO_RUNS = """query JournalRuns {
  journalRuns(first: 10) {
    nodes {
      number
      status
      targetStartDate
      targetEndDate
      liveJournalEntryCount
      transactionCount
      journalEntries(first: 100) {
        totalCount
        nodes {
          number
          status
          transactionType
          segments { name value }
          currency
          totalDebit
          totalCredit
          transactionCount
          transferredToAccounting
          items {
            type
            amount
            accountingCode { name glAccountNumber }
          }
        }
      }
    }
  }
}
"""

DEMO_FOLLOW = """# Start this, then CancelRun in a second window:
# each entry's outcome appears as it happens.
# Started later, it replays all outcomes from the first.
subscription FollowCancellation {
  entryCancelOutcomes(number: "JR-00000001") {
    sequence
    outcome
    message
    journalEntry {
      number
      status
      transactionType
      currency
      totalDebit
    }
    cancelledCount
    failedCount
    remainingCount
  }
}
"""

DEMO_CANCEL = """mutation CancelRun {
  cancelJournalRun(input: { number: "JR-00000001" }) {
    journalRun { number status }
    errors { code message field }
  }
}
"""

DEMO_TRANSFER = """mutation SetTransferred {
  setTransferredToAccounting(
    input: {
      journalEntryNumbers: ["JE-00000004"]
      transferredToAccounting: NO
    }
  ) {
    journalEntries {
      number
      transferredToAccounting
      transferredAt
      transferredBy
    }
    errors { code message field }
  }
}
"""

DEMO_CREATE = """mutation CreateRun {
  createJournalRun(
    input: {
      accountingPeriodName: "Oct 2026"
      journalEntryDate: "2026-10-31"
      transactionTypes: [
        INVOICE_ITEM
        TAXATION_ITEM
        CREDIT_MEMO_ITEM_CHARGE
        ELECTRONIC_PAYMENT
      ]
    }
  ) {
    journalRun { number status }
    errors { code message field }
  }
}
"""

DEMO_TABS = [Tab(operation) for operation in (DEMO_RUNS, DEMO_FOLLOW, DEMO_CANCEL, DEMO_TRANSFER, DEMO_CREATE, TOTALS)]
"""The tabs on the demo's ledger, whose runs and entries they name."""
