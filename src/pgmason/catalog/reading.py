"""What does PostgreSQL say is in this database?

One REPEATABLE READ READ ONLY transaction, one set-based query a kind and three for what cuts across kinds
(comments, dependencies, what is not read), sent as one pipeline: the number of round trips does not grow with
the schema. Takes no lock beyond ACCESS SHARE on pg_catalog. Every name and operator resolves in pg_catalog,
because the transaction's search_path is empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pgmason.catalog.kinds import all_kinds
from pgmason.catalog.kinds.materialized_view import MaterializedView
from pgmason.catalog.kinds.view import View
from pgmason.catalog.model import Catalog, Unread
from pgmason.catalog.unread import unread_query
from pgmason.names import ObjectId

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["read_catalog"]

_COMMENTS = """
SELECT d.classoid, d.objoid, d.objsubid, d.description FROM pg_catalog.pg_description d
WHERE NOT (d.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.description = 'standard public schema')
  AND d.objoid >= 2200"""

# A view depends on its tables through its rewrite rule, so the rule stands for the view.
_DEPENDENCIES = """
SELECT CASE WHEN r.oid IS NULL THEN d.classid ELSE 'pg_catalog.pg_class'::pg_catalog.regclass::oid END,
       coalesce(r.ev_class, d.objid), CASE WHEN r.oid IS NULL THEN d.objsubid ELSE 0 END,
       d.refclassid, d.refobjid, d.refobjsubid
FROM pg_catalog.pg_depend d
LEFT JOIN pg_catalog.pg_rewrite r ON d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass AND r.oid = d.objid
WHERE d.deptype IN ('n', 'a') AND d.objid >= 16384"""


def read_catalog(connection: Connection[Any]) -> Catalog:
    """The catalog of the connected database, for any user who may read pg_catalog.

    The connection must be idle and is left idle. Raises psycopg.Error as the server gives it.
    """
    kinds = all_kinds()
    objects: dict[ObjectId, Any] = {}
    by_address: dict[tuple[int, int, int], ObjectId] = {}
    view_columns: dict[tuple[int, int, int], ObjectId] = {}
    with connection.transaction(), connection.pipeline():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute("SET LOCAL search_path = ''")
        cursors = [connection.execute(kind.query) for kind in kinds]
        comments_cursor = connection.execute(_COMMENTS)
        dependencies_cursor = connection.execute(_DEPENDENCIES)
        unread_cursor = connection.execute(unread_query())
        version_cursor = connection.execute("SELECT pg_catalog.current_setting('server_version')")
        for kind, cursor in zip(kinds, cursors, strict=True):
            build, state, cut = kind.build, kind.state, 3 + kind.path_length
            for row in cursor:
                identity = ObjectId(kind.name, row[3:cut])
                objects[identity] = build(row[cut:]) if build else state(*row[cut:])
                by_address[row[:3]] = identity
                if isinstance(objects[identity], View | MaterializedView):
                    # columns of a view are no objects of their own; their comments are told with the view
                    for number, (name, _) in enumerate(objects[identity].columns, start=1):
                        view_columns[(*row[:2], number)] = ObjectId("column", (*identity.path, name))
        named = by_address | view_columns
        comments = {named[row[:3]]: row[3] for row in comments_cursor if row[:3] in named}
        pairs = (
            (by_address.get(row[:3]), by_address.get(row[3:]) or by_address.get((*row[3:5], 0)))
            for row in dependencies_cursor
        )
        dependencies = frozenset((a, b) for a, b in pairs if a is not None and b is not None and a != b)
        unread = sorted(
            Unread(kind, name, (schema, relation) if relation is not None else None)
            for kind, name, schema, relation in unread_cursor
        )
        (version,) = version_cursor.fetchone() or ("",)
    return Catalog(
        objects=objects,
        comments=comments,
        dependencies=dependencies,
        unread=tuple(unread),
        server=version.split()[0],
    )
