"""How are the old rows of a large table changed while it is used?

In batches by key, each of which commits: a row is locked for the time of its batch, what is dead can be cleaned, and a
run that was broken off goes on where it stopped, because rows that are done are left out. The batches live in one DO,
which any runner can send outside of a transaction; Prisma, too, in a file that holds nothing else.
"""

from __future__ import annotations

from string import Template

from pgmason.catalog.keywords import identifier
from pgmason.catalog.model import Catalog
from pgmason.names import ObjectId
from pgmason.remedies import File, alone
from pgmason.remedies.indexes import qualified

__all__ = ["BATCH_ROWS", "in_batches"]

BATCH_ROWS = 5_000  # a batch takes about a tenth of a second


def in_batches(catalog: Catalog, table: ObjectId, change: str, todo: str) -> File | None:
    """`UPDATE table SET change WHERE todo` in batches; None where the table has no primary key to go along."""
    key = catalog.primary_key(table)
    if key is None:
        return None
    name, columns = qualified(table.path), [identifier(column) for column in key[1].columns]
    low, high = ([f"{word}_of_batch_{number}" for number in range(1, len(columns) + 1)] for word in ("low", "high"))
    declared = [
        f"  {variable} {name}.{column}%TYPE;"
        for variables in (low, high)
        for variable, column in zip(variables, columns, strict=True)
    ]
    keys = ", ".join(columns)
    descending = ", ".join(f"{column} DESC" for column in columns)
    return alone(
        _LOOP.substitute(
            declared="\n".join(declared),
            table=name,
            keys=keys,
            descending=descending,
            low=", ".join(low),
            high=", ".join(high),
            one_low=low[0],
            at=_row(columns),
            from_low=_row(low),
            to_high=_row(high),
            rows=BATCH_ROWS,
            change=change,
            todo=todo,
        )
    )


_LOOP = Template("""\
DO $$batches$$
DECLARE
$declared
BEGIN
  SELECT $keys INTO $low FROM $table ORDER BY $keys LIMIT 1;
  WHILE $one_low IS NOT NULL LOOP
    SELECT $keys INTO $high FROM (
      SELECT $keys FROM $table WHERE $at >= $from_low ORDER BY $keys LIMIT $rows
    ) AS batch ORDER BY $descending LIMIT 1;
    UPDATE $table SET $change
    WHERE $at >= $from_low AND $at <= $to_high AND $todo;
    COMMIT;
    SELECT $keys INTO $low FROM $table WHERE $at > $to_high ORDER BY $keys LIMIT 1;
  END LOOP;
END
$$batches$$""")


def _row(names: list[str]) -> str:
    """Several as one value: they are compared from the left, as the key's index sorts them."""
    return names[0] if not names[1:] else f"({', '.join(names)})"
