"""CASCADE drops whatever depends on an object, and says so in a notice that nobody reads in a migration's log.

Views, foreign keys of other tables, policies, defaults and columns of a dropped type go with it. Which ones is
decided by the database that the migration meets, not by the reviewed text: name them.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["CascadeTakesMore"]


class CascadeTakesMore(MigrationRule):
    severity = Severity.BREAK
    title = "A CASCADE drops objects that the migration does not name."
    effect = (
        "Code that uses the view, constraint or column fails or loses its guard, though no line of the "
        "migration names it."
    )
    schema = """\
CREATE TABLE orders (id integer PRIMARY KEY, total numeric);
CREATE VIEW totals AS SELECT sum(total) AS total FROM orders;
CREATE VIEW twice AS SELECT total * 2 AS double FROM totals;
"""
    bad = """\
DROP VIEW totals CASCADE;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
CREATE OR REPLACE VIEW twice AS SELECT 0::numeric AS double;
"""
    cannot_see = "Whether what is dropped is used."
    brief = "Safe migrations: what is dropped is named."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            taken = [one for one in effect.dropped if one.cascaded and one.existing and not one.implied]
            if not taken:
                continue
            names = ", ".join(str(one.object) for one in taken[:4]) + (
                f" and {len(taken) - 4} more" if taken[4:] else ""
            )
            yield self.finding(
                migration,
                effect,
                taken[0].object,
                message=f"CASCADE drops {names}",
                fix="-- drop each by its name first, so that the review sees it; then drop without CASCADE",
            )
