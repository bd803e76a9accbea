"""Who owns an object, and who may do what with it?

Owners and grants cut across kinds, so they are read once for all of them, and written as SQL here for all of them.
A grant is kept as what differs from the privileges that PostgreSQL gives by itself (`acldefault`), with the owner
left unnamed: a change of owner is one difference, and a product whose history speaks of no owner has none.
What objects there are is `reading.py`; privileges for objects to come are a kind of their own, `default privileges`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import groupby
from typing import TYPE_CHECKING, Any, TypeVar

from pgmason.catalog.kinds import not_member
from pgmason.names import ObjectId

if TYPE_CHECKING:
    from psycopg.sql import Composable

    from pgmason.catalog.model import Catalog

__all__ = [
    "Grant",
    "acl_changes",
    "foreign_grants_query",
    "grant_from_row",
    "grants_from_rows",
    "grants_on",
    "grants_query",
    "hidden_objects_query",
    "owners_query",
    "privilege_statements",
    "said_grants",
]

T = TypeVar("T")

PUBLIC = "public"  # no role may be called so (PostgreSQL manual, CREATE ROLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One privilege that differs from those that PostgreSQL gives by itself.

    `grantee` is a role, `public` for everybody, or None for the owner of the object. `grantor` is a role, None for
    the owner. `revoked` says that a privilege given by itself was taken away; such a one is never `grantable`.
    """

    privilege: str
    grantee: str | None
    grantable: bool = False
    grantor: str | None = None
    revoked: bool = False

    @property
    def order(self) -> tuple[str, bool, str, str, bool]:
        """Sorts the grants of one object where their own order is of no interest."""
        return (self.grantee or "", self.revoked, self.privilege, self.grantor or "", self.grantable)


# --- reading


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where a system catalog keeps owners and privileges.

    `default` is acldefault's letter for the kind of object, as SQL; None where nothing can be granted. `ours` leaves
    out what came with initdb, which is below this oid (FirstNormalObjectId, access/transam.h); the schema public may
    be anybody's.
    """

    table: str
    owner: str
    acl: str | None = None
    default: str | None = None
    address: str | None = None  # the class by which pg_depend knows the object, where it is not the table itself
    where: str = "true"
    ours: str = "(o.oid >= 16384 OR o.oid = 2200)"


_NO_ARRAY = "o.typelem = 0 OR NOT EXISTS (SELECT FROM pg_catalog.pg_type b WHERE b.typarray = o.oid)"
# A row type shares the owner of its relation and has no privileges of its own, but for a composite type's.
_NO_ROW_TYPE = (
    "o.typrelid = 0 OR EXISTS (SELECT FROM pg_catalog.pg_class r WHERE r.oid = o.typrelid AND r.relkind = 'c')"
)
_PLACES = (
    _Place(
        table="pg_class",
        owner="relowner",
        acl="relacl",
        default="CASE WHEN o.relkind = 'S' THEN 's' ELSE 'r' END",
        where="o.relkind IN ('r', 'p', 'v', 'm', 'S', 'f') AND o.relpersistence <> 't'",
    ),
    _Place(table="pg_proc", owner="proowner", acl="proacl", default="'f'"),
    _Place(table="pg_type", owner="typowner", acl="typacl", default="'T'", where=f"({_NO_ARRAY}) AND ({_NO_ROW_TYPE})"),
    _Place(table="pg_namespace", owner="nspowner", acl="nspacl", default="'n'"),
    _Place(table="pg_language", owner="lanowner", acl="lanacl", default="'l'"),
    _Place(table="pg_foreign_data_wrapper", owner="fdwowner", acl="fdwacl", default="'F'"),
    _Place(table="pg_foreign_server", owner="srvowner", acl="srvacl", default="'S'"),
    _Place(
        table="pg_largeobject_metadata",
        owner="lomowner",
        acl="lomacl",
        default="'L'",
        address="pg_largeobject",
        ours="true",  # they may have any number
    ),
    _Place(table="pg_operator", owner="oprowner"),
    _Place(table="pg_opclass", owner="opcowner"),
    _Place(table="pg_opfamily", owner="opfowner"),
    _Place(table="pg_collation", owner="collowner"),
    _Place(table="pg_conversion", owner="conowner"),
    _Place(table="pg_ts_config", owner="cfgowner"),
    _Place(table="pg_ts_dict", owner="dictowner"),
    _Place(table="pg_statistic_ext", owner="stxowner"),
    _Place(table="pg_event_trigger", owner="evtowner"),
    _Place(table="pg_publication", owner="pubowner"),
    _Place(
        table="pg_subscription",
        owner="subowner",
        where="o.subdbid = "
        "(SELECT d.oid FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database())",
    ),
)


def owners_query(version: int) -> str:
    """(class, object, sub-object, role) of everything that has an owner; `version` as 150018.

    The owner that the schema public has in a new database is not told: nobody chose it.
    """
    selects = []
    for place in _PLACES:
        if place.table == "pg_subscription" and version < 140000:
            continue  # its oid is not for everybody to read (system_views.sql)
        first_owner = ""
        if place.table == "pg_namespace":
            unchosen = "'pg_database_owner'" if version >= 150000 else "pg_catalog.pg_get_userbyid(10)"
            first_owner = f" AND NOT (o.nspname = 'public' AND pg_catalog.pg_get_userbyid(o.nspowner) = {unchosen})"
        selects.append(
            f"SELECT {_class(place)}, o.oid, 0, pg_catalog.pg_get_userbyid(o.{place.owner})::text"
            f" FROM pg_catalog.{place.table} o WHERE {place.ours} AND {place.where}{first_owner}"
        )
    return " UNION ALL ".join(selects)


def grants_query() -> str:
    """Every difference from the privileges that PostgreSQL gives by itself, in the order in which they were granted.

    Rows: class, object, sub-object, revoked, privilege, grantee (NULL is the owner), grantable, grantor (NULL is
    the owner).
    """
    return f"""
