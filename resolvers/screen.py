"""The screen: which rows of a block are surely right, and what they are as transactions.

It has no rules of its own. What decides a transaction's posting key, its day or its rate is judged once for each
distinct value, by the `Checker` that judges single transactions; only the digits of amounts and the characters of texts
are compared in columns. A row that is not surely right may be right: it is left to the `Checker` too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from functools import reduce
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from resolvers.blocks import Block
from resolvers.minor_units import Factor, agrees, converted, factor_of, minor_units
from resolvers.transaction_lines import OPTIONAL, REQUIRED, SEGMENT, fields_of
from resolvers.transactions import HOME_AMOUNT_TOLERANCE, TEXT_LENGTH_MAX, Checker
from storage.posting_keys import PostingKeyFields
from storage.transaction_columns import TransactionColumns
from storage.transactions import NewTransaction

KEPT_MAX = 100_000
"""Posting keys, days and rates whose judgement is kept, so that memory does not grow with the file."""

_OF_KEY = ("transaction_type", "currency", "debit_account", "credit_account", "organization")
_RIGHT = {"transaction_id": "x", "transaction_date": "2000-01-01", "amount": "0"}
_NAMES = frozenset({*REQUIRED, *OPTIONAL})
_PACKED_MAX = 2**62


@dataclass(frozen=True, slots=True)
class Sifted:
    """A block's rows as transactions, and which of them are surely right; what the others have means nothing."""

    transactions: TransactionColumns
    sure: Any

    def slice(self, start: int, end: int) -> "Sifted":
        """The rows from `start` to before `end`."""
        columns = {name: column.slice(start, end - start) for name, column in columns_of(self.transactions).items()}
        return Sifted(replace(self.transactions, **columns), self.sure.slice(start, end - start))


def columns_of(transactions: TransactionColumns) -> dict[str, Any]:
    """The columns by name, without the list of keys."""
    return {one.name: getattr(transactions, one.name) for one in fields(transactions) if one.name != "keys"}


@dataclass(frozen=True, slots=True)
class _Rate:
    """A rate of a currency that is surely right: its text, None if it was omitted, and how it converts."""

    text: str | None
    factor: Factor


