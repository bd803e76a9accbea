"""What does each policy do to the target, as SQL?

Each is a few set-based statements between the staged rows and the target, run inside the caller's transaction. A row
is *changed* where its image differs (`*<>`, which knows NULL, 0 against 0.00, and types without equality alike), so a
row that is the same is not touched: no tuple, no lock, no WAL, no trigger. New rows are found by anti-join; ON CONFLICT
only catches those that the application inserts at the same moment (on every row it would lock the unchanged ones).
Locks are those of plain UPDATE, INSERT and DELETE: readers are never in the way.

Where a plain table is updated, one MERGE does both with one join, and without the price of ON CONFLICT on each new row;
a key that the application inserts at the same moment makes it fail, and UPDATE and INSERT take its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgmason.errors import NextCommand, PgmasonError, WrongUse
from pgmason.pipelines.model import Pipeline, Policy
from pgmason.pipelines.staging import Stage
from pgmason.rows.target import Target

if TYPE_CHECKING:
    from psycopg import Connection, sql

__all__ = ["DeletesTooMuch", "Merged", "check_key", "merge"]


class DeletesTooMuch(PgmasonError):
    """`delete missing` would delete a larger share of the target than the pipeline allows."""

    code = "deletes-too-much"


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """Rows of the target that were inserted, updated and deleted; staged rows that changed nothing."""

    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    kept: int = 0
    deleted: int = 0


def check_key(pipeline: Pipeline, target: Target, columns: tuple[str, ...]) -> None:
    """Raises WrongUse where the pipeline's key cannot tell the target's rows apart, with the index that would."""
    if not pipeline.key or pipeline.on_conflict in (Policy.APPEND, Policy.REPLACE):
        return
    unknown = [name for name in pipeline.key if target.column(name) is None]
    if unknown:
        raise WrongUse(f"has no column {', '.join(unknown)}, which is in the pipeline's key", where=target.told)
    absent = [name for name in pipeline.key if name not in columns]
    if absent:
        raise WrongUse(f"the batch lacks {', '.join(absent)}, which is in the pipeline's key", where=target.told)
    index = target.key_index(pipeline.key)
    wanted = f"CREATE UNIQUE INDEX CONCURRENTLY ON {target.told} ({', '.join(pipeline.key)});"
    if index is None:
        raise WrongUse(
            f"no unique index is on exactly ({', '.join(pipeline.key)}), so two rows may have one key",
            where=target.told,
            fix=f"add it in a migration: {wanted}",
            next=[NextCommand(command=f"pgmason schema show --table {target.told}", why="shows what keys it has")],
        )
    if not index.immediate:
        raise WrongUse(
            f"the unique constraint on ({', '.join(pipeline.key)}) is deferrable, which ON CONFLICT cannot use",
            where=target.told,
            fix=f"add one that is not, in a migration: {wanted}",
        )


def merge(connection: Connection[Any], pipeline: Pipeline, target: Target, stage: Stage, *, may_delete: bool) -> Merged:
    """Bring the staged rows into the target, within the caller's transaction.

    `may_delete` False: `delete missing` deletes nothing, since what was set aside may stand for rows that exist.
    Raises what PostgreSQL raises, and DeletesTooMuch.
    """
    staged = stage.count(connection)
    statements = _Statements(pipeline, target, stage)
    if pipeline.on_conflict is Policy.APPEND:
        return Merged(inserted=connection.execute(statements.insert_all()).rowcount)
    if pipeline.on_conflict is Policy.INSERT:
        inserted = connection.execute(statements.insert_new()).rowcount
        return Merged(inserted=inserted, kept=staged - inserted)
    written = _merged_at_once(connection, statements, target) if statements.changing else None
    if written is None:
        updated = connection.execute(statements.update_changed()).rowcount if statements.changing else 0
        inserted = connection.execute(statements.insert_new(overwrite=bool(statements.changing))).rowcount
    else:
        inserted, updated = written
    deleted = 0
    if pipeline.on_conflict is Policy.DELETE_MISSING and may_delete:
        deleted = connection.execute(statements.delete_missing()).rowcount
        before = staged - inserted + deleted
        if deleted > pipeline.delete_at_most * before:
            raise DeletesTooMuch(
                f"the source lacks {deleted:,} of {before:,} rows, and delete_at_most allows"
                f" {pipeline.delete_at_most:.0%}; nothing was changed",
                where=f"pipeline {pipeline.name}",
                fix="look whether the source is whole; if it is, raise delete_at_most in the pipeline",
            )
    return Merged(inserted=inserted, updated=updated, unchanged=staged - inserted - updated, deleted=deleted)


# MERGE says how many rows it wrote, not how many of them are new: that the statistics of the transaction tell, where
# all that is written to the table is written by this statement itself. (PostgreSQL manual, MERGE; 28.2)
_ONE_STATEMENT = """
SELECT c.relkind = 'r' AND NOT c.relhasrules AND NOT c.relhassubclass
       AND pg_catalog.current_setting('track_counts')::pg_catalog.bool
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal),
       pg_catalog.pg_stat_get_xact_tuples_inserted(c.oid)
  FROM pg_catalog.pg_class c WHERE c.oid = %s
