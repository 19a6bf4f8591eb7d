"""What the two databases write differently: JSON texts in SQL.

Every function takes SQL and returns SQL. On SQLite the result is a value that `json_object` encodes; on PostgreSQL it
is a JSON text, since putting texts together there takes less than half the time of its own JSON functions. In both, a
value that SQL has as NULL stays NULL until it becomes a member of an object.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class GroupsSql:
    """Groups, and the list of each group's rows, as SQL.

    `table` and `lists` have their aliases; `listed` is that of the lists. The others are columns: the id of the group,
    and in a list the group and the id of the row; `group` is the name that a row has for its group. `rows` is the table
    of the rows, and its alias; None if nothing of the rows but their ids is needed. `all` is whether no condition
    selects groups by an index, and `row_known` whether one selects rows by an index.
    """

    table: str
    lists: str
    listed: str
    id: str
    of_listed: str
    listed_id: str
    group: str
    rows: tuple[str, str] | None
    all: bool
    row_known: bool = False


class JsonSql(Protocol):
    """One database's way to write JSON."""

    def bind(self, name: str) -> str:
        """The parameter with that name."""

    def parameter(self, value: object) -> object:
        """The value as the driver takes it."""

    def list_parameter(self, values: Sequence[object]) -> object:
        """The texts or numbers as one parameter."""

    def is_one_of(self, column: str, parameter: str) -> str:
        """The condition that the column is one of the values of a list's parameter."""

    def contains(self, column: str, parameter: str) -> str:
        """The condition that the text in the column has the parameter in it, with a to z for A to Z."""

    def sorted_text(self, column: str) -> str:
        """The text as it is sorted and compared: by code points."""

    def elements(self, column: str, alias: str) -> str:
        """FROM the texts in a column with a JSON array, each as `value`."""

    def literal(self, text: str) -> str:
        """A JSON text that is known before: true or false."""

    def required(self, value: str) -> str:
        """The value; the statement fails if it is NULL, so that nothing is left out."""

    def name(self, column: str) -> str:
        """A text that needs no escape: digits, codes and names."""

    def text(self, column: str) -> str:
        """Any text."""

    def number(self, column: str) -> str:
        """A whole number of 32 bits."""

    def count(self, column: str) -> str:
        """A whole number of 64 bits. The statement fails for one beyond 32 bits, which callers cannot be given."""

    def truth(self, column: str) -> str:
        """True or false."""

    def day(self, column: str) -> str:
        """A date: 2024-12-31."""

    def day_text(self, column: str) -> str:
        """A date as a text of SQL, not yet JSON."""

    def moment_text(self, column: str) -> str:
        """A moment as a text of SQL, as cursors have it: 20241231T235959.000000, in UTC."""

    def moment(self, column: str) -> str:
        """A moment, as Python's isoformat() writes it in UTC."""

    def amount(self, minor: str, digits: str, nullable: bool) -> str:
        """An amount in minor units as a decimal number with so many digits, exactly.

        The statement fails if there is none, unless it may be NULL.
        """

    def digits(self, currency: str, joined: Callable[[], str]) -> str:
        """The decimals of a currency's amounts; `joined` gives them from a table that is then joined to the row."""

    def word(self, column: str, words: Mapping[str, str]) -> str:
        """The name of a word; the statement fails for one that is not in the vocabulary."""

    def words(self, column: str, words: Mapping[str, str]) -> str:
        """A column with a JSON array of words, as an array of their names."""

    def texts(self, column: str) -> str:
        """A column with a JSON array of texts."""

    def grouped(self, column: str) -> str:
        """A whole number with a comma between thousands, as a text of SQL."""

    def value_in(self, column: str, name: str) -> str:
        """The text with that name in a column with a JSON object, as a text of SQL."""

    def named_values(self, column: str, alias: str) -> str:
        """FROM a column with a JSON object of texts: rows with name, value and position, in order."""

    def name_value_pairs(self, column: str, alias: str) -> str:
        """FROM a column with a JSON array of objects with name and value: rows with name, value and position."""

    def in_groups(self, groups: GroupsSql, bounds: Sequence[tuple[str, str]], direction: str, limit: int) -> str:
        """FROM the groups, and of each the first rows by id, in that direction, that the bounds permit.

        A bound is a comparison with the row's id, and what it is compared with. Each row is found by its id.
        """

    def in_all_groups(self, groups: GroupsSql) -> str:
        """FROM the groups with all their rows."""

    def object(self, members: Sequence[tuple[str, str, bool]]) -> str:
        """An object of these members: key, value, and whether the value may be NULL."""

    sorts_arrays: bool
    """Whether `array` sorts its elements; otherwise the rows must come in order."""

    shares_rows: bool
    """Whether it pays to write what rows have in common once, by `sharing`."""

    def sharing(self, page: str, common: str, row_id: str, column: str) -> str:
        """SELECT the rows of the page, each with the row of `common` whose id the column has."""

    def array(self, element: str, rows: str, order: str) -> str:
        """The array of an element of each row. `order` is the ORDER BY of the rows."""

    def optional(self, element: str, rows: str) -> str:
        """The element of the one row, or null if there is none."""

    def joined(self, element: str, row_id: str) -> str:
        """The element of the row that is joined, or NULL if there is none."""

    def answer(self, value: str) -> str:
        """The value as a column of the answer."""