SELECT o.class, o.object, o.sub, g.revoked, g.privilege, g.grantee, g.grantable, g.grantor
FROM ({_acls(foreign=False)}) o CROSS JOIN LATERAL ({acl_changes("o.acl", "o.base", "o.owner")}) g
ORDER BY o.class, o.object, o.sub, NOT g.revoked, g.position"""


def foreign_grants_query() -> str:
    """(name for people, schema, relation) of what is PostgreSQL's own or an extension's and was granted otherwise.

    Such objects are read nowhere; what they came with stands in pg_init_privs, but for information_schema's.
    """
    return f"""
SELECT pg_catalog.format('%s %s', n.type, n.identity), NULL::name, NULL::name
FROM ({_acls(foreign=True)}) o
LEFT JOIN pg_catalog.pg_init_privs i ON i.classoid = o.class AND i.objoid = o.object AND i.objsubid = o.sub
CROSS JOIN LATERAL pg_catalog.pg_identify_object(o.class, o.object, o.sub) AS n
WHERE coalesce(n.schema, n.identity) <> 'information_schema'
  AND NOT (o.acl @> coalesce(i.initprivs, o.base) AND o.acl <@ coalesce(i.initprivs, o.base))"""


def _acls(*, foreign: bool) -> str:
    """SQL: (class, object, sub, owner, acl, base) of what has privileges of its own.

    `foreign`: of what is PostgreSQL's or an extension's; else of what is above, members of extensions too.
    """

    def of(ours: str) -> str:
        return f"NOT ({ours} AND {not_member('o')})" if foreign else ours

    places = [
        f"SELECT {_class(place)} AS class, o.oid AS object, 0 AS sub, o.{place.owner} AS owner, o.{place.acl} AS acl,"
        f" {_base(place)} AS base FROM pg_catalog.{place.table} o"
        f" WHERE o.{place.acl} IS NOT NULL AND {of(place.ours)} AND {place.where}"
        for place in _PLACES
        if place.acl is not None
    ]
    places.append(
        "SELECT o.tableoid, o.oid, a.attnum, o.relowner, a.attacl, pg_catalog.acldefault('c', o.relowner)"
        # the few columns first: the planner would look for them in each relation
        " FROM (SELECT * FROM pg_catalog.pg_attribute b WHERE b.attacl IS NOT NULL AND b.attnum > 0"
        " AND NOT b.attisdropped OFFSET 0) a JOIN pg_catalog.pg_class o ON o.oid = a.attrelid"
        f" WHERE {of(_PLACES[0].ours)}"
    )
    return " UNION ALL ".join(places)


def hidden_objects_query() -> str:
    """(class, object, 0, kind, schema, name) of what comes with another object, yet may have a comment or privileges.

    The sequences behind identity columns, and the multiranges of range types.
    """
    return """
