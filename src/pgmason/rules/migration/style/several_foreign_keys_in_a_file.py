"""A foreign key locks two tables; a file with two of them locks up to four, and none until the others are had.

One a file holds as little as can be held, and fails alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.findings import Finding, Severity
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["SeveralForeignKeysInAFile"]


class SeveralForeignKeysInAFile(MigrationRule):
    severity = Severity.STYLE
    optional = True
    title = "A file adds several foreign keys to tables in use."
    effect = "All of the tables are locked until the last lock is had."
    schema = """\
CREATE TABLE customers (id integer PRIMARY KEY);
CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer, payer_id integer);
CREATE INDEX ON orders (customer_id);
CREATE INDEX ON orders (payer_id);
"""
    bad = """\
SET lock_timeout = '2s';
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers NOT VALID;
ALTER TABLE orders ADD FOREIGN KEY (payer_id) REFERENCES customers NOT VALID;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers NOT VALID;
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD FOREIGN KEY (payer_id) REFERENCES customers NOT VALID;
"""
    cannot_see = "Which of the tables are busy."
    brief = "Zero-downtime migrations."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        keys = [
            (effect, change.object)
            for effect in migration.done
            for change in effect.created
            if change.object.kind == "foreign key" and not change.implied and migration.is_live(change.of)
        ]
        keys = [(effect, key) for effect, key in keys if key.relation in migration.before.objects]
        for effect, key in keys[1:2]:
            message = f"{migration.name} adds {len(keys)} foreign keys; {key.own_name} is the second"
            yield self.finding(migration, effect, key, message=message, fix="-- a file for each")
