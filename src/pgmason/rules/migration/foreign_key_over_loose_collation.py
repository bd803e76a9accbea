"""A foreign key over a collation that takes different texts for equal refers to one of several spellings.

With a nondeterministic collation 'Ada' refers to 'ada'. What the child says then differs from what its parent is
called, a join under another collation finds nothing, and ON UPDATE CASCADE leaves the spellings apart. 18 refuses keys
whose two sides differ in this.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.kinds.collation import Collation
from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.foreign_key import ForeignKey
from pgmason.catalog.model import Catalog
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.remedies.hierarchy import is_below
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["ForeignKeyOverLooseCollation"]


class ForeignKeyOverLooseCollation(MigrationRule):
    severity = Severity.RISK
    title = "A foreign key compares by a collation that takes different texts for equal."
    effect = "Rows refer to a parent that is spelt otherwise; joins and comparisons elsewhere do not find it."
    schema = """\
CREATE COLLATION any_case (
  provider = icu, locale = 'und-u-ks-level2', deterministic = false
);
CREATE TABLE tags (name text COLLATE any_case PRIMARY KEY, label text UNIQUE);
CREATE TABLE uses (id integer PRIMARY KEY, tag text, label text);
CREATE INDEX uses_tag_idx ON uses (tag);
CREATE INDEX uses_label_idx ON uses (label);
"""
    bad = """\
SET lock_timeout = '2s';
ALTER TABLE uses ADD CONSTRAINT uses_tag_fkey FOREIGN KEY (tag) REFERENCES tags NOT VALID;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE uses ADD CONSTRAINT uses_label_fkey
  FOREIGN KEY (label) REFERENCES tags (label) NOT VALID;
"""
    cannot_see = "Whether the spellings are meant to be one."
    brief = "Schema integrity: constraints in the database."
    majors = (15,)  # the wheel's 18 has no ICU, and only ICU has such collations

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            keys = [one for one in effect.created if one.object.kind == "foreign key" and one.of is not None]
            for change in keys:
                state = migration.after.objects.get(change.object)
                if change.of is None or not isinstance(state, ForeignKey):
                    continue
                if change.of not in migration.before.objects or not migration.is_live(change.of):
                    continue
                loose = _loose(migration.after, state)
                if loose is None or is_below(migration.after, change.of, {one.of for one in keys if one.of}):
                    continue
                yield self.finding(
                    migration,
                    effect,
                    change.object,
                    message=f"the foreign key {change.object.own_name} compares by {loose.name}, which takes different"
                    " texts for equal",
                    fix="-- refer to a key of another kind, or keep one spelling by a CHECK: name = lower(name)",
                )


def _loose(catalog: Catalog, key: ForeignKey) -> ObjectId | None:
    """The nondeterministic collation of a referenced column; None where there is none."""
    for column in key.referenced_columns:
        state = catalog.objects.get(ObjectId("column", (*key.references, column)))
        if not isinstance(state, Column) or state.collation is None:
            continue
        identity = ObjectId("collation", state.collation)
        collation = catalog.objects.get(identity)
        if isinstance(collation, Collation) and not collation.deterministic:
            return identity
    return None
