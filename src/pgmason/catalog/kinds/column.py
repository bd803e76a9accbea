"""A column of a table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pgmason.catalog.clauses import option
from pgmason.catalog.keywords import identifier
from pgmason.catalog.kinds import NOT_OWN_RELATION, Kind
from pgmason.catalog.kinds.sequence import option_words, unusual_options
from pgmason.names import ObjectId

if TYPE_CHECKING:
    from psycopg.sql import Composable

__all__ = [
    "COMPRESSION",
    "KIND",
    "STORAGE",
    "Column",
    "chosen_name",
    "column_clause",
    "column_settings",
    "identity_clause",
    "not_null_name",
    "set_not_null",
]

_IDENTITY = {"a": "always", "d": "by default", "": None}
_GENERATED = {"s": "stored", "v": "virtual", "": None}
# pg_attribute.attstorage and attcompression (manual, 53.7 pg_attribute), as ALTER TABLE spells them.
STORAGE = {"p": "plain", "m": "main", "e": "external", "x": "extended"}
COMPRESSION = {"p": "pglz", "l": "lz4"}
_LONGEST_NAME = 63  # bytes: NAMEDATALEN - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column's state, as `format_type` and `pg_get_expr` print it with an empty search_path.

    `default` is the expression of an ordinary default; of a generated column it is `expression`.
    `collation` is (schema, name) where it is not the one of the type. `storage` and `compression` are None where the
    column has those of its type and of the server, `statistics` where ALTER ... SET STATISTICS was never said;
    `options` are its attribute options (`n_distinct=100`).

    `local` says that the table itself declares the column, `inherited` that a parent has it too; a partition's
    columns are its parent's alone. `identity_sequence` is (schema, name) where it is not what PostgreSQL would choose,
    `identity_options` what was said of the sequence besides; `identity_shared`: it is the partitioned parent's.

    Since 18 NOT NULL is a constraint: `not_null_name` where it is not what PostgreSQL would choose,
    `not_null_local` unless only a parent says it, NO INHERIT and NOT VALID.
    """

    type: str
    not_null: bool
    default: str | None
    identity: str | None
    generated: str | None
    expression: str | None
    collation: tuple[str, str] | None
    storage: str | None = None
    compression: str | None = None
    statistics: int | None = None
    options: tuple[str, ...] = ()
    local: bool = True
    inherited: bool = False
    identity_sequence: tuple[str, str] | None = None
    identity_options: tuple[tuple[str, int | bool], ...] = ()
    identity_shared: bool = False
    not_null_name: str | None = None
    not_null_local: bool = True
    not_null_no_inherit: bool = False
    not_null_validated: bool = True


def not_null_name(identity: ObjectId, column: Column) -> str:
    """The name of the column's NOT NULL constraint, as a server from 18 on has it."""
    return column.not_null_name or chosen_name(identity, "not_null")


def chosen_name(column: ObjectId, label: str) -> str:
    """The name that PostgreSQL chooses, `table_column_label`, the longer part cut until it fits.

    As makeObjectName does (commands/indexcmds.c). A number behind it, where the name was taken, is not foreseen.
    """
    parts = [column.path[1].encode(), column.path[2].encode()]
    room = _LONGEST_NAME - len(label) - 2
    while sum(map(len, parts)) > room:
        longer = 0 if len(parts[0]) > len(parts[1]) else 1
        parts[longer] = parts[longer][:-1]
    # a character cut in half is left out whole, as pg_mbcliplen does
    return "_".join([*(part.decode(errors="ignore") for part in parts), label])


def _build(row: Any) -> Column:
    """The state from a whole row. Few columns are like no other, and a state that is alike is the same one."""
    options, sequence, constraint = row[13], row[17], row[25]
    return _made(row) if options or sequence or constraint else _usual(row[3:])


@lru_cache(maxsize=4096)
def _usual(fields: tuple[Any, ...]) -> Column:
    """That of a column whose path says nothing besides: no sequence, no constraint with a name."""
    return _made(("", "", "", *fields))


