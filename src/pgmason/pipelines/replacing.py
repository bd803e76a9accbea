"""How does a table come to hold exactly what the source holds?

The policy `replace`. Where the contents are the same already, nothing is written. Else a table like the target is built
beside it, in a schema `pgmason_NAME_new`, with the target's constraints and indexes under their own names; the two
change places in one short transaction, and the old one goes. The lock that this needs is asked for with a timeout of
100 ms, again and again, so that no reader queues behind it for longer.

A swapped table is another table: what refers to the old one by its oid would go on referring to it. Where there is such
a thing (a view, a foreign key into it, a trigger, a policy, a publication, a partition), the rows are exchanged within
the target instead, by DELETE and INSERT in one transaction, and the run says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pgmason.pipelines.policies import Merged
from pgmason.pipelines.staging import Stage
from pgmason.rows.target import Target

if TYPE_CHECKING:
    from psycopg import Connection, sql

__all__ = ["Replacement"]

SWAP_LOCK_TIMEOUT_MS = 100

# Whatever would not go along with a swap, as PostgreSQL describes it.
_IN_THE_WAY = """
SELECT pg_catalog.pg_describe_object(d.classid, d.objid, 0)
  FROM pg_catalog.pg_depend d
 WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = %(oid)s
   AND d.classid IN ('pg_catalog.pg_rewrite'::pg_catalog.regclass, 'pg_catalog.pg_policy'::pg_catalog.regclass,
                     'pg_catalog.pg_publication_rel'::pg_catalog.regclass,
                     'pg_catalog.pg_trigger'::pg_catalog.regclass, 'pg_catalog.pg_proc'::pg_catalog.regclass,
                     'pg_catalog.pg_statistic_ext'::pg_catalog.regclass)
   AND NOT (d.classid = 'pg_catalog.pg_trigger'::pg_catalog.regclass
            AND EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE t.oid = d.objid AND t.tgisinternal))
UNION
SELECT 'foreign key ' || c.conname || ' of ' || c.conrelid::pg_catalog.regclass::text
  FROM pg_catalog.pg_constraint c WHERE c.contype = 'f' AND c.confrelid = %(oid)s AND c.conrelid <> %(oid)s
UNION
SELECT 'its foreign key to itself, ' || c.conname
  FROM pg_catalog.pg_constraint c WHERE c.contype = 'f' AND c.confrelid = %(oid)s AND c.conrelid = %(oid)s
UNION
SELECT CASE WHEN i.inhrelid = %(oid)s THEN 'it belongs to ' || i.inhparent::pg_catalog.regclass::text
            ELSE i.inhrelid::pg_catalog.regclass::text || ' belongs to it' END
  FROM pg_catalog.pg_inherits i WHERE %(oid)s IN (i.inhrelid, i.inhparent)
UNION
SELECT 'it is partitioned' FROM pg_catalog.pg_class WHERE oid = %(oid)s AND relkind = 'p'
UNION
SELECT 'row level security' FROM pg_catalog.pg_class WHERE oid = %(oid)s AND relrowsecurity
UNION
SELECT 'a replica identity of its own' FROM pg_catalog.pg_class WHERE oid = %(oid)s AND relreplident <> 'd'
UNION
SELECT 'grants on column ' || attname FROM pg_catalog.pg_attribute
 WHERE attrelid = %(oid)s AND attacl IS NOT NULL AND attnum > 0
UNION
SELECT 'the sequence ' || d.objid::pg_catalog.regclass::text
  FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class s ON s.oid = d.objid AND s.relkind = 'S'
 WHERE d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND d.refobjid = %(oid)s
   AND d.classid = 'pg_catalog.pg_class'::pg_catalog.regclass
UNION
SELECT pg_catalog.pg_describe_object(d.classid, d.objid, d.objsubid)
  FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_class c ON c.oid = %(oid)s
 WHERE d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass AND d.refobjid = c.reltype AND d.deptype = 'n'
UNION
SELECT 'it is owned by ' || pg_catalog.pg_get_userbyid(relowner) FROM pg_catalog.pg_class
 WHERE oid = %(oid)s AND relowner <> (SELECT r.oid FROM pg_catalog.pg_roles r WHERE r.rolname = current_user)
