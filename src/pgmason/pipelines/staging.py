"""Where do rows wait between their source and the target?

In two unlogged tables in the schema `pgmason`, made by each run and dropped by it: `stage_NAME` with the target's
columns and `pgmason_row` (its place in the source's order: the batch's number, then the row's), and `stage__bad_NAME`
with the rows set aside (a pipeline's name begins with a letter, so that neither is a table of another pipeline). A
crash of the server empties them, which is right: what is staged belongs to one run, and a run that died starts again
from its cursor. The next run drops what a dead one left.

Columns that have no binary form arrive as text, and `settle` lets PostgreSQL turn them into their own types, all of
them in one pass; where one value does not go, the rows at fault are found and set aside.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pgmason.pipelines.model import Severity, StagedExpectation
from pgmason.rows.fitting import Fit

if TYPE_CHECKING:
    from psycopg import Connection, sql

__all__ = ["BAD_COLUMNS", "ROW", "WORK_MEM", "Stage"]

ROW = "pgmason_row"
WORK_MEM = "128MB"  # of what a load asks of the server, within its own transactions
BAD_COLUMNS = ("expectation", "reason", "form", "key", "row")

# Says why a text is no value of a type: NULL where it is one. Types are spelled by format_type, which quotes them.
_WHY_NOT = """
CREATE OR REPLACE FUNCTION pg_temp.pgmason_why_not(value text, type text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE 'SELECT CAST($1 AS ' || type || ')' USING value;
  RETURN NULL;
EXCEPTION WHEN data_exception OR integrity_constraint_violation OR syntax_error_or_access_rule_violation
            OR program_limit_exceeded OR feature_not_supported THEN
  RETURN SQLSTATE;
END $$
"""


class Stage:
    """The staging tables of one pipeline; `fits` are the columns that travel, in their order."""

    __slots__ = ("bad", "fits", "key", "name", "settled", "table", "view")

    def __init__(self, name: str, fits: Sequence[Fit], key: Sequence[str]) -> None:
        from psycopg import sql

        self.name = name
        self.fits = tuple(fits)
        self.key = tuple(key)
        self.table = sql.Identifier("pgmason", f"stage_{name}")
        self.bad = sql.Identifier("pgmason", f"stage__bad_{name}")
        self.view = sql.Identifier("pg_temp", "staging")
        self.settled = False

    def make(self, connection: Connection[Any]) -> None:
        """Both tables, empty; what an earlier run left under these names goes."""
        from psycopg import sql

        columns = [sql.SQL("{} {}").format(sql.Identifier(fit.column.name), sql.SQL(fit.staged)) for fit in self.fits]
        with connection.transaction():
            self.drop(connection)
            connection.execute(
                sql.SQL("CREATE UNLOGGED TABLE {} ({}, {} int8) WITH (autovacuum_enabled = false)").format(
                    self.table, sql.SQL(", ").join(columns), sql.Identifier(ROW)
                )
            )
            connection.execute(
                sql.SQL(
                    "CREATE UNLOGGED TABLE {} (expectation text, reason text, form text, key json, row json)"
                ).format(self.bad)
            )
        self.settled = False

    def drop(self, connection: Connection[Any]) -> None:
        """Both tables gone, if they were there, and those of attempts."""
        from psycopg import sql

        from pgmason.pipelines.attempts import drop_attempts

        drop_attempts(connection, self.name)
        connection.execute(sql.SQL("DROP TABLE IF EXISTS {}, {} CASCADE").format(self.table, self.bad))

    def copy_in(self) -> sql.Composed:
        """The statement that takes rows into the stage."""
        from psycopg import sql

        names = [*(fit.column.name for fit in self.fits), ROW]
        return sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(
            self.table, sql.SQL(", ").join(map(sql.Identifier, names))
        )

    def copy_bad(self) -> sql.Composed:
        """The statement that takes rejected rows, columns as BAD_COLUMNS."""
        from psycopg import sql

        return sql.SQL("COPY {} ({}) FROM STDIN").format(self.bad, sql.SQL(", ").join(map(sql.Identifier, BAD_COLUMNS)))

    def settle(self, connection: Connection[Any]) -> int:
        """Every column in the target's own type, and statistics taken; how many rows were set aside on the way."""
        import psycopg
        from psycopg import sql

        set_aside = 0
        later = [fit for fit in self.fits if fit.afterwards]
        if later and not self.settled:
            turn = sql.SQL("ALTER TABLE {} {}").format(
                self.table,
                sql.SQL(", ").join(
                    sql.SQL("ALTER COLUMN {0} TYPE {1} USING {0}::{1}").format(
                        sql.Identifier(fit.column.name), sql.SQL(fit.column.type)
                    )
                    for fit in later
                ),
            )
            try:
                connection.execute(turn)
            except (psycopg.DataError, psycopg.IntegrityError, psycopg.NotSupportedError, psycopg.ProgrammingError):
                set_aside = self._set_misfits_aside(connection, later)
                if not set_aside:
                    raise
                connection.execute(turn)
            self.settled = True
        with connection.transaction():
            # how many rows there are, and how many keys, decides the plans of the merge; a small sample tells it
            connection.execute("SELECT pg_catalog.set_config('default_statistics_target', '10', true)")
            connection.execute(sql.SQL("ANALYZE {}").format(self.table))
        return set_aside

    def _set_misfits_aside(self, connection: Connection[Any], later: Sequence[Fit]) -> int:
        from psycopg import sql

        connection.execute(_WHY_NOT)
        count = 0
        for fit in later:
            name = sql.Identifier(fit.column.name)
            failing = sql.SQL("SELECT {} FROM {} WHERE pg_temp.pgmason_why_not({}::text, {}) IS NOT NULL").format(
                sql.Identifier(ROW), self.table, name, sql.Literal(fit.column.type)
            )
            reason = f"{fit.column.name} is no {fit.column.type}"
            count += self.set_aside(connection, failing, expectation=f"fits({fit.column.name})", reason=reason)
        return count

    def set_aside(self, connection: Connection[Any], failing: sql.Composable, *, expectation: str, reason: str) -> int:
        """Move the rows that `failing` selects (their `pgmason_row`) among the rejected; how many there were."""
        from psycopg import sql

        key: sql.Composable = sql.SQL("NULL")
        if self.key:
            pairs = [sql.SQL("{}, gone.{}").format(sql.Literal(k), sql.Identifier(k)) for k in self.key]
            key = sql.SQL("pg_catalog.json_build_object({})").format(sql.SQL(", ").join(pairs))
        row = sql.SQL("(pg_catalog.to_jsonb(gone) - {})::json").format(sql.Literal(ROW))
        moved = connection.execute(
            sql.SQL(
                "WITH gone AS (DELETE FROM {stage} WHERE {row} IN ({failing}) RETURNING *)"
                " INSERT INTO {bad} (expectation, reason, form, key, row)"
                " SELECT {expectation}, {reason}, 'staged', {key}, {document} FROM gone"
            ).format(
                stage=self.table,
                row=sql.Identifier(ROW),
                failing=failing,
                bad=self.bad,
                expectation=sql.Literal(expectation),
                reason=sql.Literal(reason),
                key=key,
                document=row,
            )
        )
        return moved.rowcount

    def count_failing(self, connection: Connection[Any], expectation: StagedExpectation) -> int:
        """How many staged rows fail an expectation."""
        from psycopg import sql

        asked = sql.SQL("SELECT pg_catalog.count(DISTINCT r) FROM ({}) failing(r)").format(
            expectation.failing_rows(self.table)
        )
        row = connection.execute(asked).fetchone()
        return int(row[0]) if row else 0

    def judge(
        self, connection: Connection[Any], expectation: StagedExpectation, *, severity: Severity | None = None
    ) -> int:
        """How many staged rows fail; they are set aside where the severity is QUARANTINE."""
        if (severity or expectation.severity) is Severity.QUARANTINE:
            failing = expectation.failing_rows(self.table)
            return self.set_aside(connection, failing, expectation=expectation.name, reason=expectation.reason)
        return self.count_failing(connection, expectation)

    def run_sql(self, connection: Connection[Any], statements: Sequence[str]) -> None:
        """The pipeline's own statements on the staged rows, which they see as `staging`; all or none."""
        from psycopg import sql

        with connection.transaction():
            connection.execute(sql.SQL("CREATE TEMP VIEW staging AS SELECT * FROM {}").format(self.table))
            for statement in statements:
                connection.execute(statement.encode())
            connection.execute("DROP VIEW pg_temp.staging")

    def duplicates(self) -> sql.Composed:
        """The `pgmason_row` of each staged row whose key a later row has too."""
        from psycopg import sql

        return sql.SQL(
            "SELECT {row} FROM (SELECT {row}, pg_catalog.row_number() OVER (PARTITION BY {key} ORDER BY {row} DESC)"
            " AS place FROM {stage}) ranked WHERE place > 1"
        ).format(row=sql.Identifier(ROW), key=sql.SQL(", ").join(map(sql.Identifier, self.key)), stage=self.table)

    def has_duplicates(self, connection: Connection[Any]) -> bool:
        """Whether two staged rows have one key."""
        from psycopg import sql

        if len(self.key) == 1:  # a sort of values, which is quick where they come in order
            many = sql.SQL(
                "SELECT pg_catalog.count(DISTINCT {key}) < pg_catalog.count({key})"
                " OR pg_catalog.count(*) - pg_catalog.count({key}) > 1 FROM {stage}"
            ).format(key=sql.Identifier(self.key[0]), stage=self.table)
        else:
            many = sql.SQL("SELECT EXISTS (SELECT FROM {} GROUP BY {} HAVING pg_catalog.count(*) > 1)").format(
                self.table, sql.SQL(", ").join(map(sql.Identifier, self.key))
            )
        with connection.transaction():
            connection.execute("SELECT pg_catalog.set_config('work_mem', %s, true)", [WORK_MEM])
            row = connection.execute(many).fetchone()
        return bool(row and row[0])

    def drop_duplicates(self, connection: Connection[Any]) -> int:
        """Keep the last row of each key; how many went."""
        from psycopg import sql

        return connection.execute(
            sql.SQL("DELETE FROM {} WHERE {} IN ({})").format(self.table, sql.Identifier(ROW), self.duplicates())
        ).rowcount

    def count(self, connection: Connection[Any], *, bad: bool = False) -> int:
        """How many rows wait here, or among the rejected."""
        from psycopg import sql

        row = connection.execute(
            sql.SQL("SELECT pg_catalog.count(*) FROM {}").format(self.bad if bad else self.table)
        ).fetchone()
        return int(row[0]) if row else 0
