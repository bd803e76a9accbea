"""A publication: the changes that are offered to subscribers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgmason.catalog.kinds import Kind, not_member
from pgmason.catalog.presence import Rows

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog
    from pgmason.names import ObjectId

__all__ = ["KIND", "Publication"]

PublishedTable = tuple[str, str, tuple[str, ...] | None, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A publication.

    `tables` are (schema, name, columns or None for all, condition on the rows or None), sorted; `schemas` are those
    whose tables are all in it. `publish` holds insert, update, delete, truncate. `generated_columns` is none or
    stored, as 18 has it.
    """

    all_tables: bool
    tables: tuple[PublishedTable, ...]
    schemas: tuple[str, ...]
    publish: tuple[str, ...]
    via_root: bool
    generated_columns: str


def _build(row: Any) -> Publication:
    all_tables, insert, update, delete, truncate, via_root, generated, tables, schemas = row
    said = {"insert": insert, "update": update, "delete": delete, "truncate": truncate}
    return Publication(
        all_tables=all_tables,
        tables=tuple(
            (schema, name, tuple(columns) if columns is not None else None, condition)
            for schema, name, columns, condition in tables or ()
        ),
        schemas=tuple(schemas),
        publish=tuple(word for word, published in said.items() if published),
        via_root=via_root,
        generated_columns={"n": "none", "s": "stored"}[generated],
    )


def _address(identity: ObjectId, publication: Publication) -> Composable:  # noqa: ARG001  # every kind's shape
    from psycopg.sql import SQL, Identifier

    return SQL("PUBLICATION {}").format(Identifier(*identity.path))


def _create(identity: ObjectId, publication: Publication, catalog: Catalog) -> Iterator[Composable]:  # noqa: ARG001  # every kind's shape
    from psycopg.sql import SQL, Identifier, Literal

    targets = [_table(*table) for table in publication.tables]
    targets += [SQL("TABLES IN SCHEMA {}").format(Identifier(schema)) for schema in publication.schemas]
    whole = SQL(" FOR ALL TABLES") if publication.all_tables else SQL("")
    options: list[Composable] = [SQL("publish = {}").format(Literal(", ".join(publication.publish)))]
    if publication.via_root:
        options.append(SQL("publish_via_partition_root = true"))
    if publication.generated_columns != "none":
        options.append(SQL("publish_generated_columns = {}").format(SQL(publication.generated_columns)))
    yield SQL("CREATE {}{} WITH ({})").format(
        _address(identity, publication),
        SQL(" FOR {}").format(SQL(", ").join(targets)) if targets else whole,
        SQL(", ").join(options),
    )


def _table(schema: str, name: str, columns: tuple[str, ...] | None, condition: str | None) -> Composable:
    """`TABLE ONLY a.b (x, y) WHERE (x > 1)`: partitions and children are published by their own entries."""
    from psycopg.sql import SQL, Identifier

    listed = SQL(" ({})").format(SQL(", ").join(map(Identifier, columns))) if columns is not None else SQL("")
    where = SQL(" WHERE ({})").format(SQL(condition)) if condition is not None else SQL("")
    return SQL("TABLE ONLY {}{}{}").format(Identifier(schema, name), listed, where)


def _query(version: int) -> str:
    """Columns, conditions and schemas came with 15; generated columns, as a choice, with 18."""
    columns = condition = "NULL"
    schemas = "'{}'::text[]"
    if version >= 150000:
        columns = """(SELECT pg_catalog.jsonb_agg(a.attname ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
                WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs))"""
        condition = "pg_catalog.pg_get_expr(r.prqual, r.prrelid)"
        schemas = """ARRAY(SELECT n.nspname::text FROM pg_catalog.pg_publication_namespace s
              JOIN pg_catalog.pg_namespace n ON n.oid = s.pnnspid WHERE s.pnpubid = p.oid
              ORDER BY n.nspname COLLATE "C")"""
    generated = "p.pubgencols" if version >= 180000 else "'n'"
    return f"""
SELECT p.tableoid, p.oid, 0, p.pubname, p.puballtables, p.pubinsert, p.pubupdate, p.pubdelete, p.pubtruncate,
       p.pubviaroot, {generated},
       (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_array(n.nspname, c.relname, {columns}, {condition})
                                    ORDER BY n.nspname COLLATE "C", c.relname COLLATE "C")
        FROM pg_catalog.pg_publication_rel r JOIN pg_catalog.pg_class c ON c.oid = r.prrelid
        JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE r.prpubid = p.oid),
       {schemas}
FROM pg_catalog.pg_publication p
WHERE {not_member("p")}"""


KIND = Kind(
    name="publication",
    state=Publication,
    path_length=1,
    rows=(Rows(catalog="pg_publication"),),
    query=_query,
    build=_build,
    address=_address,
    create=_create,
)
