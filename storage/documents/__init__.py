"""Documents: what a caller wants of the ledger as one JSON text, which one SQL statement makes in the database.

`words` say what is wanted, `shapes` what rows have, and the writer puts both into SQL for one of the two databases.
"""
