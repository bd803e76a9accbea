"""What is the table like that rows are to go into?

One table, read from pg_catalog in three short queries (the whole catalog of a database takes longer than a small
load). Types are given as PostgreSQL writes them for this session's search_path, domains with what they stand on.
Relations that rows cannot be loaded into are refused by name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgmason.errors import NextCommand, Unsupported, WrongUse
from pgmason.names import quoted

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["Check", "ForeignKey", "Target", "TargetColumn", "UniqueKey", "read_target"]

_REFUSED = {
    "v": "a view",
    "m": "a materialized view",
    "f": "a foreign table",
    "S": "a sequence",
    "i": "an index",
    "c": "a composite type",
}

_COLUMNS = """
SELECT a.attname, a.atttypid, pg_catalog.format_type(a.atttypid, a.atttypmod),
       b.oid, b.typname, b.typnamespace = 'pg_catalog'::pg_catalog.regnamespace, b.typtype,
       pg_catalog.format_type(b.oid, d.typmod), d.typmod, d.domains > 0,
       CASE WHEN b.typcategory = 'A' AND b.typelem <> 0 THEN b.typelem ELSE 0 END,
       a.attnotnull, a.attgenerated <> '', a.attidentity, a.atthasdef,
       (SELECT pg_catalog.array_agg(e.enumlabel::text ORDER BY e.enumsortorder)
          FROM pg_catalog.pg_enum e WHERE e.enumtypid = b.oid),
       CASE WHEN a.attidentity <> '' OR a.atthasdef
            THEN pg_catalog.pg_get_serial_sequence(%(name)s, a.attname) END
  FROM pg_catalog.pg_attribute a
  CROSS JOIN LATERAL (
    WITH RECURSIVE down(oid, typmod, domains) AS (
      SELECT a.atttypid, a.atttypmod, 0
      UNION ALL
      SELECT t.typbasetype, t.typtypmod, down.domains + 1
        FROM down JOIN pg_catalog.pg_type t ON t.oid = down.oid WHERE t.typtype = 'd')
    SELECT oid, typmod, domains FROM down ORDER BY domains DESC LIMIT 1) d
  JOIN pg_catalog.pg_type b ON b.oid = d.oid
 WHERE a.attrelid = %(oid)s AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attnum
"""

_UNIQUE = """
SELECT i.indisprimary, i.indimmediate,
       (SELECT pg_catalog.array_agg(a.attname::text ORDER BY k.n)
          FROM pg_catalog.unnest(i.indkey) WITH ORDINALITY k(attnum, n)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
         WHERE k.n <= i.indnkeyatts)
  FROM pg_catalog.pg_index i
 WHERE i.indrelid = %(oid)s AND i.indisunique AND i.indisvalid AND i.indisready
   AND i.indpred IS NULL AND i.indexprs IS NULL
 ORDER BY i.indisprimary DESC, i.indexrelid
"""

_CONSTRAINTS = """
SELECT c.conname, c.contype, pg_catalog.pg_get_expr(c.conbin, c.conrelid),
       (SELECT pg_catalog.array_agg(a.attname::text ORDER BY k.n)
          FROM pg_catalog.unnest(c.conkey) WITH ORDINALITY k(attnum, n)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum),
       n.nspname, r.relname, c.confrelid = c.conrelid,
       (SELECT pg_catalog.array_agg(a.attname::text ORDER BY k.n)
          FROM pg_catalog.unnest(c.confkey) WITH ORDINALITY k(attnum, n)
          JOIN pg_catalog.pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.attnum),
       c.confmatchtype = 'f'
  FROM pg_catalog.pg_constraint c
  LEFT JOIN pg_catalog.pg_class r ON r.oid = c.confrelid
  LEFT JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
 WHERE c.conrelid = %(oid)s AND c.contype IN ('c', 'f')
 ORDER BY c.conname
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetColumn:
    """One column. `type` is its type with its length; `base` the type under its domains, `base_name` that type's own
    name ("int4", "numeric", an enum's), "" where it is no type of pg_catalog and no enum.

    `kind` is pg_type.typtype of the base; `typmod` its modifier, -1 for none; `element` the oid of an array's
    elements, 0 for what is no array; `labels` those of an enum. `sequence`: the one that an identity or serial column
    owns, as `SCHEMA.NAME` quoted for `::regclass`.
    """

    name: str
    type_oid: int
    type: str
    base_oid: int
    base: str
    base_name: str
    kind: str
    typmod: int
    domain: bool
    element: int
    not_null: bool
    generated: bool
    identity: str
    has_default: bool
    labels: tuple[str, ...] = ()
    sequence: str | None = None

    @property
    def may_be_left_out(self) -> bool:
        """Whether a row can be inserted without naming it."""
        return not self.not_null or self.generated or bool(self.identity) or self.has_default


