"""What does PostgreSQL say is in this database?

One REPEATABLE READ READ ONLY transaction, one set-based query a kind and a handful for what cuts across kinds
(comments, owners, grants, dependencies, what is not read), sent as two messages: the number of round trips does not
grow with the schema. Takes no lock beyond ACCESS SHARE on pg_catalog. Every name and operator resolves in
pg_catalog, because the transaction's search_path is empty.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pgmason.catalog.asking import ask
from pgmason.catalog.collector import without_collector
from pgmason.catalog.facets import grants_from_rows, grants_query, hidden_objects_query, owners_query
from pgmason.catalog.kinds import Kind, all_kinds
from pgmason.catalog.model import Catalog, Unread
from pgmason.catalog.numbers import FOREIGN_COLUMNS, SORTING, Numbers
from pgmason.catalog.presence import is_present, presence_query
from pgmason.catalog.unread import unread_query
from pgmason.names import ObjectId

if TYPE_CHECKING:
    from psycopg import Connection

__all__ = ["read_catalog"]

Address = tuple[int, int, int]  # class, object, sub-object, as in pg_depend

_COMMENTS = """
SELECT d.classoid, d.objoid, d.objsubid, d.description FROM pg_catalog.pg_description d
WHERE NOT (d.classoid = 'pg_catalog.pg_namespace'::pg_catalog.regclass AND d.description = 'standard public schema')
  AND (d.objoid >= 2200 OR d.classoid = 'pg_catalog.pg_largeobject'::pg_catalog.regclass)"""

_DEPENDENCIES = """
SELECT d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, d.refobjsubid
FROM pg_catalog.pg_depend d WHERE d.deptype IN ('n', 'a') AND d.objid >= 16384"""

# What stands for another object in pg_depend, so that a dependency on it is one on that object: the rule behind a
# view, the default of a column, the row type of a relation (the relation behind a composite type), an array, the
# multirange of a range, the members of operator classes and families, a table's place in a publication, and the
# members of an extension.
_STANDS_FOR = """
SELECT r.tableoid, r.oid, 0, 'pg_catalog.pg_class'::pg_catalog.regclass::oid, r.ev_class, 0
FROM pg_catalog.pg_rewrite r WHERE r.rulename = '_RETURN' AND r.oid >= 16384
UNION ALL SELECT d.tableoid, d.oid, 0, 'pg_catalog.pg_class'::pg_catalog.regclass, d.adrelid, d.adnum
FROM pg_catalog.pg_attrdef d
UNION ALL SELECT t.tableoid, t.oid, 0, r.tableoid, r.oid, 0
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_class r ON r.oid = t.typrelid
WHERE t.oid >= 16384 AND r.relkind <> 'c'
UNION ALL SELECT r.tableoid, r.oid, 0, t.tableoid, t.oid, 0
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_class r ON r.oid = t.typrelid
WHERE t.oid >= 16384 AND r.relkind = 'c'
UNION ALL SELECT a.tableoid, a.oid, 0, a.tableoid, t.oid, 0
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_type a ON a.oid = t.typarray WHERE a.oid >= 16384
UNION ALL SELECT 'pg_catalog.pg_type'::pg_catalog.regclass, g.rngmultitypid, 0,
                 'pg_catalog.pg_type'::pg_catalog.regclass, g.rngtypid, 0
FROM pg_catalog.pg_range g WHERE g.rngtypid >= 16384 AND g.rngmultitypid <> 0
UNION ALL SELECT d.classid, d.objid, 0, d.refclassid, d.refobjid, 0
FROM pg_catalog.pg_depend d
WHERE d.classid IN ('pg_catalog.pg_amop'::pg_catalog.regclass, 'pg_catalog.pg_amproc'::pg_catalog.regclass)
  AND d.refclassid IN ('pg_catalog.pg_opclass'::pg_catalog.regclass, 'pg_catalog.pg_opfamily'::pg_catalog.regclass)
  AND d.objid >= 16384
