"""A view."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgmason.catalog.clauses import option
from pgmason.catalog.kinds import NOT_OWN_RELATION, Kind, Shell
from pgmason.catalog.presence import Rows

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "View", "columns_of_view", "query_of_view", "view_columns"]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """A view: names and types of its columns in order, its query as the server prints it.

    `options` as the server keeps them, WITH CHECK OPTION among them (`check_option=local`). `collations` are those of
    columns (column, schema, name) that are not their type's. `defaults` are those of ALTER VIEW ... SET DEFAULT
    (column, expression), which an INSERT through the view takes.
    """

    columns: tuple[tuple[str, str], ...]
    definition: str
    options: tuple[str, ...]
    collations: tuple[tuple[str, str, str], ...] = ()
    defaults: tuple[tuple[str, str], ...] = ()


def columns_of_view() -> str:
    """SQL: the names and types of the columns of relation c."""
    return """
       ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum),
       ARRAY(SELECT pg_catalog.format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute a
             WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum)"""


def view_columns(row: Sequence[Any]) -> Iterator[tuple[tuple[int, int, int], str]]:
    """The addresses of a view's columns, whose comments and grants are told with the view; none is ever dropped."""
    for number, name in enumerate(row[5], start=1):
        yield (row[0], row[1], number), name


def query_of_view(definition: str) -> str:
    """The query without the semicolon that pg_get_viewdef puts behind it."""
    return definition.rstrip().removesuffix(";")


def _address(identity: ObjectId, _: View) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("VIEW {}").format(Identifier(*identity.path))


def _create(identity: ObjectId, view: View, _: Catalog) -> Iterator[Composable]:
    yield _statement("CREATE", identity, view, query_of_view(view.definition))
    yield from _defaults(identity, view)


def _statement(verb: str, identity: ObjectId, view: View, query: str | Composable) -> Composable:
    from psycopg.sql import SQL, Identifier

    options = SQL(" WITH ({})").format(SQL(", ").join(option(text) for text in view.options))
    return SQL("{} VIEW {}{} AS\n{}").format(
        SQL(verb),
        Identifier(*identity.path),
        options if view.options else SQL(""),
        SQL(query) if isinstance(query, str) else query,
    )


def _defaults(identity: ObjectId, view: View) -> Iterator[Composable]:
    from psycopg.sql import SQL, Identifier

    for column, expression in view.defaults:
        yield SQL("ALTER VIEW {} ALTER COLUMN {} SET DEFAULT {}").format(
            Identifier(*identity.path), Identifier(column), SQL(expression)
        )


def _begin(identity: ObjectId, view: View, _: Catalog) -> Iterator[Composable]:
    """The view with its columns' types and no rows, until what it reads exists."""
    from dataclasses import replace

    from psycopg.sql import SQL, Identifier

    collations = {column: Identifier(schema, name) for column, schema, name in view.collations}
    columns = []
    for name, type_ in view.columns:
        collation = SQL(" COLLATE {}").format(collations[name]) if name in collations else SQL("")
        columns.append(SQL("NULL::{}{} AS {}").format(SQL(type_), collation, Identifier(name)))
    # Options of views that can be written through (WITH CHECK OPTION) come with the real query.
    yield _statement("CREATE", identity, replace(view, options=()), SQL(" SELECT ") + SQL(", ").join(columns))


def _complete(identity: ObjectId, view: View, _: Catalog) -> Iterator[Composable]:
    yield _statement("CREATE OR REPLACE", identity, view, query_of_view(view.definition))
    yield from _defaults(identity, view)


# What the types of a view's columns may come from.
_TYPES = frozenset({"schema", "extension", "enum", "domain", "composite type", "range type", "base type", "collation"})


KIND = Kind(
    name="view",
    state=View,
    path_length=2,
    rows=(Rows(catalog="pg_class", column="relkind", letters="v"),),
    query=f"""
SELECT c.tableoid, c.oid, 0, n.nspname, c.relname, {columns_of_view()},
       pg_catalog.pg_get_viewdef(c.oid), coalesce(c.reloptions, '{{}}'),
       ARRAY(SELECT ARRAY[a.attname, ln.nspname, l.collname]::text[] FROM pg_catalog.pg_attribute a
             JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
             JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation AND l.oid <> t.typcollation
             JOIN pg_catalog.pg_namespace ln ON ln.oid = l.collnamespace
             WHERE a.attrelid = c.oid AND a.attnum > 0 ORDER BY a.attnum),
       ARRAY(SELECT ARRAY[a.attname::text, pg_catalog.pg_get_expr(d.adbin, d.adrelid)] FROM pg_catalog.pg_attrdef d
             JOIN pg_catalog.pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
             WHERE d.adrelid = c.oid ORDER BY a.attnum)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'v' AND c.relpersistence <> 't' AND {NOT_OWN_RELATION}""",
    build=lambda row: View(
        columns=tuple(zip(row[0], row[1], strict=True)),
        definition=row[2],
        options=tuple(row[3]),
        collations=tuple((column, schema, name) for column, schema, name in row[4]),
        defaults=tuple((column, expression) for column, expression in row[5]),
    ),
    columns=view_columns,
    address=_address,
    create=_create,
    shell=Shell(begin=_begin, complete=_complete, needs=lambda other: other.kind in _TYPES),
)
