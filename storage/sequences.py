"""Row ids of PostgreSQL that are needed before the rows are written."""

from collections.abc import Sequence

from sqlalchemy import Connection, text

_NEXT = text(
    """
    SELECT min(id), max(id), CASE WHEN max(id) - min(id) >= :count THEN array_agg(id) END
    FROM (
        SELECT nextval(sequence) AS id
        FROM (SELECT CAST(pg_get_serial_sequence(:table, 'id') AS regclass) AS sequence OFFSET 0) AS named,
            generate_series(1, :count)
    ) AS numbers
    """
)


def next_ids(connection: Connection, table: str, count: int) -> Sequence[int]:
    """So many new ids of a table, in ascending order."""
    # They are listed only if others have some in between.
    first, last, listed = connection.execute(_NEXT, {"table": table, "count": count}).one()
    return listed or range(first, last + 1)
