"""The operations that GraphiQL opens with, and that the demo prints to be pasted."""

from gateway.graphiql import Tab

RUNS = """query JournalRuns {
  journalRuns(first: 10) {
    nodes {
      number
      status
      targetStartDate
      targetEndDate
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

FOLLOW = """# Start this, then CancelRun in a second window:
# each entry's outcome appears as it happens.
# Started later, it tells them all the same.
subscription FollowCancellation {
  entryCancelOutcomes(runNumber: "JR-00000001") {
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
    canceledCount
    failedCount
    remainingCount
  }
}
"""

CANCEL = """mutation CancelRun {
  cancelJournalRun(input: { number: "JR-00000001" }) {
    journalRun { number status }
    errors { code message field }
  }
}
"""

TRANSFER = """mutation SetTransferred {
  setTransferredToAccounting(
    input: {
      journalEntryNumbers: ["JE-00000004"]
      transferredToAccounting: NO
    }
  ) {
    journalEntries {
      number
      transferredToAccounting
      transferDateTime
      transferredBy
    }
    errors { code message field }
  }
}
"""

CREATE = """mutation CreateRun {
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

TABS = [Tab(operation) for operation in (RUNS, FOLLOW, CANCEL, TRANSFER, CREATE)]
