"""Conservation: invariants that hold in the ledger at any time, even after crashes, each checked by one query."""

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import text
from sqlmodel import Session

EXAMPLES = 3
"""Number of violations named per invariant."""


@dataclass(frozen=True, slots=True)
class Rule:
    """An invariant, and a query for the names of the rows that violate it."""

    says: str
    broken_by: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A violated invariant: the number of violations, and the first few of them."""

    rule: str
    count: int
    examples: tuple[str, ...]

    def __str__(self) -> str:
        more = f" and {self.count - len(self.examples)} more" if self.count > len(self.examples) else ""
        return f"{self.rule}: broken by {', '.join(self.examples)}{more}"


def _differs(addend: str, total: str) -> str:
    """SQL for "the sum is not that total". It adds halves, since SQLite refuses a sum that overflows 64 bits midway."""
    high, low = (
        f"CAST(coalesce(sum({addend} >> 32), 0) AS bigint)",
        f"CAST(coalesce(sum({addend} & {_LOW}), 0) AS bigint)",
    )
    return f"({high} + ({low} >> 32) <> coalesce({total}, 0) >> 32 OR {low} & {_LOW} <> coalesce({total}, 0) & {_LOW})"


_LOW = 0xFFFF_FFFF

RULES = (
    Rule(
        "every currency of recorded amounts is in the ledger",
        """
        SELECT DISTINCT recorded.code AS name
        FROM (
            SELECT currency AS code FROM posting_key UNION SELECT home_currency FROM posting_key
            UNION SELECT currency FROM journal_entry UNION SELECT home_currency FROM journal_entry
        ) AS recorded LEFT JOIN currency ON currency.code = recorded.code
        WHERE recorded.code IS NOT NULL AND currency.code IS NULL
        """,
    ),
    Rule(
        "the count and sums of a bucket equal those of the transactions in its list, which are its own",
        f"""
        SELECT 'bucket ' || bucket.id AS name
        FROM posting_bucket AS bucket
            LEFT JOIN bucket_transaction AS listed ON listed.posting_bucket_id = bucket.id
            LEFT JOIN billing_transaction AS posted
                ON posted.id = listed.transaction_row_id AND posted.posting_bucket_id = listed.posting_bucket_id
        GROUP BY bucket.id, bucket.transaction_count, bucket.amount, bucket.home_amount
        HAVING count(listed.transaction_row_id) <> bucket.transaction_count
            OR count(posted.id) <> bucket.transaction_count
            OR {_differs("posted.amount", "bucket.amount")} OR {_differs("posted.home_amount", "bucket.home_amount")}
        """,  # noqa: S608
    ),
    Rule(
        "every transaction is in the list of its bucket, and a list has no others",
        # By the rule before, the list of each bucket has only transactions of its own. So where the numbers agree, none
        # is missing, and no list is without its bucket; only otherwise each is looked up. What is written of a posting
        # that is not finished has no bucket yet.
        """
        WITH unfinished AS MATERIALIZED (
            SELECT
                coalesce(sum(last_row_id - first_row_id + 1), 0) AS transactions,
                CASE WHEN count(*) > 0 THEN (
                    SELECT count(*) FROM bucket_transaction AS listed
                    WHERE NOT EXISTS (SELECT 1 FROM posting_bucket AS bucket WHERE bucket.id = listed.posting_bucket_id)
                ) ELSE 0 END AS listed
            FROM posting_part
        ),
        counted AS MATERIALIZED (
            SELECT lists <> (SELECT count(*) FROM billing_transaction) - transactions
                OR lists <> (SELECT coalesce(sum(transaction_count), 0) FROM posting_bucket) AS differ
            FROM (
                SELECT (SELECT count(*) FROM bucket_transaction) - listed AS lists, transactions FROM unfinished
            ) AS finished
        )
        SELECT 'transaction ' || posted.transaction_id AS name
        FROM billing_transaction AS posted
        WHERE (SELECT differ FROM counted) AND NOT EXISTS (
            SELECT 1 FROM posting_bucket AS bucket JOIN bucket_transaction AS listed
                ON listed.posting_bucket_id = bucket.id AND listed.transaction_row_id = posted.id
            WHERE bucket.id = posted.posting_bucket_id
        ) AND NOT EXISTS (SELECT 1 FROM posting_part WHERE posted.id BETWEEN first_row_id AND last_row_id)
        UNION ALL
        SELECT 'row ' || listed.transaction_row_id || ' in the list of bucket ' || listed.posting_bucket_id AS name
        FROM bucket_transaction AS listed
        WHERE (SELECT differ FROM counted) AND NOT EXISTS (
            SELECT 1 FROM posting_bucket AS bucket JOIN billing_transaction AS posted
                ON posted.id = listed.transaction_row_id AND posted.posting_bucket_id = bucket.id
            WHERE bucket.id = listed.posting_bucket_id
        ) AND NOT EXISTS (
            SELECT 1 FROM posting_part WHERE listed.transaction_row_id BETWEEN first_row_id AND last_row_id
        )
        """,
    ),
    Rule(
        "a bucket belongs to the run that created its entry",
        """
        SELECT 'bucket ' || bucket.id AS name
        FROM posting_bucket AS bucket JOIN journal_entry AS entry ON entry.id = bucket.journal_entry_id
        WHERE bucket.journal_run_id IS NULL OR bucket.journal_run_id <> entry.journal_run_id
        """,
    ),
    Rule(
        "a cancelled entry has no transactions",
        """
        SELECT DISTINCT entry.number AS name
        FROM posting_bucket AS bucket JOIN journal_entry AS entry ON entry.id = bucket.journal_entry_id
        WHERE entry.status = 'Cancelled'
        """,
    ),
    Rule(
        "only a run that has been processed has taken transactions",
        """
        SELECT DISTINCT run.number AS name
        FROM posting_bucket AS bucket JOIN journal_run AS run ON run.id = bucket.journal_run_id
        WHERE run.status NOT IN ('Completed', 'CancelInprogress')
        """,
    ),
    Rule(
        "the total debits and total credits of an entry equal the sums of its items, and each other",
        """
        SELECT entry.number AS name
        FROM journal_entry AS entry LEFT JOIN journal_entry_item AS item ON item.journal_entry_id = entry.id
        GROUP BY entry.id, entry.number, entry.total_debit, entry.total_credit
        HAVING entry.total_debit <> entry.total_credit
            OR coalesce(sum(CASE item.type WHEN 'Debit' THEN item.amount ELSE 0 END), 0) <> entry.total_debit
            OR coalesce(sum(CASE item.type WHEN 'Credit' THEN item.amount ELSE 0 END), 0) <> entry.total_credit
            OR coalesce(sum(CASE item.type WHEN 'Debit' THEN item.home_amount ELSE -item.home_amount END), 0) <> 0
        """,
    ),
    Rule(
        "the transaction count of a live entry equals its number of transactions",
        """
        SELECT entry.number AS name
        FROM journal_entry AS entry LEFT JOIN posting_bucket AS bucket ON bucket.journal_entry_id = entry.id
        WHERE entry.status = 'Created' AND entry.journal_run_id IS NOT NULL
        GROUP BY entry.id, entry.number, entry.transaction_count
        HAVING coalesce(sum(bucket.transaction_count), 0) <> entry.transaction_count
        """,
    ),
    Rule(
        "the items of a live entry equal the sums of its transactions, by accounting code",
        f"""
        SELECT entry.number || ' on ' || code.name AS name
        FROM (
            SELECT journal_entry_id, accounting_code_id,
                CASE type WHEN 'Debit' THEN amount ELSE -amount END AS amount,
                CASE type WHEN 'Debit' THEN home_amount ELSE -home_amount END AS home_amount
            FROM journal_entry_item
            UNION ALL
            SELECT bucket.journal_entry_id, posting.debit_code_id,
                -CASE WHEN entry.aggregate_currency THEN bucket.home_amount ELSE bucket.amount END, -bucket.home_amount
            FROM posting_bucket AS bucket
                JOIN posting_key AS posting ON posting.id = bucket.posting_key_id
                JOIN journal_entry AS entry ON entry.id = bucket.journal_entry_id
            UNION ALL
            SELECT bucket.journal_entry_id, posting.credit_code_id,
                CASE WHEN entry.aggregate_currency THEN bucket.home_amount ELSE bucket.amount END, bucket.home_amount
            FROM posting_bucket AS bucket
                JOIN posting_key AS posting ON posting.id = bucket.posting_key_id
                JOIN journal_entry AS entry ON entry.id = bucket.journal_entry_id
        ) AS booked
            JOIN journal_entry AS entry ON entry.id = booked.journal_entry_id
            JOIN accounting_code AS code ON code.id = booked.accounting_code_id
        WHERE entry.status = 'Created' AND entry.journal_run_id IS NOT NULL
        GROUP BY entry.id, entry.number, code.id, code.name
        HAVING {_differs("booked.amount", "0")} OR {_differs("booked.home_amount", "0")}
        """,  # noqa: S608
    ),
    Rule(
        "a run has all entries that it created, until it is deleted",
        """
        SELECT run.number AS name
        FROM journal_run AS run LEFT JOIN journal_entry AS entry ON entry.journal_run_id = run.id
        WHERE run.status <> 'DeleteInprogress'
        GROUP BY run.id, run.number, run.total_journal_entry_count
        HAVING count(entry.id) <> run.total_journal_entry_count
        """,
    ),
    Rule(
        "a cancelled run has no live entry",
        """
        SELECT DISTINCT run.number AS name
        FROM journal_run AS run JOIN journal_entry AS entry ON entry.journal_run_id = run.id
        WHERE run.status IN ('Cancelled', 'DeleteInprogress') AND entry.status = 'Created'
        """,
    ),
    Rule(
        "a cancellation is unfinished exactly while its run is CancelInprogress",
        """
        SELECT run.number AS name
        FROM journal_run AS run LEFT JOIN cancellation ON cancellation.journal_run_id = run.id
        GROUP BY run.id, run.number, run.status
        HAVING count(cancellation.id) - count(cancellation.finished_at)
            <> CASE run.status WHEN 'CancelInprogress' THEN 1 ELSE 0 END
        """,
    ),
    Rule(
        "the outcomes of a cancellation are numbered without gaps, and match its counts",
        """
        SELECT run.number || ', cancellation ' || cancellation.id AS name
        FROM cancellation
            JOIN journal_run AS run ON run.id = cancellation.journal_run_id
            LEFT JOIN entry_cancel_outcome AS tried ON tried.cancellation_id = cancellation.id
        WHERE run.status <> 'DeleteInprogress'
        GROUP BY cancellation.id, run.number, cancellation.canceled_count, cancellation.failed_count
        HAVING count(tried.id) <> coalesce(max(tried.sequence), 0) OR coalesce(min(tried.sequence), 1) <> 1
            OR count(DISTINCT tried.journal_entry_id) <> count(tried.id)
            OR coalesce(sum(CASE tried.outcome WHEN 'Canceled' THEN 1 ELSE 0 END), 0) <> cancellation.canceled_count
            OR coalesce(sum(CASE tried.outcome WHEN 'Failed' THEN 1 ELSE 0 END), 0) <> cancellation.failed_count
        """,
    ),
    Rule(
        "an entry with the outcome Canceled is cancelled",
        """
        SELECT DISTINCT entry.number AS name
        FROM entry_cancel_outcome AS tried JOIN journal_entry AS entry ON entry.id = tried.journal_entry_id
        WHERE tried.outcome = 'Canceled' AND entry.status <> 'Cancelled'
        """,
    ),
)
"""All invariants. Since a bucket is in at most one entry, a transaction is in at most one live entry."""


def broken_rules(session: Session, on_rule: Callable[[Rule], None] = lambda rule: None) -> list[Finding]:
    """The violated invariants; none in a correct ledger. `on_rule` is called before each check.

    The check reads every transaction once, which takes about a minute for ten million.
    """
    findings = []
    for rule in RULES:
        on_rule(rule)
        cases = session.execute(
            text(f"SELECT name, count(*) OVER () FROM ({rule.broken_by}) AS cases ORDER BY name LIMIT :examples"),  # noqa: S608
            {"examples": EXAMPLES},
        ).all()
        if cases:
            findings.append(Finding(rule.says, cases[0][1], tuple(name for name, _ in cases)))
    return findings