UNION ALL SELECT d.classid, d.objid, 0, d.refclassid, d.refobjid, 0
FROM pg_catalog.pg_depend d
WHERE d.refclassid = 'pg_catalog.pg_publication'::pg_catalog.regclass AND d.deptype = 'a'
UNION ALL SELECT d.classid, d.objid, d.objsubid, d.refclassid, d.refobjid, 0
FROM pg_catalog.pg_depend d WHERE d.deptype = 'e'"""


_SETTINGS = (
    "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
    "SET LOCAL search_path = ''",
    "SET LOCAL jit = off",  # compiling these queries takes longer than running them
    "SET LOCAL join_collapse_limit = 1",  # they are written in a good order already
)


def read_catalog(connection: Connection[Any], *, unsaid: frozenset[str] = frozenset()) -> Catalog:
    """The catalog of the connected database, for any user who may read pg_catalog.

    `unsaid` are roles that nobody chose, as the owner of what is made in a scratch database: owners, grantors and
    grantees of these names are left out. What is theirs by name (default privileges) is listed as not read.
    The connection must be idle and is left idle. Raises psycopg.Error as the server gives it.
    """
    # What has columns first, since others speak of these by number; and the longest answers early, so that the
    # server works on while they are taken in.
    kinds = sorted(all_kinds(), key=lambda kind: (kind.named is not None, kind.name != "column", kind.name != "index"))
    version = connection.info.server_version
    objects: dict[ObjectId, Any] = {}
    by_address: dict[Address, ObjectId] = {}
    columns: dict[Address, ObjectId] = {}
    unnamed: list[Unread] = []
    with without_collector(), connection.transaction():
        # Names as text in a database without an encoding too (SQL_ASCII), of which psycopg gives bytes.
        encoding = ["SET LOCAL client_encoding = 'UTF8'"] if connection.info.encoding == "ascii" else []
        *_, found = ask(connection, [*_SETTINGS, *encoding, presence_query(kinds)])
        kinds = [kind for kind in kinds if is_present(kind, found)]
        answers = ask(
            connection,
            [
                SORTING,
                FOREIGN_COLUMNS,
                *(kind.query_for(version) for kind in kinds),
                _COMMENTS,
                hidden_objects_query(),
                owners_query(version),
                grants_query(),
                _STANDS_FOR,
                _DEPENDENCIES,
                unread_query(version),
                "SELECT pg_catalog.current_setting('server_version')",
            ],
        )
        relations: dict[int, dict[int, str]] = {}
        numbers = _numbers(next(answers), next(answers), names := {}, relations)
        for kind in kinds:
            name, build, role, columns_of = kind.name, _builder(kind, numbers), kind.role, kind.columns
            cut = 3 + kind.path_length
            start = 3 if kind.needs_path else cut
            for row in next(answers):
                identity = ObjectId(name, row[3:cut])
                made = build(row[start:])
                if role is not None and identity.path[role] in unsaid:
                    # privileges between roles that nobody chose say nothing; whatever else is theirs is not read
                    if not getattr(made, "grantees", {""}) <= unsaid:
                        unnamed.append(Unread(kind.name, f"of the role that ran the SQL: {identity.name}"))
                    continue
                objects[identity] = made
                by_address[row[:3]] = identity
                if columns_of:
                    for address, column in columns_of(row):
                        columns[address] = ObjectId("column", (*identity.path, column))
                        names[address[1:]] = column
                elif row[2]:
                    names[row[1:3]] = identity.path[-1]
                    relations.setdefault(row[1], {})[row[2]] = identity.path[-1]
        commented = next(answers)
        hidden = {row[:3]: ObjectId(row[3], row[4:]) for row in next(answers)}
        named = by_address | columns | hidden
        comments = {named[row[:3]]: row[3] for row in commented if row[:3] in named}
        owners = {
            by_address[row[:3]]: row[3] for row in next(answers) if row[3] not in unsaid and row[:3] in by_address
        }
        grants = grants_from_rows(next(answers), named.get, unsaid)
        stands_for = {row[:3]: row[3:] for row in next(answers)}
        dependencies = _dependencies(next(answers), by_address, stands_for)
        unread = [
            Unread(kind, name, (schema, relation) if relation is not None else None)
            for kind, name, schema, relation in next(answers)
        ]
        (((server,),),) = answers
    return Catalog(
        objects=objects,
        comments=comments,
        dependencies=dependencies,
        owners=owners,
        grants=grants,
        unread=tuple(sorted(unread + unnamed)),
        server=server.split()[0],
    )


def _numbers(
    sorting: Iterable[tuple[bool, int, str]],
    columns: Iterable[tuple[int, int, str]],
    names: dict[tuple[int, int], str],
    relations: dict[int, dict[int, str]],
) -> Numbers:
    """What `numbers.SORTING` and `numbers.FOREIGN_COLUMNS` found; columns are added to the rest as they are read."""
    names.update({(relation, number): name for relation, number, name in columns})
    found: dict[bool, dict[int, str]] = {True: {}, False: {}}
    for is_class, oid, name in sorting:
        found[is_class][oid] = name
    return Numbers(columns=names, relations=relations, operator_classes=found[True], collations=found[False])


def _builder(kind: Kind, numbers: Numbers) -> Callable[[Sequence[Any]], Any]:
    """How a kind's state is made from the fields behind the path."""
    build, named, state = kind.build, kind.named, kind.state
    if named is not None:
        return lambda row: named(row, numbers)
    return build or (lambda row: state(*row))


def _dependencies(
    rows: Iterable[Sequence[int]], by_address: Mapping[Address, ObjectId], stands_for: Mapping[Address, Address]
) -> frozenset[tuple[ObjectId, ObjectId]]:
    """(dependent, needed) of objects that are read, from the rows of pg_depend."""
    at: dict[Any, ObjectId | None] = {}
    pairs = set()
    for row in rows:
        dependent, needed = row[:3], row[3:]
        for address in (dependent, needed):
            if address not in at:
                at[address] = _object_at((address[0], address[1], address[2]), by_address, stands_for)
        pairs.add((at[dependent], at[needed], dependent == needed))
    # An object's own parts depend on each other; only of a function that calls itself is that worth saying.
    return frozenset((a, b) for a, b, itself in pairs if a is not None and b is not None and (a != b or itself))


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