class SqliteJson:
    """JSON in SQLite 3.38 and later."""

    sorts_arrays = False
    shares_rows = False
    _MEMBERS_MAX = 60
    """SQLite passes 127 arguments to a function at most."""

    def bind(self, name: str) -> str:
        return f":{name}"

    def parameter(self, value: object) -> object:
        if isinstance(value, datetime):
            return value.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
        return value.isoformat() if isinstance(value, date) else value

    def list_parameter(self, values: Sequence[object]) -> object:
        return json.dumps(values, ensure_ascii=False)  # half a surrogate pair stays one, which the driver refuses

    def is_one_of(self, column: str, parameter: str) -> str:
        return f"{column} IN (SELECT value FROM json_each({parameter}))"

    def contains(self, column: str, parameter: str) -> str:
        return f"instr(lower({column}), {parameter}) > 0"

    def sorted_text(self, column: str) -> str:
        return column

    def elements(self, column: str, alias: str) -> str:
        return f"json_each({column}) AS {alias}"

    def literal(self, text: str) -> str:
        return f"json('{text}')"

    def required(self, value: str) -> str:
        return f"ifnull({value}, json('no value'))"

    def name(self, column: str) -> str:
        return column

    def text(self, column: str) -> str:
        return column

    def number(self, column: str) -> str:
        return column

    def count(self, column: str) -> str:
        return (
            f"CASE WHEN {column} NOT BETWEEN -2147483648 AND 2147483647 THEN json('beyond 32 bits') ELSE {column} END"
        )

    def truth(self, column: str) -> str:
        return f"json(CASE {column} WHEN 1 THEN 'true' WHEN 0 THEN 'false' END)"

    def day(self, column: str) -> str:
        return column

    def day_text(self, column: str) -> str:
        return column

    def moment_text(self, column: str) -> str:
        return f"replace(replace(replace({column}, ' ', 'T'), '-', ''), ':', '')"

    def moment(self, column: str) -> str:
        return f"replace(replace({column}, ' ', 'T'), '.000000', '') || '+00:00'"

    def digits(self, currency: str, joined: Callable[[], str]) -> str:
        return joined()

    def amount(self, minor: str, digits: str, nullable: bool) -> str:
        # Division and remainder truncate towards zero, and a float would not be exact. No ELSE: NULL stays NULL.
        sign = f"CASE WHEN {minor} < 0 THEN '-' WHEN {minor} >= 0 THEN '' END"
        whens = " ".join(
            f"WHEN {places} THEN printf('%d.%0{places}d', abs({minor} / {10**places}), abs({minor} % {10**places}))"
            for places in (2, 3, 4, 1)
        )
        amount = f"{sign} || CASE {digits} {whens} WHEN 0 THEN abs({minor}) END"
        return amount if nullable else self.required(amount)

    def word(self, column: str, words: Mapping[str, str]) -> str:
        return _case(column, words, "json('an unknown word')")

    def words(self, column: str, words: Mapping[str, str]) -> str:
        return f"(SELECT json_group_array({self.word('value', words)}) FROM json_each({column}))"

    def texts(self, column: str) -> str:
        return f"(SELECT json_group_array(value) FROM json_each({column}))"

    def grouped(self, column: str) -> str:
        return f"printf('%,d', {column})"

    def value_in(self, column: str, name: str) -> str:
        return f"(SELECT value FROM json_each({column}) WHERE key = {name})"

    def named_values(self, column: str, alias: str) -> str:
        values = "key AS name, value, id AS position"
        return f"(SELECT {values} FROM json_each({column}) ORDER BY id) AS {alias}"

    def name_value_pairs(self, column: str, alias: str) -> str:
        values = "json_extract(value, '$.name') AS name, json_extract(value, '$.value') AS value, key AS position"
        return f"(SELECT {values} FROM json_each({column}) ORDER BY key) AS {alias}"

    def in_groups(self, groups: GroupsSql, bounds: Sequence[tuple[str, str]], direction: str, limit: int) -> str:
        # It stops at the limit of the whole page.
        return self._groups(groups, [f"{groups.listed_id} {more} {than}" for more, than in bounds])

    def in_all_groups(self, groups: GroupsSql) -> str:
        return _joined_groups(groups) if groups.row_known else self._groups(groups, [])

    def _groups(self, groups: GroupsSql, bounded: Sequence[str]) -> str:
        # CROSS JOIN keeps SQLite to the order of the tables.
        conditions = " AND ".join([f"{groups.of_listed} = {groups.id}", *bounded])
        # It could prefer an index that has the few columns needed, and sort all rows of the ledger.
        table = f"{groups.table} NOT INDEXED" if groups.all else groups.table
        lists = f"{table} CROSS JOIN {groups.lists} ON {conditions}"
        if groups.rows is None:
            return lists
        rows, row = groups.rows
        return f"{lists} CROSS JOIN {rows} AS {row} ON {row}.id = {groups.listed_id}"

    def object(self, members: Sequence[tuple[str, str, bool]]) -> str:
        size = self._MEMBERS_MAX
        parts = [members[start : start + size] for start in range(0, len(members), size)] or [members]
        objects = ["json_object({})".format(", ".join(f"'{key}', {value}" for key, value, _ in part)) for part in parts]
        if len(objects) == 1:
            return objects[0]
        inner = " || ',' || ".join(f"substr({one}, 2, length({one}) - 2)" for one in objects)
        return f"json('{{' || {inner} || '}}')"

    def sharing(self, page: str, common: str, row_id: str, column: str) -> str:
        raise NotImplementedError

    def array(self, element: str, rows: str, order: str) -> str:
        return f"(SELECT json_group_array({element}) FROM {rows})"

    def optional(self, element: str, rows: str) -> str:
        return f"(SELECT {element} FROM {rows})"

    def joined(self, element: str, row_id: str) -> str:
        return f"CASE WHEN {row_id} IS NOT NULL THEN {element} END"

    def answer(self, value: str) -> str:
        # As bytes: the driver would decode a text only for it to be encoded again.
        return f"CAST({value} AS BLOB)"


