"""PostgreSQL cuts a name after 63 bytes, says so in a notice, and goes on.

The object is there under another name than the file says: the next migration that names it in full is cut alike, but
code that compares names, a tool that looks for it, or a second long name that is the same so far does not find it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["NameCutOff"]

_CUT = "42622"  # name_too_long


class NameCutOff(MigrationRule):
    severity = Severity.RISK
    title = "A name is longer than 63 bytes, and PostgreSQL cuts it off."
    effect = "What looks for the name as it is written finds nothing; a second one that begins alike is refused."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY);\n"
    bad = """\
CREATE TABLE what_customers_said_about_their_orders_when_they_were_asked_by_mail (
  id integer PRIMARY KEY
);
"""
    good = "-- migration\nCREATE TABLE answers (id integer PRIMARY KEY);\n"
    cannot_see = "Names that are put together inside a function; PostgreSQL tells of none that it makes up itself."
    brief = "Naming: snake_case."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            cut = [notice for notice in effect.notices if notice.sqlstate == _CUT]
            for notice in cut[:1]:
                yield self.finding(
                    migration,
                    effect,
                    effect.objects[0].object if effect.objects else None,
                    message=notice.message,
                    fix="-- a name of at most 63 bytes",
                )
