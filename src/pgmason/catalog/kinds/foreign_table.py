"""A foreign table: rows that another server has. Its columns and checks are objects of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgmason.catalog.create_table import relation_statements
from pgmason.catalog.foreign import Options, options_clause, options_query, read_options
from pgmason.catalog.kinds import NOT_OWN_RELATION, Kind
from pgmason.catalog.kinds.table import Table
from pgmason.catalog.presence import Rows
from pgmason.names import ObjectId

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog

__all__ = ["KIND", "ForeignTable"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignTable:
    """A foreign table: its columns' names in order, where its rows are, and what it is a part or a child of.

    `column_options` holds (column, options) for the columns that have some, in the order of the columns.
    """

    columns: tuple[str, ...]
    server: str
    options: Options
    column_options: tuple[tuple[str, Options], ...]
    partition_of: tuple[str, str] | None
    partition_bound: str | None
    inherits: tuple[tuple[str, str], ...]


def _build(row: Any) -> ForeignTable:
    columns, server, options, is_partition, bound, parent_schemas, parents, of_columns = row
    above = tuple(zip(parent_schemas, parents, strict=True))
    return ForeignTable(
        columns=tuple(columns),
        server=server,
        options=read_options(options),
        column_options=tuple((name, read_options(column_options)) for name, column_options in of_columns or ()),
        partition_of=above[0] if is_partition else None,
        partition_bound=bound,
        inherits=() if is_partition else above,
    )


def _address(identity: ObjectId, table: ForeignTable) -> Composable:  # noqa: ARG001  # every kind's shape
    from psycopg.sql import SQL, Identifier

    return SQL("FOREIGN TABLE {}").format(Identifier(*identity.path))


def _create(identity: ObjectId, table: ForeignTable, catalog: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL, Identifier

    as_table = Table(
        columns=table.columns,
        unlogged=False,
        partition_key=None,
        partition_of=table.partition_of,
        partition_bound=table.partition_bound,
        inherits=table.inherits,
    )
    yield from relation_statements(
        identity,
        as_table,
        catalog,
        head=SQL("CREATE {}").format(_address(identity, table)),
        tail=SQL(" SERVER {}{}").format(Identifier(table.server), options_clause(table.options)),
    )
    for column, options in table.column_options:
        yield SQL("ALTER {} ALTER COLUMN {}{}").format(
            _address(identity, table), Identifier(column), options_clause(options, add=True)
        )


def _makes(identity: ObjectId, table: ForeignTable, catalog: Catalog) -> Iterator[ObjectId]:
    yield from (ObjectId("column", (*identity.path, name)) for name in table.columns)
    yield from (one for one, check in catalog.checks(identity) if check.validated)


KIND = Kind(
    name="foreign table",
    state=ForeignTable,
    path_length=2,
    rows=(Rows(catalog="pg_class", column="relkind", letters="f"),),
    query=f"""
SELECT c.tableoid, c.oid, 0, n.nspname, c.relname,
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
       s.srvname, {options_query("f.ftoptions")}, c.relispartition, pg_catalog.pg_get_expr(c.relpartbound, c.oid),
       ARRAY(SELECT pn.nspname::text FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
             JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace WHERE i.inhrelid = c.oid ORDER BY i.inhseqno),
       ARRAY(SELECT p.relname::text FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class p ON p.oid = i.inhparent
             WHERE i.inhrelid = c.oid ORDER BY i.inhseqno),
       (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(a.attname, {options_query("a.attfdwoptions")})
                                    ORDER BY a.attnum)
        FROM pg_catalog.pg_attribute a
        WHERE a.attrelid = c.oid AND a.attfdwoptions <> '{{}}' AND NOT a.attisdropped)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_foreign_table f ON f.ftrelid = c.oid
JOIN pg_catalog.pg_foreign_server s ON s.oid = f.ftserver
WHERE {NOT_OWN_RELATION}""",
    build=_build,
    address=_address,
    create=_create,
    makes=_makes,
)
