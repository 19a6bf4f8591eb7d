"""The look-ups of one request to the Ariadne server, in batches: the rows of many parents with one statement each."""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any

from aiodataloader import DataLoader  # type: ignore[import-not-found, unused-ignore]

from bench.reads.servers.driver import Driver, Rows, marks

_ENTRIES = """
    SELECT * FROM (
        SELECT e.*, c.digits, row_number() OVER (PARTITION BY e.journal_run_id ORDER BY e.id) AS place
        FROM journal_entry e JOIN currency c ON c.code = e.currency
        WHERE e.journal_run_id IN ({})
    ) e WHERE e.place <= ? ORDER BY e.journal_run_id, e.place
"""

_ITEMS = """
    SELECT i.*, c.digits FROM journal_entry_item i JOIN currency c ON c.code = i.currency
    WHERE i.journal_entry_id IN ({})
    ORDER BY i.journal_entry_id, i.type <> 'Debit', i.accounting_code_id, i.position
"""

_TRANSACTIONS = """
    SELECT * FROM (
        SELECT t.*, b.journal_entry_id, b.posting_date AS transaction_date, k.transaction_type, k.debit_code_id,
            k.credit_code_id, k.currency, k.segments, c.digits,
            row_number() OVER (PARTITION BY b.journal_entry_id ORDER BY b.id, t.id) AS place
        FROM posting_bucket b
        JOIN bucket_transaction l ON l.posting_bucket_id = b.id
        JOIN billing_transaction t ON t.id = l.transaction_row_id
        JOIN posting_key k ON k.id = b.posting_key_id
        JOIN currency c ON c.code = k.currency
        WHERE b.journal_entry_id IN ({})
    ) t WHERE t.place <= ? ORDER BY t.journal_entry_id, t.place
"""

_LIVE = """
    SELECT journal_run_id, count(*) AS live FROM journal_entry
    WHERE journal_run_id IN ({}) AND status = 'Created' GROUP BY journal_run_id
"""

Row = dict[str, Any]


class Loaders:
    """The loaders of one request."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._pages: dict[Hashable, Any] = {}
        self.code = _loader(self._codes)
        self.items = _loader(self._items)
        self.live = _loader(self._live)

    async def entries(self, run_id: int, size: int) -> Rows:
        """The first entries of a run."""
        return await self._page("entries", _ENTRIES, "journal_run_id", run_id, size)

    async def transactions(self, entry_id: int, size: int) -> Rows:
        """The first transactions of an entry."""
        return await self._page("transactions", _TRANSACTIONS, "journal_entry_id", entry_id, size)

    async def _page(self, name: str, statement: str, parent: str, key: int, size: int) -> Rows:
        """One loader for all parents of which the same number of rows is wanted."""
        if (name, size) not in self._pages:

            async def load(ids: list[int]) -> list[Rows]:
                return _grouped(ids, parent, await self._driver.read_rows(_with(statement, ids), [*ids, size]))

            self._pages[name, size] = _loader(load)
        page: Rows = await self._pages[name, size].load(key)
        return page

    async def _codes(self, ids: list[int]) -> list[Row | None]:
        statement = _with("SELECT * FROM accounting_code WHERE id IN ({})", ids)
        found = {row["id"]: row for row in await self._driver.read_rows(statement, ids)}
        return [found.get(key) for key in ids]

    async def _items(self, ids: list[int]) -> list[Rows]:
        return _grouped(ids, "journal_entry_id", await self._driver.read_rows(_with(_ITEMS, ids), ids))

    async def _live(self, ids: list[int]) -> list[int]:
        rows = await self._driver.read_rows(_with(_LIVE, ids), ids)
        found = {row["journal_run_id"]: row["live"] for row in rows}
        return [found.get(key, 0) for key in ids]


def _loader(load: Callable[[list[int]], Awaitable[Sequence[Any]]]) -> Any:
    return DataLoader(load)


def _with(statement: str, ids: Sequence[int]) -> str:
    return statement.format(marks(ids))


def _grouped(ids: Sequence[int], parent: str, rows: Rows) -> list[Rows]:
    found: dict[int, Rows] = {key: [] for key in ids}
    for row in rows:
        found[row[parent]].append(row)
    return list(found.values())
