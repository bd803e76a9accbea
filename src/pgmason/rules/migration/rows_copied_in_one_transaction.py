"""A copy of a whole table in one statement is one long transaction, however little it locks.

INSERT ... SELECT, CREATE TABLE ... AS and a materialized view that is filled at once read all rows under one snapshot:
vacuum cleans nothing behind it, anywhere in the database, the replicas get all of it at once, and a failure at the last
row throws everything away. Batches that commit do the same beside a running product.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.effects.model import Effect, RewriteKind
from pgmason.findings import Finding, Severity
from pgmason.remedies import Remedy, together
from pgmason.remedies.indexes import qualified
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["RowsCopiedInOneTransaction"]


class RowsCopiedInOneTransaction(MigrationRule):
    severity = Severity.RISK
    title = "All rows of a table are copied in one transaction."
    effect = "Dead rows pile up in every table meanwhile, and replicas lag behind."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY, day date, total numeric);\n"
    bad = """\
CREATE MATERIALIZED VIEW totals AS
  SELECT day, sum(total) AS total FROM orders GROUP BY day;
"""
    good = """\
-- migration
CREATE MATERIALIZED VIEW totals AS
  SELECT day, sum(total) AS total FROM orders GROUP BY day WITH NO DATA;
-- migration
REFRESH MATERIALIZED VIEW totals;
"""
    cannot_see = "How many rows it is in production."
    brief = "Zero-downtime migrations: backfill in batches."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            if migration.works(effect) or any(one.kind is RewriteKind.REFRESHED for one in effect.rewrites):
                continue  # somebody waits meanwhile, and that is told; or that is what the migration is for
            read = [scan.relation for scan in effect.scans if scan.existing and scan.whole]
            into = [
                one.relation
                for one in effect.rows
                if one.inserted and one.relation not in read and not one.relation.path[0].startswith("pg_temp")
            ]
            read = [table for table in read if migration.is_live(table)]
            if not read or not into or effect.waits_out_transactions:
                continue
            yield self.finding(
                migration,
                effect,
                read[0],
                message=f"all rows of {read[0].name} are read and written to {into[0].name} in one transaction",
                remedy=_filled_later(effect),
                fix="-- in batches by key that commit: INSERT ... SELECT ... WHERE id > last AND id <= last + 5000",
            )


def _filled_later(effect: Effect) -> Remedy | None:
    """A materialized view made empty, and filled by a migration of its own."""
    view = next((change.object for change in effect.created if change.object.kind == "materialized view"), None)
    if view is None:
        return None
    query = effect.statement.text.rstrip()
    for words in (" WITH DATA", " with data"):
        query = query.removesuffix(words)
    name = qualified(view.path)
    made = together(f"{query} WITH NO DATA", undo=(f"DROP MATERIALIZED VIEW {name}",))
    filled = together(f"REFRESH MATERIALIZED VIEW {name}", undo=(f"REFRESH MATERIALIZED VIEW {name} WITH NO DATA",))
    return Remedy(files=(made, filled), equivalent=True)