@dataclass(frozen=True, slots=True, kw_only=True)
class UniqueKey:
    """A valid unique index on plain columns, without a condition. `immediate`: ON CONFLICT may name it."""

    columns: tuple[str, ...]
    primary: bool
    immediate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A CHECK constraint; `expression` is the server's own text of it, columns unqualified."""

    name: str
    expression: str
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """A foreign key out of the table. `full`: MATCH FULL; `self_reference`: to the table itself."""

    name: str
    columns: tuple[str, ...]
    parent: tuple[str, str]
    parent_columns: tuple[str, ...]
    self_reference: bool
    full: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A table as rows meet it. `columns` in the table's order, generated ones among them."""

    oid: int
    schema: str
    name: str
    partitioned: bool
    columns: tuple[TargetColumn, ...]
    unique_keys: tuple[UniqueKey, ...]
    checks: tuple[Check, ...]
    foreign_keys: tuple[ForeignKey, ...]

    @property
    def told(self) -> str:
        """Schema and name as a person writes them."""
        return f"{quoted(self.schema)}.{quoted(self.name)}"

    def column(self, name: str) -> TargetColumn | None:
        """The column of that name."""
        return next((column for column in self.columns if column.name == name), None)

    def key_index(self, key: tuple[str, ...]) -> UniqueKey | None:
        """The unique index on exactly these columns, in any order; one that ON CONFLICT may name before others."""
        fitting = [unique for unique in self.unique_keys if set(unique.columns) == set(key)]
        return next((unique for unique in fitting if unique.immediate), fitting[0] if fitting else None)


def read_target(connection: Connection[Any], schema: str, name: str) -> Target:
    """The table of that name; what is spelled in it is for the session that read it. Raises WrongUse where there is
    none, and Unsupported where it is a view, a foreign table or the like."""
    from psycopg import sql

    row = connection.execute(
        "SELECT c.oid, c.relkind FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = %s AND c.relname = %s",
        [schema, name],
    ).fetchone()
    told = f"{quoted(schema)}.{quoted(name)}"
    if row is None:
        raise WrongUse(
            "there is no such table in this database",
            where=told,
            fix="apply the migrations first, or name the target as SCHEMA.TABLE with the case it was created in",
            next=[NextCommand(command="pgmason schema show database:env:DATABASE_URL", why="shows what is there")],
        )
    oid, relkind = row
    if relkind in _REFUSED:
        raise Unsupported(f"is {_REFUSED[relkind]}; rows are loaded into tables only", where=told)
    asked = {"oid": oid, "name": sql.Identifier(schema, name).as_string(None)}
    return Target(
        oid=oid,
        schema=schema,
        name=name,
        partitioned=relkind == "p",
        columns=tuple(_column(*values) for values in connection.execute(_COLUMNS, asked).fetchall()),
        unique_keys=tuple(
            UniqueKey(columns=tuple(columns), primary=primary, immediate=immediate)
            for primary, immediate, columns in connection.execute(_UNIQUE, asked).fetchall()
        ),
        **_constraints(connection.execute(_CONSTRAINTS, asked).fetchall()),
    )


def _column(*values: Any) -> TargetColumn:
    (name, type_oid, type_, base_oid, base_name, in_catalog, kind, base, typmod, domain, element) = values[:11]
    (not_null, generated, identity, has_default, labels, sequence) = values[11:]
    return TargetColumn(
        name=name,
        type_oid=type_oid,
        type=type_,
        base_oid=base_oid,
        base=base,
        base_name=base_name if in_catalog or kind == "e" else "",
        kind=kind,
        typmod=typmod,
        domain=domain,
        element=element,
        not_null=not_null,
        generated=generated,
        identity=identity,
        has_default=has_default,
        labels=tuple(labels or ()),
        sequence=sequence,
    )


def _constraints(rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    checks, keys = [], []
    for name, kind, expression, columns, schema, parent, own, parent_columns, full in rows:
        if kind == "c":
            checks.append(Check(name=name, expression=expression, columns=tuple(columns or ())))
        else:
            keys.append(
                ForeignKey(
                    name=name,
                    columns=tuple(columns),
                    parent=(schema, parent),
                    parent_columns=tuple(parent_columns),
                    self_reference=own,
                    full=full,
                )
            )
    return {"checks": tuple(checks), "foreign_keys": tuple(keys)}
