"""What the planner estimates by is not there yet: of a new expression index, of new statistics, of a target that rose.

Until ANALYZE runs, it guesses: one row in two hundred equals a value, one in three is greater. A query that took a
millisecond may join the wrong way round for hours, since autovacuum analyzes a table when its rows change, not when its
columns or indexes do (PostgreSQL manual, Updating Planner Statistics). ANALYZE reads a sample and keeps nobody
waiting. A type that is written anew loses its statistics, too: that is told with what else it costs.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.effects.model import Effect, ObjectChange, Verb
from pgmason.findings import Finding, Place, Severity
from pgmason.names import ObjectId
from pgmason.remedies.hierarchy import is_below
from pgmason.remedies.indexes import qualified
from pgmason.rules.enumerating import some
from pgmason.rules.migration_rule import LastRule, MigrationInput
from pgmason.statements import may_analyze

__all__ = ["PlannerWithoutStatistics"]


class PlannerWithoutStatistics(LastRule):
    severity = Severity.NOTE
    title = "The planner has no statistics of what a migration made or changed."
    effect = "Queries may get plans that are slower by orders of magnitude until somebody runs ANALYZE."
    schema = "CREATE TABLE customers (id integer PRIMARY KEY, email text NOT NULL);\n"
    bad = "CREATE INDEX CONCURRENTLY customers_email_idx ON customers (lower(email));\n"
    frame = "statements"
    good = """\
-- migration, outside a transaction
CREATE INDEX CONCURRENTLY customers_email_idx ON customers (lower(email));
-- migration
SET lock_timeout = '2s';
ANALYZE customers;
"""
    cannot_see = (
        "ANALYZE that is run by hand or by the deploy, or inside a function. A new type that writes nothing anew (a"
        " longer varchar) loses its statistics, too: that is not told."
    )
    brief = "Production-size data."

    def check_rest(self, migration: MigrationInput, told: frozenset[Place]) -> Iterator[Finding]:
        said: set[ObjectId] = set()
        for number, effect in enumerate(migration.done):
            if migration.place(effect) in told:
                continue
            uncounted: dict[ObjectId, list[str]] = {}
            for change in effect.objects:
                table = change.of or _counted_of(effect)
                what = _without_statistics(change)
                if what is not None and table is not None and not change.implied and migration.is_live(table):
                    uncounted.setdefault(table, []).append(what)
            for table, names in uncounted.items():
                if table in said or table not in migration.before.objects or _analyzed(migration, table, number):
                    continue
                if is_below(migration.after, table, uncounted):
                    continue  # told of the table above it
                said.add(table)
                yield self.finding(
                    migration,
                    effect,
                    table,
                    message=f"until ANALYZE runs the planner has no statistics of {some(sorted(set(names)))}",
                    fix=f"-- once it is through: ANALYZE {qualified(table.path)};",
                )


def _without_statistics(change: ObjectChange) -> str | None:
    """The name of what the next ANALYZE is to count for the first time; None where nothing is."""
    kind, columns, became = change.object.kind, change.change("columns"), change.change("statistics target")
    if kind == "index" and change.verb is Verb.CREATED and "(expression)" in (columns.after or "" if columns else ""):
        return f"the expressions of {change.object.name}"
    if kind == "extended statistics" and change.verb is Verb.CREATED:
        return change.object.name
    if kind != "column" or change.verb is not Verb.ALTERED:
        return None
    rose = became is not None and became.after != "0"  # 0: it is to have none
    return f"{change.object.name} as it is to have" if rose else None


def _counted_of(effect: Effect) -> ObjectId | None:
    """The table of a new statistics object, which belongs to none by its name: the one that it locks."""
    tables = [one for one in effect.locks if one.kind == "table"]
    return tables[0] if len(tables) == 1 else None


def _analyzed(migration: MigrationInput, table: ObjectId, number: int) -> bool:
    """Whether a later statement, or a pending migration that comes after, analyzes the table."""
    after = (*migration.done[number + 1 :], *(effect for one in migration.later for effect in one.done))
    return any(may_analyze(effect.statement, table.path) and effect.lock_while(table) is not None for effect in after)
