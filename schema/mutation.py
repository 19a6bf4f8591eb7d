"""Mutations, by noun. The payload's `errors` lists every violation, not just the first."""

import strawberry

from schema.journal_entry_mutations import JournalEntryMutations
from schema.journal_run_mutations import JournalRunMutations
from schema.transaction_mutations import TransactionMutations


@strawberry.type(description="Mutations.")
class Mutation(JournalRunMutations, JournalEntryMutations, TransactionMutations):
    """The mutations of every noun."""
