"""What can a schema.prisma say of a database?

SAYS is the whole answer: the kinds of object that the language has, and the fields of each that it sets. All else is
beyond it: checks, triggers, functions, policies, views' queries, comments, expression indexes, partial ones without
their preview feature. What it says means what Prisma's own engine takes it to mean when it compares: a column that
counts by a sequence is `autoincrement()` whichever way it does so, now() is CURRENT_TIMESTAMP, the labels of an enum
are a set, a list column has no NOT NULL, and columns carried beside an index's key are taken for more of its key.
(prisma-engines: sql_schema_differ, and the queries of sql-schema-describer)
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from pgmason.catalog.keywords import identifier
from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.domain import Domain
from pgmason.catalog.kinds.enum import Enum
from pgmason.catalog.kinds.extension import Extension
from pgmason.catalog.kinds.index import Index
from pgmason.catalog.kinds.table import Table
from pgmason.catalog.model import Catalog, State
from pgmason.catalog.reach import Reach, Said
from pgmason.names import ObjectId
from pgmason.sources.prisma.meaning import Schema
from pgmason.sources.prisma.tree import Call
from pgmason.sources.prisma.values import meaning_of

__all__ = ["PASSED_OVER", "SAYS", "reach_of"]

# The kinds that the language has, and the fields of their states that it sets; () is existence alone.
SAYS: dict[str, tuple[str, ...]] = {
    "schema": (),  # those that the datasource lists
    "extension": (),  # those that the datasource lists; version and schema where it says them
    "enum": ("labels",),
    "table": (),
    "column": ("type", "not_null", "default", "identity", "expression"),
    "primary key": ("columns",),
    "index": ("table", "method", "unique", "keys", "key_columns", "operators", "include", "predicate"),
    "foreign key": ("columns", "references", "referenced_columns", "on_delete", "on_update"),
}
_METHODS = frozenset({"btree", "hash", "gin", "gist", "spgist", "brin"})
# Tables that Prisma itself keeps, and that its engine passes over: PostGIS's.
PASSED_OVER = frozenset(
    {"_prisma_migrations", "spatial_ref_sys", "geometry_columns", "geography_columns", "raster_columns"}
    | {"raster_overviews"}
)
_DEFAULT_SCHEMA = "public"


def reach_of(schema: Schema) -> Reach:
    """The reach of one schema.prisma: its schemas, its extensions and its preview features bound it."""
    schemas = frozenset(schema.datasource.schemas or (_DEFAULT_SCHEMA,))
    extensions = {extension.name: extension for extension in schema.datasource.extensions}
    partial = "partialIndexes" in schema.previews
    unsaid = frozenset(_unsaid_defaults(schema))

    def says(identity: ObjectId, state: State, catalog: Catalog) -> Said | None:
        if identity.kind not in SAYS:
            return None
        if isinstance(state, Extension):
            said = extensions.get(identity.own_name)
            if said is None:
                return None
            wanted = {"schema": said.schema, "version": said.version}
            return Said(fields={name: getattr(state, name) for name, value in wanted.items() if value is not None})
        if identity.path[0] not in schemas:
            return None
        table = state.table if isinstance(state, Index) else identity.path[:2]
        if identity.kind in ("table", "column", "primary key", "index", "foreign key") and not _reached(table, catalog):
            return None
        if isinstance(state, Enum):
            return Said(fields={"labels": frozenset(state.labels)})
        if isinstance(state, Column):
            return _column(state, catalog, default=identity not in unsaid)
        if isinstance(state, Index):
            return _index(state, catalog, partial=partial)
        return Said(fields={name: getattr(state, name) for name in SAYS[identity.kind]})

    return Reach(language="schema.prisma", says=says)


def _unsaid_defaults(schema: Schema) -> Iterable[ObjectId]:
    """The columns with `@default(dbgenerated())`: that there is a default, and not which."""
    for model in schema.models:
        for scalar in model.scalars.values():
            attribute = scalar.field.attribute("default")
            value = attribute.named(None, "value") if attribute is not None else None
            if isinstance(value, Call) and value.name == "dbgenerated" and not value.arguments:
                yield ObjectId("column", (model.schema or _DEFAULT_SCHEMA, model.database_name, scalar.column))


def _reached(table: tuple[str, ...], catalog: Catalog) -> bool:
    """Whether the relation is a table that a model can stand for."""
    state = catalog.objects.get(ObjectId("table", table))
    return isinstance(state, Table) and state.partition_of is None and table[1] not in PASSED_OVER


def _column(state: Column, catalog: Catalog, *, default: bool) -> Said:
    type_ = _below_domains(state.type, catalog)
    is_list = type_.endswith("[]")
    said: dict[str, Any] = {"type": _type(type_)}
    if not is_list:
        said["not_null"] = state.not_null
    if default:
        # one value behind three fields: what the column holds when a row says nothing of it
        value = meaning_of(state)
        said |= {"default": value, "identity": value, "expression": value}
    return Said(fields=said)


def _below_domains(name: str, catalog: Catalog) -> str:
    """The type of a column; of a domain the type below it, which is all that Prisma's engine sees of it."""
    for identity, domain in catalog.of(Domain):
        if name == ".".join(map(identifier, identity.path)):
            return _below_domains(domain.type, catalog)
    return name


@lru_cache(maxsize=1024)
def _type(name: str) -> str:
    """A type's name; a precision of 6 is that of a time without one (manual, 8.5)."""
    return name.replace("(6)", "", 1) if name.startswith(("timestamp", "time")) else name


def _index(state: Index, catalog: Catalog, *, partial: bool) -> Said | None:
    if None in state.key_columns or state.method not in _METHODS:
        return None
    if state.constraint is not None:
        exclusion = ObjectId("exclusion constraint", (*state.table, state.constraint))
        if exclusion in catalog.objects:
            return None
    said = {name: getattr(state, name) for name in SAYS["index"]}
    said["operators"] = (*map(_operator, state.operators), *(_ANYTHING for _ in state.include))
    said["keys"] = (*state.keys, *map(identifier, state.include))
    said["key_columns"] = (*state.key_columns, *state.include)
    said["include"] = said["key_columns"]  # one value behind both fields, as of a default
    if not partial:
        del said["predicate"]
    return Said(fields=said, whole=partial or state.predicate is None)


class _Anything:
    """What is not known of a column carried beside a key: equal to whatever the other side has."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0


_ANYTHING = _Anything()


def _operator(words: str) -> tuple[str, bool]:
    """The operator class of a key, and whether it is in descending order; collations are beyond the language."""
    name, *others = words.split(" ")
    return name, "desc" in others