"""
_MERGE_SINCE = 150000


def _merged_at_once(connection: Connection[Any], statements: _Statements, target: Target) -> tuple[int, int] | None:
    """Rows inserted and updated by one MERGE; None where it takes two statements, and nothing was done."""
    import psycopg

    if connection.info.server_version < _MERGE_SINCE:
        return None
    simple, before = connection.execute(_ONE_STATEMENT, [target.oid]).fetchone() or (False, 0)
    if not simple:
        return None
    try:
        with connection.transaction():
            written = connection.execute(statements.merge()).rowcount
    except psycopg.errors.UniqueViolation:
        return None
    _, after = connection.execute(_ONE_STATEMENT, [target.oid]).fetchone() or (False, before)
    return after - before, written - (after - before)


class _Statements:
    """The statements of one pipeline between its stage and its target."""

    __slots__ = ("changing", "columns", "key", "stage", "table")

    def __init__(self, pipeline: Pipeline, target: Target, stage: Stage) -> None:
        from psycopg import sql

        self.table = sql.Identifier(target.schema, target.name)
        self.stage = stage.table
        self.key = pipeline.key
        self.columns = tuple(fit.column.name for fit in stage.fits)
        self.changing = tuple(name for name in self.columns if name not in pipeline.key)

    def _list(self, names: tuple[str, ...], prefix: str | None = None) -> sql.Composed:
        from psycopg import sql

        chosen = [sql.Identifier(name) if prefix is None else sql.Identifier(prefix, name) for name in names]
        return sql.SQL(", ").join(chosen)

    def _same_key(self) -> sql.Composed:
        from psycopg import sql

        return sql.SQL(" AND ").join(sql.SQL("t.{0} = s.{0}").format(sql.Identifier(name)) for name in self.key)

    def _differs(self, staged: str = "s") -> sql.Composed:
        from psycopg import sql

        return sql.SQL("ROW({})::record OPERATOR(pg_catalog.*<>) ROW({})::record").format(
            self._list(self.changing, "t"), self._list(self.changing, staged)
        )

    def insert_all(self) -> sql.Composed:
        """Every staged row, in the source's order, so that the heap has it too."""
        from psycopg import sql

        return sql.SQL("INSERT INTO {table} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {stage}").format(
            table=self.table, columns=self._list(self.columns), stage=self.stage
        )

    def insert_new(self, *, overwrite: bool = False) -> sql.Composed:
        """The staged rows whose key the target lacks. A key that someone inserts at the same moment is left as it is,
        or overwritten."""
        from psycopg import sql

        then: sql.Composable = sql.SQL("NOTHING")
        if overwrite:
            sets = sql.SQL(", ").join(
                sql.SQL("{0} = excluded.{0}").format(sql.Identifier(name)) for name in self.changing
            )
            then = sql.SQL("UPDATE SET {} WHERE {}").format(sets, self._differs("excluded"))
        return sql.SQL(
            "INSERT INTO {table} AS t ({columns}) OVERRIDING SYSTEM VALUE SELECT {staged} FROM {stage} s"
            " WHERE NOT EXISTS (SELECT FROM {table} t WHERE {same}) ON CONFLICT ({key}) DO {then}"
        ).format(
            table=self.table,
            columns=self._list(self.columns),
            staged=self._list(self.columns, "s"),
            stage=self.stage,
            same=self._same_key(),
            key=self._list(self.key),
            then=then,
        )

    def update_changed(self) -> sql.Composed:
        """The rows of the target that have the key of a staged row and differ from it."""
        from psycopg import sql

        sets = sql.SQL(", ").join(sql.SQL("{0} = s.{0}").format(sql.Identifier(name)) for name in self.changing)
        return sql.SQL("UPDATE {table} t SET {sets} FROM {stage} s WHERE {same} AND {differs}").format(
            table=self.table, sets=sets, stage=self.stage, same=self._same_key(), differs=self._differs()
        )

    def merge(self) -> sql.Composed:
        """Both at once: the rows that differ are updated, those whose key the target lacks are inserted."""
        from psycopg import sql

        sets = sql.SQL(", ").join(sql.SQL("{0} = s.{0}").format(sql.Identifier(name)) for name in self.changing)
        return sql.SQL(
            "MERGE INTO {table} t USING {stage} s ON {same} WHEN MATCHED AND {differs} THEN UPDATE SET {sets}"
            " WHEN NOT MATCHED THEN INSERT ({columns}) OVERRIDING SYSTEM VALUE VALUES ({staged})"
        ).format(
            table=self.table,
            stage=self.stage,
            same=self._same_key(),
            differs=self._differs(),
            sets=sets,
            columns=self._list(self.columns),
            staged=self._list(self.columns, "s"),
        )

    def delete_missing(self) -> sql.Composed:
        """The rows of the target whose key is not staged."""
        from psycopg import sql

        return sql.SQL("DELETE FROM {table} t WHERE NOT EXISTS (SELECT FROM {stage} s WHERE {same})").format(
            table=self.table, stage=self.stage, same=self._same_key()
        )
