"""Two ALTER TABLE of one table in one transaction can be one statement, which says all that happens to it.

It is one lock either way. Where both write the table anew, one statement does it once; where they need locks of
different strength, they belong into transactions of their own instead.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.effects.model import Effect
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["TableAlteredAgain"]


class TableAlteredAgain(MigrationRule):
    severity = Severity.STYLE
    optional = True
    title = "One table is altered by several statements where one would do."
    effect = "What happens to the table must be read together from several places; a rewrite happens twice."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY);\n"
    bad = """\
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN note text;
ALTER TABLE orders ADD COLUMN code text;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN note text, ADD COLUMN code text;
"""
    cannot_see = "Whether they are apart for a person who reads them."
    brief = "Zero-downtime migrations."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for transaction in migration.trace.transactions:
            first: dict[ObjectId, Effect] = {}
            for effect in transaction.effects:
                if effect.statement.form != "alter_table_stmt" or not effect.objects:
                    continue
                table = effect.objects[0].of or effect.objects[0].object
                if not migration.is_live(table) or table not in migration.before.objects:
                    continue
                earlier = first.setdefault(table, effect)
                if earlier is not effect:
                    message = f"{table.name} is altered in line {earlier.statement.line} and here again"
                    fix = "-- ALTER TABLE ... , ...: one statement"
                    yield self.finding(migration, effect, table, message=message, fix=fix)
                    return
