"""What does PostgreSQL say is in this database?

One REPEATABLE READ READ ONLY transaction, one set-based query a kind and three for what cuts across kinds
(comments, dependencies, what is not read), sent as one pipeline: the number of round trips does not grow with
the schema. Takes no lock beyond ACCESS SHARE on pg_catalog. Every name and operator resolves in pg_catalog,
because the transaction's search_path is empty.
"""

from __future__ import annotations

from collections.abc import Mapping
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

Address = tuple[int, int, int]  # class, object, sub-object, as in pg_depend

_COMMENTS = """
SELECT d.classoid, d.objoid, d.objsubid, d.description FROM pg_catalog.pg_description d
WHERE NOT (d.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.description = 'standard public schema')
  AND d.objoid >= 2200"""

_DEPENDENCIES = """
SELECT d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid
FROM pg_catalog.pg_depend d WHERE d.deptype IN ('n', 'a') AND d.objid >= 16384"""

# What stands for another object in pg_depend, so that a dependency on it is one on that object: the rule behind a
# view, the default of a column, the row type of a relation, an array, the multirange of a range, and the members
# of an extension.
_STANDS_FOR = """
SELECT r.tableoid, r.oid, 0, 'pg_catalog.pg_class'::pg_catalog.regclass::oid, r.ev_class, 0
FROM pg_catalog.pg_rewrite r WHERE r.rulename = '_RETURN' AND r.oid >= 16384
UNION ALL SELECT d.tableoid, d.oid, 0, 'pg_catalog.pg_class'::pg_catalog.regclass, d.adrelid, d.adnum
FROM pg_catalog.pg_attrdef d
UNION ALL SELECT t.tableoid, t.oid, 0, 'pg_catalog.pg_class'::pg_catalog.regclass, t.typrelid, 0
FROM pg_catalog.pg_type t WHERE t.typrelid <> 0 AND t.oid >= 16384
UNION ALL SELECT a.tableoid, a.oid, 0, a.tableoid, t.oid, 0
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_type a ON a.oid = t.typarray WHERE a.oid >= 16384
UNION ALL SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, g.rngmultitypid, 0,
                 'pg_catalog.pg_type'::pg_catalog.regclass, g.rngtypid, 0
FROM pg_catalog.pg_range g WHERE g.rngtypid >= 16384 AND g.rngmultitypid <> 0
UNION ALL SELECT d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, 0
FROM pg_catalog.pg_depend d WHERE d.deptype = 'e'"""


def read_catalog(connection: Connection[Any]) -> Catalog:
    """The catalog of the connected database, for any user who may read pg_catalog.

    The connection must be idle and is left idle. Raises psycopg.Error as the server gives it.
    """
    kinds = all_kinds()
    version = connection.info.server_version
    objects: dict[ObjectId, Any] = {}
    by_address: dict[Address, ObjectId] = {}
    view_columns: dict[Address, ObjectId] = {}
    with connection.transaction(), connection.pipeline():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute("SET LOCAL search_path = ''")
        cursors = [connection.execute(kind.query_for(version)) for kind in kinds]
        comments_cursor = connection.execute(_COMMENTS)
        stands_for_cursor = connection.execute(_STANDS_FOR)
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
        stands_for = {row[:3]: row[3:] for row in stands_for_cursor}
        pairs = (
            (_object_at(row[:3], by_address, stands_for), _object_at(row[3:], by_address, stands_for))
            for row in dependencies_cursor
        )
        dependencies = frozenset((a, b) for a, b in pairs if a is not None and b is not None and a != b)
        unread = sorted(
            Unread(kind, name, (schema, relation) if relation is not None else None)
            for kind, name, schema, relation in unread_cursor
        )
        (server,) = version_cursor.fetchone() or ("",)
    return Catalog(
        objects=objects,
        comments=comments,
        dependencies=dependencies,
        unread=tuple(unread),
        server=server.split()[0],
    )


def _object_at(
    address: Address, by_address: Mapping[Address, ObjectId], stands_for: Mapping[Address, Address]
) -> ObjectId | None:
    """The object that an address of pg_depend means; None where it is PostgreSQL's own, or of a kind not read."""
    for _ in range(5):  # an array of the row type of a view is three steps; nothing has more
        found = by_address.get(address) or by_address.get((address[0], address[1], 0))
        if found is not None:
            return found
        following = stands_for.get(address) or stands_for.get((address[0], address[1], 0))
        if following is None:
            return None
        address = following
    return None
