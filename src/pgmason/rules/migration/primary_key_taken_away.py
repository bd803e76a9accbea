"""A primary key tells rows apart for the code that reads them, and for logical replication.

A table that is published for UPDATE and DELETE refuses both from the moment its key is gone ("cannot update table
because it does not have a replica identity"). ORMs find, update and cache a row by its key, and foreign keys of other
tables rely on it. A new key comes first, by an index that was built beside, and the old one goes when nothing uses it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.primary_key import PrimaryKey
from pgmason.catalog.kinds.publication import Publication
from pgmason.catalog.kinds.table import Table
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.remedies.hierarchy import is_below
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["PrimaryKeyTakenAway"]


class PrimaryKeyTakenAway(MigrationRule):
    severity = Severity.RISK
    title = "A primary key is dropped, or made of other columns, while code and replication tell rows apart by it."
    effect = "Code that finds a row by its key finds others or none; published UPDATEs and DELETEs are refused."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY, number bigint NOT NULL);\n"
    bad = """\
SET lock_timeout = '2s';
ALTER TABLE orders DROP CONSTRAINT orders_pkey;
"""
    good = """\
-- migration, outside a transaction
CREATE UNIQUE INDEX CONCURRENTLY orders_number_key ON orders (number);
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD CONSTRAINT orders_number_key UNIQUE USING INDEX orders_number_key;
"""
    cannot_see = "Publications that only production has, and which code uses the key."
    brief = "Schema integrity: constraints in the database."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            gone = [one for one in effect.dropped if one.object.kind == "primary key" and one.of is not None]
            tables = {one.of for one in gone if one.of is not None}
            for change in gone:
                table, key = change.of, migration.before.objects.get(change.object)
                if table is None or not migration.live(change) or is_below(migration.before, table, tables):
                    continue
                if table not in migration.after.objects or not isinstance(key, PrimaryKey):
                    continue  # the table itself is gone, and that is told
                new = migration.after.primary_key(table)
                if new is not None and new[1].columns == key.columns:
                    continue
                published = new is None and _tells_rows_by_key(migration, table)
                became = f"is ({', '.join(new[1].columns)}) from now on" if new else "is dropped"
                yield self.finding(
                    migration,
                    effect,
                    change.object,
                    message=f"the primary key ({', '.join(key.columns)}) of {table.name} {became}"
                    + (": its publication refuses every UPDATE and DELETE" if published else ""),
                    severity=Severity.BREAK if published else None,
                    fix="-- first a unique constraint over the new columns, from an index built CONCURRENTLY; deploy\n"
                    "-- code that tells rows apart by them; then put the new primary key in place of the old one",
                )


def _tells_rows_by_key(migration: MigrationInput, table: ObjectId) -> bool:
    """Whether a publication needs the primary key of the table to tell its rows apart."""
    state = migration.after.objects[table]
    if not isinstance(state, Table) or state.replica_identity != "default":
        return False
    return any(
        {"update", "delete"} & set(publication.publish)
        and (
            publication.all_tables
            or table.path[0] in publication.schemas
            or any((one[0], one[1]) == table.path for one in publication.tables)
        )
        for _, publication in migration.before.of(Publication)
    )
