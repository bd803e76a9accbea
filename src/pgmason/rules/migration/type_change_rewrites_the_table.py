"""Most changes of a column's type write the whole table and all its indexes anew.

Some do not: varchar to a longer varchar or to text, numeric to a larger precision of the same scale, a timestamp to
more digits. Whether this one does was observed, not looked up. A collation keeps the rows and builds the indexes
again, and so do text and citext, and timestamps in UTC; a CHECK over the column reads every row again. A new column
beside the old one, kept equal by a trigger and filled in batches, takes its place without anybody waiting.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.remedies.hierarchy import is_below, reach
from pgmason.remedies.type_changes import check_taken_off
from pgmason.rules.migration_rule import MigrationInput, MigrationRule
from pgmason.rules.row_questions import asked_first

__all__ = ["TypeChangeRewritesTheTable"]


class TypeChangeRewritesTheTable(MigrationRule):
    severity = Severity.OUTAGE
    title = "A change of type writes a whole table, or its indexes, anew."
    effect = "Reads and writes of the table wait until it is done; the disk holds both copies."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY, number integer NOT NULL, code varchar(10));\n"
    bad = "ALTER TABLE orders ALTER COLUMN number TYPE bigint;\n"
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ALTER COLUMN code TYPE varchar(20);
"""
    cannot_see = "How long it takes: that depends on production's rows."
    brief = "Zero-downtime migrations: 3 steps for breaking changes."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            works = {work.on: work for work in migration.works(effect)}
            changed = [
                (one, became, one.of)
                for one in effect.altered
                if one.object.kind == "column" and one.of is not None
                if (became := one.change("type") or one.change("collation")) is not None
            ]
            tables = {table for _, _, table in changed}
            told: set[ObjectId] = set()
            for change, became, table in changed:
                column = change.object
                done = [works[one] for one in reach(migration.after, table) if one in works]
                if table in told or not done or is_below(migration.after, table, tables):
                    continue
                anew = any("anew" in work.does for work in done)
                checks = _checks_of(migration, column)
                if not anew and (effect.created or not checks):
                    continue  # it was read for another reason, which is told
                told.add(table)
                asked = asked_first(effect, [column])
                yield self.finding(
                    migration,
                    effect,
                    column,
                    message=f"{column.name} from {became.before or 'the default collation'}"
                    f" to {became.after or 'the default collation'} {done[0].does}"
                    + ("" if anew else ", since a CHECK is validated again")
                    + f", while {done[0].blocks} wait",
                    remedy=None
                    if anew
                    else check_taken_off(migration.before, migration.after, column, became.after or "", checks),
                    fix="\n".join(part for part in (asked, _BESIDE) if part) if anew else None,
                )


_BESIDE = (
    "-- add a column of the new type, keep it equal by a trigger, fill the old rows in batches,\n"
    "-- deploy code that reads it, then drop the old one; ANALYZE whichever has the new type: it has no statistics"
)


def _checks_of(migration: MigrationInput, column: ObjectId) -> tuple[ObjectId, ...]:
    """The CHECKs of the column's table that read it and are valid."""
    table = column.relation
    if table not in migration.before.objects:
        return ()
    return tuple(
        one
        for one, state in migration.before.checks(table)
        if state.validated and column.own_name in state.columns and one in migration.after.objects
    )