class Screen:
    """Sifts the blocks of a file."""

    def __init__(self, checker: Checker) -> None:
        self._checker = checker
        self._home = checker.home_currency
        self._forget()

    def _forget(self) -> None:
        # A new list: blocks that were sifted before still use the old one.
        self._keys: list[PostingKeyFields] = []
        self._place_of_key: dict[PostingKeyFields, int] = {}
        self._place_of_values: dict[tuple[str, ...], dict[tuple[str | None, ...], int | None]] = {}
        """The place of the posting key, by the names of columns and then by their values."""
        self._judged = 0
        self._right: dict[str, Mapping[str, str]] = {}
        """Values that are right, by currency."""
        self._days: dict[str, date | None] = {}
        self._rates: dict[tuple[str | None, str | None], _Rate | None] = {}

    def place_of(self, key: PostingKeyFields) -> int:
        """The key's place among the keys of the block that was sifted last."""
        place = self._place_of_key.setdefault(key, len(self._keys))
        if place == len(self._keys):
            self._keys.append(key)
        return place

    def sift(self, block: Block) -> Sifted:
        """The block's rows as transactions, and which of them are surely right."""
        if max(self._judged, *map(len, (self._keys, self._days, self._rates))) > KEPT_MAX:
            self._forget()
        rows, columns = block.rows, block.columns

        def column(name: str) -> Any:
            return columns[name] if name in columns else pa.nulls(rows, pa.string())

        place = self._places({n: c for n, c in columns.items() if n in _OF_KEY or n.startswith(SEGMENT)}, rows)
        known = pc.is_valid(place)
        key = pc.fill_null(place, 0)
        day = self._days_of(column("transaction_date"))
        currencies = [self._checker.currencies[key.currency] for key in self._keys]
        amount = minor_units(column("amount"), _taken([one.digits for one in currencies], place, pa.int32()))
        ids, accounts, documents = map(column, ("transaction_id", "account_number", "document_number"))
        # A row may be a header, as in concatenated files, if it has names of columns for values.
        is_name = pc.is_in(pc.ascii_lower(ids), pa.array(sorted(_NAMES)))
        sure = [
            known,
            pc.is_valid(day),
            pc.is_valid(amount),
            pc.fill_null(are_surely_normalised(ids), False),
            pc.invert(is_name),
            pc.fill_null(are_surely_normalised(accounts), True),
            pc.fill_null(are_surely_normalised(documents), True),
        ]
        if block.doubtful is not None:
            sure.append(pc.invert(block.doubtful))
        given_rates, given_homes = column("exchange_rate"), column("home_amount")
        if self._home is None:
            rates, homes = pa.nulls(rows, pa.string()), pa.nulls(rows, pa.int64())
            sure += [pc.is_null(given_rates), pc.is_null(given_homes)]
        else:
            rates, homes = self._converted(place, amount, given_rates, given_homes)
            sure.append(pc.is_valid(homes))
        transactions = TransactionColumns(
            transaction_id=ids,
            transaction_date=day,
            key=key,
            keys=self._keys,
            amount_minor=amount,
            exchange_rate=rates,
            home_amount_minor=homes,
            account_number=accounts,
            document_number=documents,
        )
        return Sifted(transactions, reduce(pc.and_, sure))

    def _places(self, columns: Mapping[str, Any], rows: int) -> Any:
        """The place of each row's posting key; null if what decides it is not surely right."""
        group, firsts = _groups([texts.dictionary_encode() for texts in columns.values()], rows)
        chosen = [texts.take(firsts).to_pylist() for texts in columns.values()]
        known = self._place_of_values.setdefault(tuple(columns), {})
        places = []
        for texts in zip(*chosen, strict=True) if chosen else [()] * len(firsts):
            if texts not in known:
                named = zip(columns, texts, strict=True)
                known[texts] = self._place_of({name: text for name, text in named if text is not None})
                self._judged += 1
            places.append(known[texts])
        return _taken(places, group, pa.int32())

    def _place_of(self, values: Mapping[str, str]) -> int | None:
        if any(text.lower() in _NAMES for text in values.values()):
            return None
        found = self._probe(values)
        if found is None:
            return None
        self._right.setdefault(found.key.currency, values)
        return self.place_of(found.key)

    def _days_of(self, texts: Any) -> Any:
        """The day of each row; null if it is not surely right."""
        encoded = texts.dictionary_encode()
        if self._right:
            values = next(iter(self._right.values()))
            for text in encoded.dictionary.to_pylist():
                if text not in self._days:
                    found = self._probe({**values, "transaction_date": text})
                    self._days[text] = None if found is None else found.transaction_date
        days = [self._days.get(text) for text in encoded.dictionary.to_pylist()]
        return _taken(days, encoded.indices, pa.date32())

    def _converted(self, place: Any, amount: Any, given_rates: Any, given_homes: Any) -> tuple[Any, Any]:
        """The rate and the home amount of each row; the latter is null if it is not surely right."""
        currencies = _taken([key.currency for key in self._keys], place, pa.string())
        group, firsts = _groups([given_rates.dictionary_encode(), currencies.dictionary_encode()], len(place))
        rates = []
        for distinct in zip(currencies.take(firsts).to_pylist(), given_rates.take(firsts).to_pylist(), strict=True):
            if distinct not in self._rates:
                self._rates[distinct] = self._rate(*distinct)
            rates.append(self._rates[distinct])
        product = converted(
            amount,
            _taken([None if rate is None else rate.factor.multiplier for rate in rates], group, pa.int64()),
            _taken([0 if rate is None else rate.factor.exponent for rate in rates], group, pa.int32()),
        )
        texts = _taken([None if rate is None else rate.text for rate in rates], group, pa.string())
        if given_homes.null_count == len(given_homes):
            return texts, product
        assert self._home is not None
        digits = pa.repeat(pa.scalar(self._checker.currencies[self._home].digits, pa.int32()), len(place))
        home = minor_units(given_homes, digits)
        is_home = pc.equal(currencies, self._home)
        right = pc.and_(
            agrees(home, product, amount, HOME_AMOUNT_TOLERANCE), pc.or_(pc.invert(is_home), pc.equal(home, amount))
        )
        given = pc.if_else(pc.fill_null(right, False), home, pa.scalar(None, pa.int64()))
        return texts, pc.if_else(pc.is_null(given_homes), product, given)

    def _rate(self, currency: str | None, text: str | None) -> _Rate | None:
        values = None if currency is None else self._right.get(currency)
        if values is None or self._home is None:
            return None
        found = self._probe({**values, "exchange_rate": text or ""})
        if found is None:
            return None
        currencies = self._checker.currencies
        rate = Decimal(1 if found.exchange_rate is None else found.exchange_rate)
        factor = factor_of(rate, currencies[found.key.currency].digits, currencies[self._home].digits)
        return _Rate(found.exchange_rate, factor) if factor.is_small else None

    def _probe(self, values: Mapping[str, str]) -> NewTransaction | None:
        """The transaction with these values, everything else being right; None if they are not right."""
        rate = {} if self._home is None else {"exchange_rate": "1"}
        together = {**_RIGHT, **rate, **values}
        return self._checker.check(fields_of({name: text for name, text in together.items() if text})).transaction


def are_surely_normalised(texts: Any) -> Any:
    """Which texts without white space around them are normalised and not too long: those of printable ASCII."""
    return pc.and_(pc.ascii_is_printable(texts), pc.less_equal(pc.binary_length(texts), TEXT_LENGTH_MAX))


def _groups(columns: Sequence[Any], rows: int) -> tuple[Any, Any]:
    """The group of each row, rows with equal values being in one, and the first row of each group."""
    packed, size = pa.repeat(pa.scalar(0, pa.int64()), rows), 1
    for column in columns:
        values = len(column.dictionary) + 1
        if size * values > _PACKED_MAX:
            encoded = packed.dictionary_encode()
            packed, size = encoded.indices.cast(pa.int64()), len(encoded.dictionary)
        code = pc.fill_null(column.indices, values - 1).cast(pa.int64())
        packed, size = pc.add(pc.multiply(packed, values), code), size * values
    encoded = packed.dictionary_encode()
    return encoded.indices, pc.index_in(encoded.dictionary, value_set=packed)


def _taken(values: Sequence[object], places: Any, kind: Any) -> Any:
    """The value in each place, null where the place is null."""
    return pa.array(values, kind).take(places)
