"""A table that autovacuum leaves alone grows by every row that was ever changed, and its plans go by old figures.

It is switched off for a bulk load and forgotten. Only the danger of wrapping transaction ids still brings a vacuum, at
an hour of its own choosing. (PostgreSQL manual, 25.1 Routine Vacuuming.)
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.rules.fixes import LOCK_TIMEOUT, lines, qualified
from pgmason.rules.rule import SchemaInput, SchemaRule
from pgmason.rules.tables import is_ledger

__all__ = ["AutovacuumSwitchedOff"]

_OFF = ("off", "false", "no", "0", "of", "n", "f")  # what parse_bool takes for false (utils/adt/bool.c)


class AutovacuumSwitchedOff(SchemaRule):
    severity = Severity.RISK
    title = "A table that autovacuum is told to leave alone."
    effect = "The table and its indexes grow, and its queries are planned by figures that are out of date."
    bad = "CREATE TABLE event (\n  id uuid PRIMARY KEY,\n  body text NOT NULL\n) WITH (autovacuum_enabled = off);\n"
    good = "CREATE TABLE event (\n  id uuid PRIMARY KEY,\n  body text NOT NULL\n);\n"
    cannot_see = "Whether a job of the team's own vacuums and analyzes it."
    brief = "Integrity is enforced by the database: what was committed stays."

    def check(self, schema: SchemaInput) -> Iterator[Finding]:
        for table, state in schema.catalog.tables:
            off = [option.partition("=")[0] for option in state.options if _is_off(option)]
            if not off or is_ledger(table, state):
                continue
            yield self.finding(
                schema,
                table,
                message=f"{table.name} has {' and '.join(off)} switched off",
                fix=lines(LOCK_TIMEOUT, f"ALTER TABLE {qualified(table.path)} RESET ({', '.join(off)});"),
            )


def _is_off(option: str) -> bool:
    name, _, value = option.partition("=")
    return name in ("autovacuum_enabled", "toast.autovacuum_enabled") and value.lower() in _OFF
