"""A new column whose value differs from row to row makes PostgreSQL write the whole table anew.

A constant default, and now(), are kept once for all rows since PostgreSQL 11. A volatile default (gen_random_uuid(),
random(), clock_timestamp()), serial, identity, a stored generated column and a domain that has a constraint are not:
every row and every index is written while nobody can read or write the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pgmason.catalog.kinds.column import Column
from pgmason.catalog.model import Catalog
from pgmason.effects.model import RewriteKind
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.remedies import Remedy
from pgmason.remedies.columns import added_empty_then_filled, column_added, domain_with_rules
from pgmason.remedies.hierarchy import is_below, reach
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["ColumnAddedWithARewrite"]


class ColumnAddedWithARewrite(MigrationRule):
    severity = Severity.OUTAGE
    title = "A column is added that makes PostgreSQL write the whole table anew."
    effect = "Reads and writes of the table wait until every row and index is written; the disk holds both copies."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY);\n"
    bad = "ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid();\n"
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN token uuid;
ALTER TABLE orders ALTER COLUMN token SET DEFAULT gen_random_uuid();
-- migration, outside a transaction
DO $$
DECLARE
  low integer;
  high integer;
BEGIN
  SELECT id INTO low FROM orders ORDER BY id LIMIT 1;
  WHILE low IS NOT NULL LOOP
    SELECT max(id) INTO high
    FROM (SELECT id FROM orders WHERE id >= low ORDER BY id LIMIT 5000) AS batch;
    UPDATE orders SET token = DEFAULT WHERE id BETWEEN low AND high AND token IS NULL;
    COMMIT;
    SELECT id INTO low FROM orders WHERE id > high ORDER BY id LIMIT 1;
  END LOOP;
END
$$;
"""
    cannot_see = "How long it takes: that depends on production's rows."
    brief = "Zero-downtime migrations: add nullable, backfill, then constrain."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            rewritten = {rewrite.table for rewrite in effect.rewrites if rewrite.kind is RewriteKind.REWRITTEN} & {
                work.on for work in migration.works(effect)
            }
            added = [one for one in effect.created if one.object.kind == "column" and one.of is not None]
            wider = {change.of for change in added if change.of is not None}
            told: set[ObjectId] = set()
            for change in added:
                table = change.of
                if table is None or table in told or rewritten.isdisjoint(reach(migration.after, table)):
                    continue
                if is_below(migration.after, table, wider):
                    continue
                told.add(table)  # several columns of one statement are one rewrite
                columns = [one.object for one in added if one.of == table]
                guilty = next((one for one in columns if _is_filled(migration.after, one)), columns[0])
                remedy = _remedy(migration.after, columns, guilty)
                yield self.finding(
                    migration,
                    effect,
                    guilty,
                    message=f"adding {guilty.name} writes {table.name} and its indexes anew while nobody can use it",
                    remedy=remedy,
                    fix=None if remedy else _words(migration.after, guilty),
                )


def _is_filled(catalog: Catalog, column: ObjectId) -> bool:
    """Whether each row gets a value of it, which may be why the table is written anew."""
    state = catalog.objects.get(column)
    if not isinstance(state, Column):
        return False
    filled = state.default is not None or state.generated is not None or state.identity is not None
    return filled or domain_with_rules(catalog, state) is not None


def _remedy(catalog: Catalog, columns: Sequence[ObjectId], guilty: ObjectId) -> Remedy | None:
    """The columns in their order, the guilty one empty at first; None where more than one of them may be guilty."""
    if any(column not in catalog.objects or (column != guilty and _is_filled(catalog, column)) for column in columns):
        return None
    steps = added_empty_then_filled(catalog, guilty, catalog.objects[guilty])
    if steps is None:
        return None
    place = columns.index(guilty)
    before, behind = (
        [column_added(column, catalog.objects[column]) for column in part]
        for part in (columns[:place], columns[place + 1 :])
    )
    first = steps.files[0]
    timeout, *own = first.statements
    return replace(steps, files=(replace(first, statements=(timeout, *before, *own, *behind)), *steps.files[1:]))


def _words(catalog: Catalog, column: ObjectId) -> str:
    state = catalog.objects.get(column)
    domain = domain_with_rules(catalog, state) if isinstance(state, Column) else None
    if domain is not None:
        return (
            f"-- add the column with the type under {domain.name}, which takes an instant, and say its rules by a CHECK"
            "\n-- of the table, NOT VALID, that is validated in the next migration"
        )
    return (
        "-- add a plain column, keep it current by a trigger, fill the old rows in batches, and switch over when it is"
        " full"
    )
