"""Subscription documents."""

PROGRESS = """subscription($run: String!, $after: String) {
  entryCancelOutcomes(number: $run, after: $after) {
    cursor sequence outcome code message cancelledCount failedCount remainingCount
  }
}"""


UPDATES = """subscription($run: String!) {
  journalRunUpdates(number: $run) {
    number status totalJournalEntryCount cancellation { cancelledCount remainingCount finishedAt }
  }
}"""
