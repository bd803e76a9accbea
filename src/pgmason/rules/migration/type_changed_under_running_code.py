"""Another type changes what code gets and may send, also where the change itself takes an instant.

Prepared statements that were made before fail once with "cached plan must not change result type" (0A000) and go on
failing in a transaction; a driver returns another class; `=` between the new type and what code sends may not exist.
Where the change reads or writes the table anew, that is told instead, and its way round is the same: a new column.
Silent where code sees no difference: a longer varchar, text for varchar, a numeric of other digits, a domain for the
type under it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.domain import Domain
from pgmason.catalog.model import Catalog
from pgmason.findings import Finding, Place, Severity
from pgmason.remedies.hierarchy import is_below
from pgmason.remedies.indexes import qualified
from pgmason.rules.migration_rule import LastRule, MigrationInput

__all__ = ["TypeChangedUnderRunningCode"]

_TEXTS = ("text", "character varying")


class TypeChangedUnderRunningCode(LastRule):
    severity = Severity.BREAK
    title = "A column gets another type while code that was deployed before reads and writes it."
    effect = "Prepared statements fail, drivers return another class of value, comparisons may find no operator."
    schema = "CREATE TABLE hosts (id integer PRIMARY KEY, address cidr NOT NULL, name varchar(20));\n"
    bad = """\
SET lock_timeout = '2s';
ALTER TABLE hosts ALTER COLUMN address TYPE inet;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE hosts ALTER COLUMN name TYPE text;
"""
    cannot_see = "Whether code that runs uses the column, and whether its driver keeps prepared statements."
    brief = "Zero-downtime migrations: 3 steps for breaking changes."

    def check_rest(self, migration: MigrationInput, told: frozenset[Place]) -> Iterator[Finding]:
        for effect in migration.done:
            if migration.place(effect) in told:
                continue
            changed = [one for one in effect.altered if one.object.kind == "column" and one.change("type") is not None]
            for change in changed:
                became = change.change("type")
                if became is None or change.of is None or not migration.live(change):
                    continue
                old, new = _seen(migration.before, became.before or ""), _seen(migration.after, became.after or "")
                same = {one.of for one in changed if one.of and one.object.own_name == change.object.own_name}
                if old == new or is_below(migration.after, change.of, same):
                    continue
                yield self.finding(
                    migration,
                    effect,
                    change.object,
                    message=f"{change.object.name} is {became.after} from now on: code was written for {became.before}",
                    fix="-- add a column of the new type, keep it equal by a trigger, deploy code that reads it, then"
                    " drop the old one",
                )


def _seen(catalog: Catalog, type_name: str) -> str:
    """The type as code sees it: without sizes, the type under a domain, text for varchar."""
    for domain, state in catalog.of(Domain):
        if qualified(domain.path) == type_name:
            return _seen(catalog, state.type)
    name, bracket, rest = type_name.partition("(")
    bare = (name + rest.partition(")")[2]) if bracket else name
    array = "[]" if bare.endswith("[]") else ""
    bare = bare.removesuffix("[]")
    return ("text" if bare in _TEXTS else bare) + array
