"""A statement_timeout over work that blocks nobody ends it half-way: what was meant to protect now breaks.

CREATE INDEX CONCURRENTLY and its like wait for old transactions and take as long as the table is large. Ended by
statement_timeout, or by a lock_timeout while they wait, they leave an invalid index behind that every write goes on to
keep. VALIDATE CONSTRAINT loses all it has read. The timeouts belong around statements that others wait for.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.effects.model import Effect
from pgmason.findings import Finding, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["TimeoutOverLongWork"]

_LONG_MS = 15 * 60 * 1000  # a limit beyond this is no protection against queues, but one against hanging for ever


class TimeoutOverLongWork(MigrationRule):
    severity = Severity.RISK
    title = "A short timeout is in force over long work that blocks nobody."
    effect = "The work is cut off on a large table or a busy day; an index is left behind invalid."
    schema = "CREATE TABLE orders (id integer PRIMARY KEY, note text);\n"
    bad = """\
SET statement_timeout = '5s';
CREATE INDEX CONCURRENTLY orders_note_idx ON orders (note);
"""
    frame = "statements"
    good = """\
-- migration, outside a transaction
SET statement_timeout = 0;
CREATE INDEX CONCURRENTLY orders_note_idx ON orders (note);
"""
    cannot_see = "A timeout of the role or the server (ALTER ROLE ... SET), and how long the work takes in production."
    brief = "Zero-downtime migrations."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        if migration.trace.failed:
            return  # it does not come so far
        for effect in migration.done:
            if effect.settings is None or migration.works(effect):
                continue
            table = next((scan.relation for scan in effect.scans if scan.existing and scan.whole), None)
            validates = any(_validated(effect))
            if not effect.waits_out_transactions and not validates:
                continue
            limits = {"statement_timeout": effect.settings.statement_timeout_ms}
            if effect.waits_out_transactions:
                limits["lock_timeout"] = effect.settings.lock_timeout_ms
            short = [name for name, limit_ms in limits.items() if 0 < limit_ms < _LONG_MS]
            if not short or not (table is None or migration.is_live(table)):
                continue
            yield self.finding(
                migration,
                effect,
                effect.objects[0].object if effect.objects else table,
                message=f"{short[0]} is {limits[short[0]]:,} ms while this runs, which blocks nobody and takes long",
                fix=f"SET {short[0]} = 0;\n-- before it; and set it again for what others wait for",
            )


def _validated(effect: Effect) -> Iterator[bool]:
    for change in effect.altered:
        became = change.change("valid")
        yield became is not None and became.after == "yes"
