"""A materialized view; its indexes are objects of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgmason.catalog.clauses import option
from pgmason.catalog.kinds import NOT_OWN_RELATION, Kind
from pgmason.catalog.kinds.column import COMPRESSION, STORAGE
from pgmason.catalog.kinds.view import columns_of_view, query_of_view, view_columns
from pgmason.catalog.presence import Rows

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "MaterializedView"]


@dataclass(frozen=True, slots=True, kw_only=True)
class MaterializedView:
    """A materialized view: names and types of its columns in order, its query as the server prints it.

    `options` are its storage parameters and those of its TOAST table. `access_method` is None for heap, `tablespace`
    for the database's own. `populated` is False where it was made WITH NO DATA. `settings` are those of columns, each
    with the words of ALTER ... ALTER COLUMN (column, words).
    """

    columns: tuple[tuple[str, str], ...]
    definition: str
    options: tuple[str, ...]
    access_method: str | None = None
    tablespace: str | None = None
    populated: bool = True
    settings: tuple[tuple[str, str], ...] = ()


def _address(identity: ObjectId, _: MaterializedView) -> Composable:
    from psycopg.sql import SQL, Identifier

    return SQL("MATERIALIZED VIEW {}").format(Identifier(*identity.path))


def _create(identity: ObjectId, view: MaterializedView, _: Catalog) -> Iterator[Composable]:
    """Without data: what its query calls may speak of what does not exist yet."""
    from psycopg.sql import SQL, Identifier

    said: Composable = _address(identity, view)
    if view.access_method is not None:
        said += SQL(" USING {}").format(Identifier(view.access_method))
    if view.options:
        said += SQL(" WITH ({})").format(SQL(", ").join(option(text) for text in view.options))
    if view.tablespace is not None:
        said += SQL(" TABLESPACE {}").format(Identifier(view.tablespace))
    yield SQL("CREATE {} AS\n{}\n  WITH NO DATA").format(said, SQL(query_of_view(view.definition)))
    actions = [SQL("ALTER COLUMN {} SET {}").format(Identifier(column), SQL(words)) for column, words in view.settings]
    if actions:
        yield SQL("ALTER {} {}").format(_address(identity, view), SQL(", ").join(actions))


def _finish(identity: ObjectId, view: MaterializedView, _: Catalog) -> Iterator[Composable]:
    from psycopg.sql import SQL

    if view.populated:
        yield SQL("REFRESH {}").format(_address(identity, view))


def _settings(rows: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for row in rows:
        name = row["name"]
        if row["storage"]:
            yield name, f"STORAGE {STORAGE[row['storage']].upper()}"
        if row["compression"]:
            yield name, f"COMPRESSION {COMPRESSION[row['compression']]}"
        if row["statistics"] is not None:
            yield name, f"STATISTICS {row['statistics']}"
        if row["options"]:
            yield name, f"({', '.join(row['options'])})"


def _query(version: int) -> str:
    """Compression came with 14; the statistics target was -1 until 17 made it NULL."""
    compression = "a.attcompression" if version >= 140000 else "''"
    return f"""
SELECT c.tableoid, c.oid, 0, n.nspname, c.relname, {columns_of_view()},
       pg_catalog.pg_get_viewdef(c.oid), c.reloptions, o.reloptions, NULLIF(m.amname, 'heap'), s.spcname,
       c.relispopulated,
       coalesce((SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                    'name', a.attname, 'storage', CASE WHEN a.attstorage <> t.typstorage THEN a.attstorage::text END,
                    'compression', {compression}, 'statistics', NULLIF(a.attstattarget, -1),
                    'options', a.attoptions) ORDER BY a.attnum)
                 FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
                 WHERE a.attrelid = c.oid AND a.attnum > 0), '[]')
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_class o ON o.oid = c.reltoastrelid
LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam
LEFT JOIN pg_catalog.pg_tablespace s ON s.oid = c.reltablespace
WHERE c.relkind = 'm' AND {NOT_OWN_RELATION}"""


KIND = Kind(
    name="materialized view",
    state=MaterializedView,
    path_length=2,
    rows=(Rows(catalog="pg_class", column="relkind", letters="m"),),
    query=_query,
    build=lambda row: MaterializedView(
        columns=tuple(zip(row[0], row[1], strict=True)),
        definition=row[2],
        options=(*(row[3] or ()), *(f"toast.{text}" for text in row[4] or ())),
        access_method=row[5],
        tablespace=row[6],
        populated=row[7],
        settings=tuple(_settings(row[8])),
    ),
    columns=view_columns,
    address=_address,
    create=_create,
    finish=_finish,
)