def _made(row: Any) -> Column:
    (type_, not_null, expression, identity, generated, collation_schema, collation) = row[3:10]
    (storage, compression, statistics, options, local, inherited) = row[10:16]
    (sequence_schema, sequence, start, increment, minimum, maximum, cache, cycle, persistence) = row[16:25]
    (constraint, constraint_local, no_inherit, validated) = row[25:]
    own = ObjectId("column", row[:3])
    named = False
    said: tuple[tuple[str, int | bool], ...] = ()
    if sequence is not None:
        named = (sequence_schema, sequence) != (row[0], chosen_name(own, "seq"))
        said = unusual_options(
            type_, start=start, increment=increment, minimum=minimum, maximum=maximum, cache=cache, cycle=cycle
        )
        if persistence is not None:
            said = (*said, ("logged", persistence == "p"))
    return Column(
        type=type_,
        not_null=not_null,
        default=None if generated else expression,
        identity=_IDENTITY[identity],
        generated=_GENERATED[generated],
        expression=expression if generated else None,
        collation=(collation_schema, collation) if collation is not None else None,
        storage=STORAGE[storage] if storage else None,
        compression=COMPRESSION.get(compression),
        statistics=statistics,
        options=tuple(options or ()),
        local=local,
        inherited=inherited,
        identity_sequence=(sequence_schema, sequence) if named else None,
        identity_options=said,
        identity_shared=bool(identity) and sequence is None,
        not_null_name=constraint if constraint and constraint != chosen_name(own, "not_null") else None,
        not_null_local=constraint_local,
        not_null_no_inherit=no_inherit,
        not_null_validated=validated,
    )


def _query(version: int) -> str:
    """Compression came with 14, NOT NULL constraints with 18; the statistics target was -1 until 17 made it NULL.

    Before 18 a NOT NULL is only a parent's where the column is and a parent says it.
    """
    compression = "a.attcompression" if version >= 140000 else "''"
    if version >= 180000:
        constraint = "k.conname, coalesce(k.conislocal, true), coalesce(k.connoinherit, false),"
        constraint += " coalesce(k.convalidated, true)"
        join = "LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = c.oid AND k.contype = 'n'"
        join += " AND k.conkey[1] = a.attnum"
    else:
        constraint = """NULL::name, a.attislocal OR NOT a.attnotnull OR NOT EXISTS (
           SELECT FROM pg_catalog.pg_inherits ni JOIN pg_catalog.pg_attribute na ON na.attrelid = ni.inhparent
           WHERE ni.inhrelid = c.oid AND na.attname = a.attname AND na.attnotnull), false, true"""
        join = ""
    return f"""
SELECT c.tableoid, c.oid, a.attnum, n.nspname, c.relname, a.attname,
       pg_catalog.format_type(a.atttypid, a.atttypmod), a.attnotnull,
       pg_catalog.pg_get_expr(d.adbin, d.adrelid), a.attidentity, a.attgenerated, co.nspname, co.collname,
       CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage ELSE '' END, {compression},
       NULLIF(a.attstattarget, -1), a.attoptions, a.attislocal, a.attinhcount > 0,
       s.nspname, s.relname, s.seqstart, s.seqincrement, s.seqmin, s.seqmax, s.seqcache, s.seqcycle,
       CASE WHEN s.relpersistence <> c.relpersistence AND s.unlogs THEN s.relpersistence END, {constraint}
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
LEFT JOIN (SELECT l.oid, ln.nspname, l.collname FROM pg_catalog.pg_collation l
           JOIN pg_catalog.pg_namespace ln ON ln.oid = l.collnamespace) co
       ON co.oid = a.attcollation AND a.attcollation <> t.typcollation
LEFT JOIN LATERAL (
      SELECT sn.nspname, sc.relname, sc.relpersistence, {version >= 150000} AS unlogs,
             q.seqstart, q.seqincrement, q.seqmin, q.seqmax, q.seqcache, q.seqcycle
      FROM pg_catalog.pg_depend e
      JOIN pg_catalog.pg_class sc ON sc.oid = e.objid
      JOIN pg_catalog.pg_namespace sn ON sn.oid = sc.relnamespace
      JOIN pg_catalog.pg_sequence q ON q.seqrelid = sc.oid
      WHERE a.attidentity <> '' AND e.refclassid = c.tableoid AND e.refobjid = a.attrelid AND e.refobjsubid = a.attnum
        AND e.classid = e.refclassid AND e.objsubid = 0 AND e.deptype = 'i'
      OFFSET 0  -- once for each identity column: the planner would join all with all
    ) s ON true
{join}
WHERE a.attnum > 0 AND NOT a.attisdropped
  AND c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't' AND {NOT_OWN_RELATION}"""