class PostgresqlJson:
    """JSON in PostgreSQL."""

    sorts_arrays = True
    shares_rows = True

    def bind(self, name: str) -> str:
        return f"%({name})s"

    def parameter(self, value: object) -> object:
        return value

    def list_parameter(self, values: Sequence[object]) -> object:
        return values

    def is_one_of(self, column: str, parameter: str) -> str:
        return f"{column} = ANY({parameter})"

    def contains(self, column: str, parameter: str) -> str:
        return f'strpos(lower({column} COLLATE "C"), {parameter}) > 0'

    def sorted_text(self, column: str) -> str:
        return f'{column} COLLATE "C"'

    def elements(self, column: str, alias: str) -> str:
        return f"json_array_elements_text({column}) AS {alias}(value)"

    def literal(self, text: str) -> str:
        return f"'{text}'"

    def required(self, value: str) -> str:
        # random() is not evaluated before it is needed, as a constant would be.
        return f"coalesce({value}, random()::text::boolean::text)"

    def name(self, column: str) -> str:
        return f"""'"' || {column} || '"'"""

    def text(self, column: str) -> str:
        return f"to_json({column}::text)::text"

    def number(self, column: str) -> str:
        return f"{column}::text"

    def count(self, column: str) -> str:
        return f"{column}::int::text"

    def truth(self, column: str) -> str:
        return f"({column})::text"

    def day(self, column: str) -> str:
        return f"""'"' || {column}::text || '"'"""  # as the connection's DateStyle writes it

    def day_text(self, column: str) -> str:
        return f"to_char({column}, 'YYYY-MM-DD')"

    def moment_text(self, column: str) -> str:
        return f"""to_char({column} AT TIME ZONE 'UTC', 'YYYYMMDD"T"HH24MISS.US')"""

    def moment(self, column: str) -> str:
        digits = f"""to_char({column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US')"""
        return f"""'"' || replace({digits}, '.000000', '') || '+00:00"'"""

    def digits(self, currency: str, joined: Callable[[], str]) -> str:
        # All currencies are read once for a statement: a join would be begun anew for the rows of each parent.
        return f"((SELECT jsonb_object(array_agg(code), array_agg(digits::text)) FROM currency) ->> {currency})"

    def amount(self, minor: str, digits: str, nullable: bool) -> str:
        # The product of exact numbers has the decimals of its factors, trailing zeros included. NULL makes the object
        # around it NULL, which is required.
        factors = {2: "0.01", 3: "0.001", 4: "0.0001", 1: "0.1", 0: "1"}
        whens = " ".join(f"WHEN '{places}' THEN ({minor} * {factor})::text" for places, factor in factors.items())
        return f"""'"' || CASE {digits} {whens} END || '"'"""

    def word(self, column: str, words: Mapping[str, str]) -> str:
        quoted = {word: f'"{name}"' for word, name in words.items()}
        return _case(column, quoted, f"('unknown word ' || {column})::int::text")

    def words(self, column: str, words: Mapping[str, str]) -> str:
        return self._ordered(self.word("word", words), column)

    def texts(self, column: str) -> str:
        return self._ordered("to_json(word)::text", column)

    def grouped(self, column: str) -> str:
        return f"to_char({column}, 'FM9,999,999,999,999,999,999')"

    def value_in(self, column: str, name: str) -> str:
        return f"({column} ->> {name})"

    def named_values(self, column: str, alias: str) -> str:
        return f"json_each_text({column}) WITH ORDINALITY AS {alias}(name, value, position)"

    def name_value_pairs(self, column: str, alias: str) -> str:
        rows = f"json_array_elements({column}) WITH ORDINALITY AS listed(pair, position)"
        return f"(SELECT pair ->> 'name' AS name, pair ->> 'value' AS value, position FROM {rows}) AS {alias}"

    def in_groups(self, groups: GroupsSql, bounds: Sequence[tuple[str, str]], direction: str, limit: int) -> str:
        # Without a limit of its own, PostgreSQL reads and sorts a whole list; written with `=`, it may sort one too.
        place = f"({groups.of_listed}, {groups.listed_id})"
        conditions = [f"{groups.of_listed} >= {groups.id}", f"{groups.of_listed} <= {groups.id}"]
        conditions += [f"{place} {more} ({groups.id}, {than})" for more, than in bounds]
        order = f"{groups.of_listed}{direction}, {groups.listed_id}{direction}"
        first = f"SELECT * FROM {groups.lists} WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT {limit}"
        lists = f"{groups.table} CROSS JOIN LATERAL ({first}) AS {groups.listed}"
        if groups.rows is None:
            return lists
        rows, row = groups.rows
        # OFFSET keeps the planner to the index of ids, however few rows it believes the table to have.
        found = f"SELECT * FROM {rows} AS {row} WHERE {row}.id = {groups.listed_id} OFFSET 0"
        return f"{lists} CROSS JOIN LATERAL ({found}) AS {row}"

    def in_all_groups(self, groups: GroupsSql) -> str:
        return _joined_groups(groups)

    def object(self, members: Sequence[tuple[str, str, bool]]) -> str:
        text = "'}'" if members else "'{}'"
        for number, (key, value, nullable) in reversed(list(enumerate(members))):
            if "string_agg(" in value and number + 1 < len(members):
                text = f"({text})"  # put together first, or each step would copy the whole list
            before = "," if number else "{"
            written = f"coalesce({value}, 'null')" if nullable else value
            text = f"""'{before}"{key}":' || {written} || {text}"""
        return text.replace("' || '", "")  # two literals next to each other are one

    def sharing(self, page: str, common: str, row_id: str, column: str) -> str:
        # Were they not materialized, the values of `common` would be written for each row of the page again.
        shared = f"{common} WHERE {row_id} = ANY(ARRAY(SELECT {column} FROM page))"
        selects = f"page AS MATERIALIZED ({page}), shared AS MATERIALIZED ({shared})"
        return f"WITH {selects} SELECT * FROM page JOIN shared USING ({column})"

    def array(self, element: str, rows: str, order: str) -> str:
        # Rows that come in order are not sorted again, as they would be by an ORDER BY of string_agg.
        elements = f"(SELECT {self.required(element)} AS element FROM {rows} ORDER BY {order}) AS ordered"
        return f"'[' || coalesce((SELECT string_agg(element, ',') FROM {elements}), '') || ']'"

    def optional(self, element: str, rows: str) -> str:
        return f"(SELECT {self.required(element)} FROM {rows})"

    def joined(self, element: str, row_id: str) -> str:
        return f"CASE WHEN {row_id} IS NOT NULL THEN {self.required(element)} END"

    def answer(self, value: str) -> str:
        return value

    def _ordered(self, element: str, column: str) -> str:
        words = f"json_array_elements_text({column}) WITH ORDINALITY AS listed(word, place)"
        return f"(SELECT '[' || coalesce(string_agg({element}, ',' ORDER BY place), '') || ']' FROM {words})"


def _joined_groups(groups: GroupsSql) -> str:
    """The groups with their lists and rows; the planner chooses where to begin."""
    lists = f"{groups.table} JOIN {groups.lists} ON {groups.of_listed} = {groups.id}"
    if groups.rows is None:
        return lists
    rows, row = groups.rows
    return f"{lists} JOIN {rows} AS {row} ON {row}.id = {groups.listed_id} AND {row}.{groups.group} = {groups.id}"


def _case(column: str, words: Mapping[str, str], otherwise: str) -> str:
    whens = " ".join("WHEN '{}' THEN '{}'".format(word.replace("'", "''"), name) for word, name in words.items())
    return f"CASE {column} {whens} ELSE CASE WHEN {column} IS NOT NULL THEN {otherwise} END END"
