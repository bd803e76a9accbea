"""Does the next row that the application inserts get a number that a load has taken?

A sequence does not move when a row brings its own number, so that it would give the number again. Where a load brought
numbers into an identity or serial column, its sequence is moved past them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pgmason.rows.target import Target

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["catch_up"]

# Up to here numbers are drawn one by one, which is safe while others draw, too; a larger gap is jumped, and nobody
# else draws that many in the moment between looking and jumping.
GAP = 1000


def catch_up(connection: Connection[Any], target: Target, columns: Sequence[str]) -> None:
    """Move the sequences behind these columns past the numbers that the target holds. Not undone by a rollback."""
    from psycopg import sql

    for name in columns:
        column = target.column(name)
        if column is None or column.sequence is None:
            continue
        row = connection.execute(
            sql.SQL("SELECT pg_catalog.max({}) FROM {}").format(
                sql.Identifier(name), sql.Identifier(target.schema, target.name)
            )
        ).fetchone()
        highest = row[0] if row else None
        stands = connection.execute(
            "SELECT coalesce(pg_catalog.pg_sequence_last_value(seqrelid), seqstart - seqincrement), seqincrement"
            " FROM pg_catalog.pg_sequence WHERE seqrelid = %s::pg_catalog.regclass",
            [column.sequence],
        ).fetchone()
        if highest is None or stands is None or stands[1] < 1 or highest <= stands[0]:
            continue
        missing = -(-(highest - stands[0]) // stands[1])
        if missing <= GAP:
            connection.execute(
                "SELECT pg_catalog.nextval(%s::pg_catalog.regclass) FROM pg_catalog.generate_series(1, %s)",
                [column.sequence, missing],
            )
        else:
            connection.execute("SELECT pg_catalog.setval(%s::pg_catalog.regclass, %s)", [column.sequence, highest])
