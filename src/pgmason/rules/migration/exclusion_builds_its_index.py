"""An exclusion constraint builds its index and then holds every row against all others, while nobody uses the table.

It knows neither NOT VALID nor USING INDEX, so no sequence of statements makes it gentle: the table is locked from the
first row to the last. A new table has it from the beginning; a partition that is attached brings its own; for a table
in use there is a quiet hour, with a lock_timeout, or a new table that takes the old one's place.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.remedies.hierarchy import is_below, reach
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["ExclusionBuildsItsIndex"]


class ExclusionBuildsItsIndex(MigrationRule):
    severity = Severity.OUTAGE
    title = "An exclusion constraint is made of rows that nobody can reach meanwhile."
    effect = "Reads and writes of the table wait until its index is built and every row was held against the others."
    schema = "CREATE TABLE bookings (id integer PRIMARY KEY, nights int4range NOT NULL);\n"
    bad = """\
SET lock_timeout = '2s';
ALTER TABLE bookings ADD CONSTRAINT one_at_a_time EXCLUDE USING gist (nights WITH &&);
"""
    good = """\
CREATE TABLE stays (
  id integer PRIMARY KEY,
  nights int4range NOT NULL,
  CONSTRAINT one_stay_at_a_time EXCLUDE USING gist (nights WITH &&)
);
"""
    cannot_see = "Whether production's rows overlap: the constraint fails on the first two that do."
    brief = "Zero-downtime migrations."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            read = {work.on for work in migration.works(effect)}
            made = {one.of for one in effect.created if one.object.kind == "exclusion constraint" and one.of}
            for change in effect.created:
                table = change.of
                if change.object.kind != "exclusion constraint" or change.implied or table is None:
                    continue
                if read.isdisjoint(reach(migration.after, table)) or is_below(migration.after, table, made):
                    continue
                yield self.finding(
                    migration,
                    effect,
                    change.object,
                    message=f"the exclusion constraint {change.object.own_name} reads all of {table.name} while nobody"
                    " reads or writes it",
                    fix="-- no steps avoid it: a new table with the constraint that takes this one's place, or a quiet"
                    " hour",
                )
