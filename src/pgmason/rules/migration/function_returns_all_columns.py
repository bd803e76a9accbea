"""A function that returns `SELECT *` as a table of its own words breaks on the day the table gets a column.

RETURNS TABLE (...) lists columns once, `*` lists them anew with each call. When there is one more, the call fails: the
structure of the query does not match the result type (42804). RETURNS SETOF the table, or the columns by name, keeps
the two together.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.function import Function
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.rules.migration_rule import MigrationInput, MigrationRule
from pgmason.statements import names_in_body, takes_all_columns

__all__ = ["FunctionReturnsAllColumns"]

_LISTED = "\n RETURNS TABLE("  # as pg_get_functiondef writes it


class FunctionReturnsAllColumns(MigrationRule):
    severity = Severity.BREAK
    title = "A table gets a column, and a function that returns all of its columns lists them."
    effect = "Each call of the function fails from then on."
    schema = """\
CREATE TABLE orders (id integer PRIMARY KEY, note text);
CREATE FUNCTION newest_orders() RETURNS TABLE (id integer, note text)
  LANGUAGE plpgsql AS
  $$ BEGIN RETURN QUERY SELECT * FROM orders AS o ORDER BY o.id DESC LIMIT 10; END $$;
"""
    bad = """\
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN code text;
"""
    good = """\
-- migration
CREATE OR REPLACE FUNCTION newest_orders() RETURNS TABLE (id integer, note text)
  LANGUAGE plpgsql AS
  $$ BEGIN RETURN QUERY SELECT o.id, o.note FROM orders AS o ORDER BY o.id DESC; END $$;
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN code text;
"""
    cannot_see = (
        "Whether the `*` in the body is that table's: it is told where the body names the table and the function lists"
        " its columns. Nor prepared statements of running code that say `SELECT *`: they fail once with 0A000 and are"
        " made anew by most drivers."
    )
    brief = "Zero-downtime migrations: 3 steps for breaking changes."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        listing: dict[ObjectId, frozenset[str]] | None = None
        for effect in migration.done:
            for change in effect.objects:
                table = change.of
                if change.object.kind != "column" or change.renamed or _stays(migration, change.object):
                    continue
                if table is None or table not in migration.before.objects or not migration.is_live(table):
                    continue
                listing = _listing(migration) if listing is None else listing
                for function, words in listing.items():
                    if table.own_name not in words:
                        continue
                    yield self.finding(
                        migration,
                        effect,
                        function,
                        message=f"{function} returns all columns of {table.name} as a list, which"
                        f" {change.object.own_name} is not in",
                        detail=change.object.name,
                        fix="-- CREATE OR REPLACE FUNCTION with the columns by name, before this migration",
                    )


def _stays(migration: MigrationInput, column: ObjectId) -> bool:
    """Whether the column is there on both sides, or on neither."""
    return (column in migration.before.objects) == (column in migration.after.objects)


def _listing(migration: MigrationInput) -> dict[ObjectId, frozenset[str]]:
    """The functions that list what they return and take it from a `*`, as before and after the migration, with the
    words in their bodies."""
    found: dict[ObjectId, frozenset[str]] = {}
    for identity, routine in migration.after.of(Function):
        if migration.before.objects.get(identity) != routine or _LISTED not in routine.definition:
            continue
        body = routine.definition.partition("\nAS ")[2]
        if takes_all_columns(body):
            found[identity] = names_in_body(body)
    return found
