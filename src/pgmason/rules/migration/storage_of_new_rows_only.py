"""SET STORAGE and SET COMPRESSION say how values are kept that are written from now on; old ones stay as they are.

No value is converted until its row is written anew, and even then one that is not changed is copied as it is
(PostgreSQL manual, ALTER TABLE). Who counts on the space, or on the speed, waits for it in vain.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["StorageOfNewRowsOnly"]


class StorageOfNewRowsOnly(MigrationRule):
    severity = Severity.NOTE
    title = "How a column is stored changes for new values alone."
    effect = "The table keeps its size and speed; the values that are there stay as they were written."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY, note text);\n"
    bad = """\
SET lock_timeout = '2s';
ALTER TABLE orders ALTER COLUMN note SET STORAGE EXTERNAL;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN body text;
ALTER TABLE orders ALTER COLUMN body SET STORAGE EXTERNAL;
"""
    cannot_see = "Whether old values are rewritten by other means."
    brief = "Production-size data."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            for change in effect.altered:
                if change.object.kind != "column" or change.change("type") is not None or not migration.live(change):
                    continue  # a new type brings its own storage
                became = change.change("storage") or change.change("compression")
                if became is None or change.of is None or migration.after.objects.get(change.of) is None:
                    continue
                if migration.after.parents(_path(change.of.path)):
                    continue  # told of the table above it
                yield self.finding(
                    migration,
                    effect,
                    change.object,
                    message=f"{change.object.name} is stored otherwise from now on; values that are there stay as they"
                    " are",
                )


def _path(path: tuple[str, ...]) -> tuple[str, str]:
    schema, name = path
    return schema, name
