"""An UPDATE or DELETE over a whole table holds every row that it touched until it commits.

Whoever wants to change one of these rows waits; vacuum cannot clean what is dead; the replicas lag behind; and a
failure at the last row throws all of it away. Batches that commit, each of a few thousand rows, do the same beside a
running product.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["BulkChangeInOneTransaction"]


class BulkChangeInOneTransaction(MigrationRule):
    severity = Severity.RISK
    grows = True
    title = "All rows of a table are changed in one transaction."
    effect = "Writers of the same rows wait until it is over; the table grows by a dead copy of each row."
    schema = """\
CREATE TABLE orders (id integer PRIMARY KEY, total numeric);
"""
    bad = """\
UPDATE orders SET total = 0;
"""
    good = """\
-- migration
UPDATE orders SET total = 0 WHERE id = 1;
"""
    cannot_see = "How many rows it is in production."
    brief = "Zero-downtime migrations: backfill in batches."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            if migration.works(effect):
                continue  # somebody waits for a lock meanwhile, and that is told
            read = {scan.relation for scan in effect.scans if scan.existing and scan.whole}
            for rows in effect.rows:
                changed = rows.relation in read and (rows.updated or rows.deleted)
                if not changed or migration.names_rows(effect, rows.relation):
                    continue
                if migration.is_live(rows.relation):
                    yield self.finding(
                        migration,
                        effect,
                        rows.relation,
                        message=f"{rows.relation.name} is read whole and its rows are changed in one transaction",
                        fix="-- in batches by key that commit: UPDATE ... WHERE id > last AND id <= last + 5000",
                    )