SELECT t.tableoid, t.oid, 0, 'range type', n.nspname::text, t.typname::text
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype = 'm' AND t.oid >= 16384
UNION ALL SELECT c.tableoid, c.oid, 0, 'sequence', n.nspname::text, c.relname::text
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND EXISTS (
  SELECT FROM pg_catalog.pg_depend d WHERE d.classid = c.tableoid AND d.objid = c.oid AND d.objsubid = 0
     AND d.refclassid = c.tableoid AND d.refobjsubid <> 0 AND d.deptype = 'i')"""


def acl_changes(acl: str, base: str, owner: str) -> str:
    """SQL: the rows (revoked, privilege, grantee, grantable, grantor, position) by which one ACL differs from another.

    All three are SQL expressions. The owner is NULL as grantee and as grantor.
    """
    columns = f"""x.privilege_type::text AS privilege,
      CASE x.grantee WHEN {owner} THEN NULL WHEN 0 THEN '{PUBLIC}'
           ELSE pg_catalog.pg_get_userbyid(x.grantee)::text END AS grantee,
      x.is_grantable AS grantable,
      CASE WHEN x.grantor <> {owner} THEN pg_catalog.pg_get_userbyid(x.grantor)::text END AS grantor, x.position"""

    def items(array: str) -> str:
        return (
            f"pg_catalog.aclexplode({array}) WITH ORDINALITY"
            " AS x(grantor, grantee, privilege_type, is_grantable, position)"
        )

    def absent_in(array: str) -> str:
        return (
            f"NOT EXISTS (SELECT FROM pg_catalog.aclexplode({array}) y WHERE y.grantee = x.grantee"
            " AND y.grantor = x.grantor AND y.privilege_type = x.privilege_type AND y.is_grantable = x.is_grantable)"
        )

    return (
        f"SELECT false AS revoked, {columns} FROM {items(acl)} WHERE {absent_in(base)}"
        f" UNION ALL SELECT true, {columns} FROM {items(base)} WHERE {absent_in(acl)}"
    )


def grants_from_rows(
    rows: Iterable[tuple[Any, ...]], identity: Callable[[tuple[Any, ...]], T | None], unsaid: frozenset[str]
) -> dict[T, tuple[Grant, ...]]:
    """The grants of each object that `identity` knows by its address, from the rows of `grants_query`."""
    grants: dict[T, tuple[Grant, ...]] = {}
    for address, group in groupby(rows, key=lambda row: row[:3]):
        found = identity(address)
        if found is not None:
            said = said_grants((grant_from_row(row[3:]) for row in group), unsaid)
            if said:
                grants[found] = said
    return grants


def grant_from_row(row: Any) -> Grant:
    """One row of `acl_changes`; its position, if it is there, is not looked at."""
    revoked, privilege, grantee, grantable, grantor = row[:5]
    return Grant(privilege=privilege, grantee=grantee, grantable=grantable, grantor=grantor, revoked=revoked)


def said_grants(grants: Iterable[Grant], unsaid: frozenset[str]) -> tuple[Grant, ...]:
    """The grants less those to roles in `unsaid`; a grantor in it is nobody in particular, as the owner is."""
    return tuple(
        replace(grant, grantor=None) if grant.grantor in unsaid else grant
        for grant in grants
        if grant.grantee not in unsaid
    )


def _class(place: _Place) -> str:
    return f"'pg_catalog.{place.address or place.table}'::pg_catalog.regclass::oid"


def _base(place: _Place) -> str:
    default = f'pg_catalog.acldefault(({place.default})::"char", o.{place.owner})'
    if place.table != "pg_namespace":
        return default
    # The schema public starts out with USAGE for everybody, since 15 without CREATE; pg_dump takes the same start
    # for every version (getNamespaces, pg_dump.c).
    return (
        f"CASE WHEN o.nspname = 'public' THEN pg_catalog.array_append({default},"
        f" pg_catalog.makeaclitem(0, o.{place.owner}, 'USAGE', false)) ELSE {default} END"
    )


# --- as SQL

# Kinds that GRANT calls by another name than their own address does, and how. TABLE stands for all that has rows.
_GRANT_WORDS = {
    "table": "TABLE",
    "view": "TABLE",
    "materialized view": "TABLE",
    "foreign table": "TABLE",
    "sequence": "SEQUENCE",
    "function": "FUNCTION",
    "aggregate": "FUNCTION",
    "procedure": "PROCEDURE",
    "enum": "TYPE",
    "domain": "TYPE",
    "composite type": "TYPE",
    "range type": "TYPE",
    "base type": "TYPE",
    "schema": "SCHEMA",
    "language": "LANGUAGE",
    "foreign-data wrapper": "FOREIGN DATA WRAPPER",
    "foreign server": "FOREIGN SERVER",
    "large object": "LARGE OBJECT",
}


def grants_on(identity: ObjectId, catalog: Catalog) -> Iterator[Composable]:
    """GRANT and REVOKE for one object, after its owner is set: they name the owner of an object by its role.

    What others than the owner granted is granted in their names, between SET ROLE and RESET ROLE; for the meantime
    they may use the schema, which PostgreSQL asks of whoever names something in it.
    """
    if identity not in catalog.grants:
        return
    column = identity.own_name if identity.kind == "column" else None
    owner = catalog.owners.get(_with_owner(identity, catalog))
    grants = catalog.grants.get(identity, ())
    strangers = [
        Grant(privilege="USAGE", grantee=role)
        for role in sorted({grant.grantor for grant in grants if grant.grantor is not None})
        if identity.schema is not None and not _may_use(identity.schema, role, catalog)
    ]
    schema = _granted_on(ObjectId("schema", (identity.schema or "",)))
    yield from privilege_statements(strangers, schema, owner=owner)
    yield from privilege_statements(grants, _granted_on(identity), owner=owner, column=column)
    meantime = (replace(grant, revoked=True) for grant in strangers)
    yield from privilege_statements(meantime, schema, owner=owner)


def privilege_statements(
    grants: Iterable[Grant],
    on: Composable,
    *,
    owner: str | None,
    column: str | None = None,
    prefix: Composable | None = None,
) -> Iterator[Composable]:
    """GRANT and REVOKE of these privileges, those in a row to one role in one statement.

    `on` is what follows ON; `owner` None is whoever runs the statement. `prefix` comes first (ALTER DEFAULT ...).
    """
    from psycopg.sql import SQL, Identifier

    def role(name: str | None) -> Composable:
        if name == PUBLIC:
            return SQL("PUBLIC")
        if name is None:
            return Identifier(owner) if owner is not None else SQL("CURRENT_USER")
        return Identifier(name)

    key: Callable[[Grant], tuple[bool, str | None, bool, str | None]]
    key = lambda grant: (grant.revoked, grant.grantee, grant.grantable, grant.grantor)  # noqa: E731
    for (revoked, grantee, grantable, grantor), group in groupby(grants, key=key):
        words = (SQL(grant.privilege) for grant in group)
        privileges = [word if column is None else SQL("{} ({})").format(word, Identifier(column)) for word in words]
        if grantor is not None:
            yield SQL("SET ROLE {}").format(Identifier(grantor))
        yield SQL("{}{} {} ON {} {} {}{}").format(
            prefix or SQL(""),
            SQL("REVOKE" if revoked else "GRANT"),
            SQL(", ").join(privileges),
            on,
            SQL("FROM" if revoked else "TO"),
            role(grantee),
            SQL(" WITH GRANT OPTION" if grantable else ""),
        )
        if grantor is not None:
            yield SQL("RESET ROLE")


def _granted_on(identity: ObjectId) -> Composable:
    from psycopg.sql import SQL, Identifier

    word = SQL(_GRANT_WORDS.get(identity.kind, "TABLE"))
    if identity.kind == "column":
        return SQL("{} {}").format(word, Identifier(*identity.path[:2]))
    if identity.kind == "large object":
        return SQL("{} {}").format(word, SQL(identity.own_name))
    if identity.kind in ("function", "procedure", "aggregate"):
        return SQL("{} {}({})").format(word, Identifier(*identity.path[:2]), SQL(identity.path[2]))
    return SQL("{} {}").format(word, Identifier(*identity.path))


def _may_use(schema: str, role: str, catalog: Catalog) -> bool:
    """Whether the role has USAGE on the schema by its own name, as everybody has, or as its owner."""
    identity = ObjectId("schema", (schema,))
    usage = [grant for grant in catalog.grants.get(identity, ()) if grant.privilege == "USAGE"]
    if any(grant.grantee in (role, PUBLIC) and not grant.revoked for grant in usage):
        return True
    everybody = schema == "public" and not any(grant.grantee == PUBLIC for grant in usage)
    return everybody or catalog.owners.get(identity) == role


def _with_owner(identity: ObjectId, catalog: Catalog) -> ObjectId:
    """The object whose owner is meant: of a column, its relation."""
    if identity.kind == "column":
        for kind in ("table", "view", "materialized view", "foreign table"):
            relation = ObjectId(kind, identity.path[:2])
            if relation in catalog.objects:
                return relation
    return identity
