"""Catalogs made up by hypothesis: sane as PostgreSQL's are, small, with many names in common.

Two draws share names and differ in states, so that a pair of them has created, dropped and altered objects of
every kind. A served index follows its constraint, as on a server.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from pgmason.catalog.facets import Grant
from pgmason.catalog.kinds.check import Check
from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.enum import Enum
from pgmason.catalog.kinds.extension import Extension
from pgmason.catalog.kinds.foreign_key import ForeignKey
from pgmason.catalog.kinds.index import Index
from pgmason.catalog.kinds.materialized_view import MaterializedView
from pgmason.catalog.kinds.primary_key import PrimaryKey
from pgmason.catalog.kinds.schema import Schema
from pgmason.catalog.kinds.sequence import Sequence
from pgmason.catalog.kinds.table import Table
from pgmason.catalog.kinds.unique import Unique
from pgmason.catalog.kinds.view import View
from pgmason.catalog.model import Catalog, Unread
from pgmason.names import ObjectId

NAMES = st.sampled_from(["id", "total", "Order Line", "größe", 'quo"ted', "evil\x1b[2J\n", "z"])
TYPES = st.sampled_from(["integer", "text", "numeric(10,2)", "public.status"])
ROLES = st.sampled_from(["app", "Evil\x1b[2J", "public"])
GRANTS = [
    Grant(privilege="SELECT", grantee="app"),
    Grant(privilege="SELECT", grantee="app", grantable=True),
    Grant(privilege="SELECT", grantee="public", grantor="app"),
    Grant(privilege="DELETE", grantee=None, revoked=True),
]
MAYBE = st.one_of(st.none(), st.sampled_from(["0", "now()", "'a\nb'::text"]))


def column(draw: Any) -> Column:
    return Column(
        type=draw(TYPES),
        not_null=draw(st.booleans()),
        default=draw(MAYBE),
        identity=draw(st.sampled_from([None, "always", "by default"])),
        generated=None,
        expression=None,
        collation=draw(st.sampled_from([None, ("pg_catalog", "C")])),
    )


def index(draw: Any, table: tuple[str, str], keys: tuple[str, ...], constraint: str | None) -> Index:
    unique = constraint is not None or draw(st.booleans())
    return Index(
        table=table,
        method="btree" if constraint else draw(st.sampled_from(["btree", "hash"])),
        unique=unique,
        keys=keys,
        key_columns=keys,
        operators=("int4_ops",) * len(keys),
        include=(),
        predicate=None if constraint else draw(MAYBE),
        nulls_not_distinct=False,
        valid=draw(st.booleans()),
        constraint=constraint,
        partition_of=None,
        definition=f"CREATE {'UNIQUE ' * unique}INDEX ON {table} ({', '.join(keys)})",
    )


def sequence(draw: Any, owned_by: tuple[str, str, str] | None) -> Sequence:
    return Sequence(
        type=draw(st.sampled_from(["integer", "bigint"])),
        start=draw(st.integers(1, 2)),
        increment=1,
        minimum=1,
        maximum=9,
        cache=1,
        cycle=draw(st.booleans()),
        owned_by=owned_by,
    )


def table(draw: Any, path: tuple[str, str], objects: dict[ObjectId, Any]) -> None:
    columns = tuple(draw(st.lists(NAMES, unique=True, max_size=5)))
    objects[ObjectId("table", path)] = Table(
        columns=columns,
        unlogged=draw(st.booleans()),
        partition_key=draw(st.sampled_from([None, "RANGE (id)"])),
        partition_of=None,
        partition_bound=None,
        inherits=(),
    )
    for name in columns:
        objects[ObjectId("column", (*path, name))] = column(draw)
        if draw(st.integers(0, 5)) == 0:
            objects[ObjectId("sequence", (path[0], f"{path[1]}_{name}_seq"))] = sequence(draw, (*path, name))
    if not columns:
        return
    some = st.lists(st.sampled_from(columns), unique=True, min_size=1, max_size=2).map(tuple)
    for kind, state in (("primary key", PrimaryKey), ("unique", Unique)):
        if draw(st.booleans()):
            keys, name = draw(some), f"{path[1]}_{kind}"
            objects[ObjectId(kind, (*path, name))] = state(
                columns=keys, include=(), deferrable=False, deferred=False, definition=f"{kind} ({', '.join(keys)})"
            )
            objects[ObjectId("index", (path[0], name))] = index(draw, path, keys, name)
    if draw(st.booleans()):
        bound = draw(st.integers(0, 2))
        objects[ObjectId("check", (*path, "positive"))] = Check(
            columns=(columns[0],), validated=draw(st.booleans()), definition=f"CHECK ((x > {bound}))"
        )
    if draw(st.booleans()):
        action = draw(st.sampled_from(["NO ACTION", "CASCADE"]))
        objects[ObjectId("foreign key", (*path, "parent"))] = ForeignKey(
            columns=draw(some),
            references=("public", draw(NAMES)),
            referenced_columns=("id",),
            on_delete=action,
            on_update="NO ACTION",
            deferrable=draw(st.booleans()),
            deferred=False,
            validated=True,
            definition=f"FOREIGN KEY ON DELETE {action}",
        )
    if draw(st.booleans()):
        objects[ObjectId("index", (path[0], f"{path[1]}_idx"))] = index(draw, path, draw(some), None)


@st.composite
def catalogs(draw: Any) -> Catalog:
    """One catalog."""
    objects: dict[ObjectId, Any] = {}
    for name in draw(st.lists(st.sampled_from(["public", "shop"]), unique=True)):
        objects[ObjectId("schema", (name,))] = Schema()
    if draw(st.booleans()):
        version = draw(st.sampled_from(["1.5", "1.6"]))
        objects[ObjectId("extension", ("pg_trgm",))] = Extension(schema="public", version=version)
    if draw(st.booleans()):
        labels = tuple(draw(st.lists(st.sampled_from(["new", "paid", "sent"]), unique=True)))
        objects[ObjectId("enum", ("public", "status"))] = Enum(labels=labels)
    if draw(st.booleans()):
        objects[ObjectId("sequence", ("public", "free"))] = sequence(draw, None)
    for name in draw(st.lists(st.sampled_from(["orders", "Order Line"]), unique=True)):
        table(draw, (draw(st.sampled_from(["public", "shop"])), name), objects)
    for kind, state in (("view", View), ("materialized view", MaterializedView)):
        if draw(st.booleans()):
            objects[ObjectId(kind, ("public", kind))] = state(
                columns=(("a", draw(TYPES)),),
                definition=draw(st.sampled_from([" SELECT 1;", " SELECT 1\n + 1;"])),
                options=(),
            )
            if kind == "materialized view" and draw(st.booleans()):
                objects[ObjectId("index", ("public", "mv_idx"))] = index(draw, ("public", kind), ("a",), None)
    commented = st.sampled_from(["First.", "Second,\nin two lines."])
    comments = {identity: draw(commented) for identity in objects if draw(st.integers(0, 6)) == 0}
    unread = tuple(
        sorted(draw(st.lists(st.sampled_from([Unread("function", "f()"), Unread("trigger", "t")]), unique=True)))
    )
    granted = st.lists(st.sampled_from(GRANTS), unique=True, min_size=1).map(tuple)
    grants = {identity: draw(granted) for identity in objects if draw(st.integers(0, 6)) == 0}
    owners = {identity: draw(ROLES) for identity in objects if draw(st.integers(0, 3)) == 0}
    return Catalog(objects=objects, comments=comments, grants=grants, owners=owners, unread=unread)


@st.composite
def pairs(draw: Any) -> tuple[Catalog, Catalog]:
    """Two catalogs; often the second is the first with some of another's objects put over it or taken away."""
    first, other = draw(catalogs()), draw(catalogs())
    if draw(st.booleans()):
        return first, other
    objects, comments, grants = dict(first.objects), dict(first.comments), dict(first.grants)
    # Whole relations move together, so that what is made stays sane.
    heads = sorted({head(identity, state) for catalog in (first, other) for identity, state in catalog.objects.items()})
    for moved in draw(st.lists(st.sampled_from(heads), unique=True, max_size=2)) if heads else []:
        for identity in [identity for identity, state in objects.items() if head(identity, state) == moved]:
            del objects[identity]
            comments.pop(identity, None)
            grants.pop(identity, None)
        for identity, state in other.objects.items():
            if head(identity, state) == moved:
                objects[identity] = state
                if identity in other.comments:
                    comments[identity] = other.comments[identity]
                if identity in other.grants:
                    grants[identity] = other.grants[identity]
    owners = {identity: role for identity, role in other.owners.items() if identity in objects}
    return first, Catalog(objects=objects, comments=comments, grants=grants, owners=owners, unread=other.unread)


def head(identity: ObjectId, state: Any) -> tuple[str, ...]:
    """The relation that an object goes with."""
    if isinstance(state, Index):
        return state.table
    if isinstance(state, Sequence) and state.owned_by is not None:
        return state.owned_by[:2]
    return identity.path[:2]
