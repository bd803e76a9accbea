"""`SELECT *` in a view means the columns of the day on which the view was made.

PostgreSQL writes their names down. A column that the table gets afterwards is not in the view, though everybody who
reads `SELECT *` in its migration thinks so; CREATE OR REPLACE VIEW with the same text puts it in, where it comes last.
"""

from __future__ import annotations

from collections.abc import Iterator

from pgmason.catalog.keywords import identifier
from pgmason.catalog.kinds.materialized_view import MaterializedView
from pgmason.catalog.kinds.view import View
from pgmason.effects.model import Effect
from pgmason.findings import Finding, Severity
from pgmason.names import ObjectId
from pgmason.rules.migration_rule import MigrationInput, MigrationRule

__all__ = ["ViewWithoutTheNewColumn"]

_FEWEST = 2  # columns: a view of a table's only column may mean that one


class ViewWithoutTheNewColumn(MigrationRule):
    severity = Severity.NOTE
    title = "A table gets a column, and a view that shows all of its columns does not."
    effect = "Who reads the view finds no such column."
    schema = """\
CREATE TABLE orders (id integer PRIMARY KEY, note text);
CREATE VIEW open_orders AS SELECT * FROM orders WHERE note IS NULL;
"""
    bad = """\
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN code text;
"""
    good = """\
-- migration
SET lock_timeout = '2s';
ALTER TABLE orders ADD COLUMN code text;
CREATE OR REPLACE VIEW open_orders AS SELECT * FROM orders WHERE note IS NULL;
"""
    cannot_see = "Whether the view was written with `*` or by names, and whether it is to show the column."
    brief = "Zero-downtime migrations: 3 steps for breaking changes."

    def check(self, migration: MigrationInput) -> Iterator[Finding]:
        for effect in migration.done:
            for table, columns in _added(migration, effect).items():
                for view in _of_all_columns(migration, table):
                    names = ", ".join(identifier(one.own_name) for one in columns)
                    shown = migration.after.needs(view)
                    if view not in migration.after.objects or any(one in shown for one in columns):
                        continue
                    yield self.finding(
                        migration,
                        effect,
                        view,
                        message=f"{view.name} shows every column that {table.name} had, and not the new {names}",
                        detail=names,
                        fix=f"-- CREATE OR REPLACE VIEW with {names} as its last, where it is meant to show it",
                    )


def _added(migration: MigrationInput, effect: Effect) -> dict[ObjectId, list[ObjectId]]:
    """The columns that live tables get from the statement, by table."""
    found: dict[ObjectId, list[ObjectId]] = {}
    for change in effect.created:
        column, table = change.object, change.of
        if column.kind != "column" or table not in migration.before.objects or column not in migration.after.objects:
            continue
        if table is not None and migration.is_live(table):
            found.setdefault(table, []).append(column)
    return found


def _of_all_columns(migration: MigrationInput, table: ObjectId) -> Iterator[ObjectId]:
    """The views that stand before the migration and show all of the table's columns, one after the other."""
    columns = [(column, column.own_name) for column, _ in migration.before.columns(table)]
    names = [name for _, name in columns]
    if len(columns) < _FEWEST:
        return
    views = [(one, [name for name, _ in state.columns]) for one, state in migration.before.of(View)]
    views += [(one, [name for name, _ in state.columns]) for one, state in migration.before.of(MaterializedView)]
    for view, shown in sorted(views):
        in_a_row = any(shown[at : at + len(names)] == names for at in range(len(shown)))
        if in_a_row and migration.before.needs(view).issuperset(column for column, _ in columns):
            yield view