def _address(identity: ObjectId, _: Column) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("COLUMN {}").format(Identifier(*identity.path))


def column_clause(
    identity: ObjectId,
    column: Column,
    *,
    typed: bool = False,
    default: bool = True,
    not_null: bool | None = None,
) -> str | None:
    """The column as CREATE TABLE writes it: `total numeric(10,2) DEFAULT 0 NOT NULL`.

    `typed`: its type is said by the table's; None where nothing is left to say. `default`: with its default.
    `not_null` overrides whether NOT NULL is said here.
    """
    # Columns are most of a script. A text, quoted by `identifier`, is made in a fifth of the time of a composition.
    said = ""
    if column.collation is not None and not typed:
        said += f" COLLATE {'.'.join(map(identifier, column.collation))}"
    if column.generated is not None:
        said += f" GENERATED ALWAYS AS ({column.expression}) {column.generated.upper()}"
    if column.default is not None and default:
        said += f" DEFAULT {column.default}"
    if column.not_null_local if not_null is None else not_null:
        said += _not_null(column)
    if column.identity is not None and not column.identity_shared:
        said += f" {identity_clause(column)}"
    if typed:
        return f"{identifier(identity.path[2])} WITH OPTIONS{said}" if said else None
    return f"{identifier(identity.path[2])} {column.type}{said}"


def _not_null(column: Column) -> str:
    if not column.not_null or not column.not_null_validated:
        return ""
    name = f" CONSTRAINT {identifier(column.not_null_name)}" if column.not_null_name is not None else ""
    return f"{name} NOT NULL{' NO INHERIT' if column.not_null_no_inherit else ''}"


def set_not_null(identity: ObjectId, column: Column) -> Composable:
    """The action of ALTER TABLE that makes an existing column NOT NULL as it is."""
    from psycopg.sql import SQL, Identifier

    if column.not_null_name or column.not_null_no_inherit or not column.not_null_validated:
        return SQL("ADD CONSTRAINT {} NOT NULL {}{}{}").format(
            Identifier(not_null_name(identity, column)),
            Identifier(identity.own_name),
            SQL(" NO INHERIT" if column.not_null_no_inherit else ""),
            SQL("" if column.not_null_validated else " NOT VALID"),
        )
    return SQL("ALTER COLUMN {} SET NOT NULL").format(Identifier(identity.own_name))


def identity_clause(column: Column) -> str:
    """`GENERATED ALWAYS AS IDENTITY (START WITH 100)`."""
    generated = f"GENERATED {(column.identity or '').upper()} AS IDENTITY"
    if column.identity_sequence is None and not column.identity_options:
        return generated
    said: list[str] = []
    if column.identity_sequence is not None:
        said.append(f"SEQUENCE NAME {'.'.join(map(identifier, column.identity_sequence))}")
    said += option_words(column.identity_options)
    return f"{generated} ({' '.join(said)})" if said else generated


def column_settings(identity: ObjectId, column: Column) -> Iterator[Composable]:
    """The actions of ALTER TABLE for what CREATE TABLE cannot say of a column."""
    usual = column.storage is None and column.compression is None and column.statistics is None
    if usual and column.not_null_validated and not column.options:
        return  # most columns
    from psycopg.sql import SQL, Identifier

    name = Identifier(identity.own_name)
    if column.storage is not None:
        yield SQL("ALTER COLUMN {} SET STORAGE {}").format(name, SQL(column.storage.upper()))
    if column.compression is not None:
        yield SQL("ALTER COLUMN {} SET COMPRESSION {}").format(name, SQL(column.compression))
    if column.statistics is not None:
        yield SQL("ALTER COLUMN {} SET STATISTICS {}").format(name, SQL(str(column.statistics)))
    if column.options:
        options = SQL(", ").join(option(text) for text in column.options)
        yield SQL("ALTER COLUMN {} SET ({})").format(name, options)
    if column.not_null and not column.not_null_validated:
        yield set_not_null(identity, column)


KIND = Kind(
    name="column",
    state=Column,
    path_length=3,
    query=_query,
    build=_build,
    needs_path=True,
    address=_address,
    covers=("NOT NULL constraint not valid",),
)