ORDER BY 1 LIMIT 3
"""


class Replacement:
    """The replacement of one target by what is staged."""

    def __init__(self, connection: Connection[Any], target: Target, stage: Stage) -> None:
        from psycopg import sql

        self.connection = connection
        self.target = target
        self.stage = stage
        self.columns = [fit.column.name for fit in stage.fits]
        self.old = sql.Identifier(target.schema, target.name)
        self.beside, self.aside = f"pgmason_{stage.name}_new", f"pgmason_{stage.name}_old"
        self.new = sql.Identifier(self.beside, target.name)
        self.rows_before = 0
        self.rows_after = 0
        self.same = False
        self.in_the_way: tuple[str, ...] = ()
        self.built = False

    def prepare(self) -> None:
        """Look whether anything has to change and how, and build what is to be swapped in. Takes no lock that
        anybody waits for."""
        staged, held = self._contents(self.stage.table), self._contents(self.old)
        self.rows_after, self.rows_before, self.same = staged[0], held[0], staged == held
        if self.same:
            return
        found = self.connection.execute(_IN_THE_WAY, {"oid": self.target.oid}).fetchall()
        self.in_the_way = tuple(row[0] for row in found)
        if not self.in_the_way:
            self._build()

    def apply(self) -> Merged:
        """The exchange itself, within the caller's transaction."""
        from psycopg import sql

        if self.same:
            return Merged(unchanged=self.rows_before)
        run = self.connection.execute
        if not self.built:
            run(sql.SQL("DELETE FROM {}").format(self.old))
            run(self._insert(self.old))
            return Merged(inserted=self.rows_after, deleted=self.rows_before)
        run("SELECT pg_catalog.set_config('lock_timeout', %s, true)", [f"{SWAP_LOCK_TIMEOUT_MS}ms"])
        run(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(self.old))
        aside = sql.Identifier(self.aside)
        run(sql.SQL("CREATE SCHEMA {}").format(aside))
        run(sql.SQL("ALTER TABLE {} SET SCHEMA {}").format(self.old, aside))
        run(sql.SQL("ALTER TABLE {} SET SCHEMA {}").format(self.new, sql.Identifier(self.target.schema)))
        run(sql.SQL("DROP SCHEMA {} CASCADE").format(aside))
        run(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(self.beside)))
        return Merged(inserted=self.rows_after, deleted=self.rows_before)

    def forget(self) -> None:
        """What was built and not swapped in goes."""
        from psycopg import sql

        if self.built:
            self.connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(self.beside)))

    def _contents(self, table: sql.Composable) -> tuple[Any, ...]:
        """How many rows, and two sums of hashes over the columns that the source gives."""
        from psycopg import sql

        row = sql.SQL("ROW({})::pg_catalog.text").format(sql.SQL(", ").join(map(sql.Identifier, self.columns)))
        found = self.connection.execute(
            sql.SQL(
                "SELECT pg_catalog.count(*), pg_catalog.sum(pg_catalog.hashtextextended({0}, 0)),"
                " pg_catalog.sum(pg_catalog.hashtextextended({0}, 1)) FROM {1}"
            ).format(row, table)
        ).fetchone()
        assert found is not None
        return tuple(found)

    def _insert(self, table: sql.Composable) -> sql.Composed:
        from psycopg import sql

        from pgmason.pipelines.staging import ROW

        return sql.SQL("INSERT INTO {0} ({1}) OVERRIDING SYSTEM VALUE SELECT {1} FROM {2} ORDER BY {3}").format(
            table, sql.SQL(", ").join(map(sql.Identifier, self.columns)), self.stage.table, sql.Identifier(ROW)
        )

    def _build(self) -> None:
        from psycopg import sql

        run = self.connection.execute
        described = self._described()
        with self.connection.transaction():
            run(sql.SQL("DROP SCHEMA IF EXISTS {0} CASCADE; CREATE SCHEMA {0}").format(sql.Identifier(self.beside)))
            run(sql.SQL("CREATE TABLE {} (LIKE {} INCLUDING ALL EXCLUDING INDEXES)").format(self.new, self.old))
            run(self._insert(self.new))
            # the definitions were written unqualified, so they mean the new table here
            run(
                "SELECT pg_catalog.set_config('search_path', %s, true)",
                [
                    sql.SQL("{}, {}")
                    .format(sql.Identifier(self.beside), sql.Identifier(self.target.schema))
                    .as_string(None)
                ],
            )
            for statement in described:
                run(statement)
            run(sql.SQL("ANALYZE {}").format(self.new))
        self.built = True

    def _described(self) -> Sequence[Any]:
        """The statements that give the new table what LIKE does not copy."""
        from psycopg import sql

        asked = {"oid": self.target.oid}
        statements: list[Any] = []
        with self.connection.transaction():
            self.connection.execute(
                "SELECT pg_catalog.set_config('search_path', %s, true)",
                [sql.Identifier(self.target.schema).as_string(None)],
            )
            indexes = self.connection.execute(
                "SELECT pg_catalog.pg_get_indexdef(i.indexrelid, 0, true) FROM pg_catalog.pg_index i"
                " WHERE i.indrelid = %(oid)s AND i.indisvalid AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint c"
                " WHERE c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x')) ORDER BY i.indexrelid",
                asked,
            ).fetchall()
            constraints = self.connection.execute(
                "SELECT conname, pg_catalog.pg_get_constraintdef(oid) FROM pg_catalog.pg_constraint"
                " WHERE conrelid = %(oid)s AND contype IN ('p', 'u', 'x', 'f') ORDER BY contype DESC, conname",
                asked,
            ).fetchall()
            options, comment = self.connection.execute(
                "SELECT reloptions, pg_catalog.obj_description(oid, 'pg_class') FROM pg_catalog.pg_class"
                " WHERE oid = %(oid)s",
                asked,
            ).fetchone() or (None, None)
            grants = self.connection.execute(
                "SELECT CASE WHEN a.grantee = 0 THEN NULL ELSE pg_catalog.pg_get_userbyid(a.grantee) END,"
                " a.privilege_type, a.is_grantable"
                " FROM pg_catalog.pg_class c, pg_catalog.aclexplode(c.relacl) a"
                " WHERE c.oid = %(oid)s AND a.grantee <> c.relowner",
                asked,
            ).fetchall()
        for name, definition in constraints:
            statements.append(
                sql.SQL("ALTER TABLE {} ADD CONSTRAINT {} {}").format(
                    self.new, sql.Identifier(name), sql.SQL(definition)
                )
            )
        statements += [row[0].encode() for row in indexes]
        for option in options or ():
            name, _, value = option.partition("=")
            statements.append(
                sql.SQL("ALTER TABLE {} SET ({} = {})").format(self.new, sql.Identifier(name), sql.Literal(value))
            )
        if comment is not None:
            statements.append(sql.SQL("COMMENT ON TABLE {} IS {}").format(self.new, sql.Literal(comment)))
        for grantee, privilege, grantable in grants:
            statements.append(
                sql.SQL("GRANT {} ON {} TO {}{}").format(
                    sql.SQL(privilege),
                    self.new,
                    sql.SQL("PUBLIC") if grantee is None else sql.Identifier(grantee),
                    sql.SQL(" WITH GRANT OPTION" if grantable else ""),
                )
            )
        return statements
