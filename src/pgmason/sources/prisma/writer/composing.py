"""What does a catalog say in the words of schema.prisma?

Tables become models, or the join tables of relations; views become views; enums, keys, indexes, foreign keys and
extensions what they are there. A table whose rows Prisma cannot tell apart is a model with `@@ignore`. Names that an
existing file gives to tables, columns and relations are kept. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pgmason.catalog.keywords import identifier
from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.enum import Enum
from pgmason.catalog.kinds.extension import Extension
from pgmason.catalog.kinds.view import View
from pgmason.catalog.model import Catalog
from pgmason.names import ObjectId
from pgmason.sources.prisma.reach import PASSED_OVER
from pgmason.sources.prisma.writer.beyond import beyond_of
from pgmason.sources.prisma.writer.column_defaults import default_inner
from pgmason.sources.prisma.writer.column_types import ColumnType, base_type, column_type, domains_of, text_literal
from pgmason.sources.prisma.writer.counters import Counter, counters_of, sequences_of
from pgmason.sources.prisma.writer.draft import (
    Draft,
    DraftAttribute,
    DraftEnum,
    DraftField,
    DraftModel,
    DraftValue,
)
from pgmason.sources.prisma.writer.index_attributes import KeysAndIndexes, keys_and_indexes
from pgmason.sources.prisma.writer.relation_fields import Known, Side, is_join_table, relation_fields
from pgmason.sources.prisma.writer.words import Taken, field_name, model_name, value_name

__all__ = ["Style", "compose"]

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """How the file is to be: what an existing one says, or the defaults of a new one.

    `models`, `enums` are names by path, `fields` by path and column, `values` by path and label, `relations` by
    `relation_key`; `others` are the names of relation fields by path, `ignored` the tables that the file ignores,
    `views` those that it has. `features` None: whatever the catalog needs. `schemas` None: those with models, where
    that is not public alone. `join_keys`: join tables have a primary key, as since Prisma 6. `foreign_keys` is False
    under relationMode = "prisma".
    """

    datasource: str = "db"
    models: Mapping[Path, str] = field(default_factory=dict)
    enums: Mapping[Path, str] = field(default_factory=dict)
    fields: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    values: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    relations: Mapping[tuple[str, ...], Known] = field(default_factory=dict)
    others: Mapping[Path, frozenset[str]] = field(default_factory=dict)
    ignored: frozenset[Path] = frozenset()
    views: frozenset[Path] = frozenset()
    foreign_keys: bool = True
    features: frozenset[str] | None = None
    schemas: tuple[str, ...] | None = None
    join_keys: bool = True


def compose(catalog: Catalog, style: Style) -> Draft:
    """The draft: models sorted by the name of their table, views behind them, enums last."""
    allowed = style.features
    names = Taken()
    tables = [identity for identity, state in catalog.tables if state.partition_of is None and state.columns]
    tables = [one for one in tables if one.own_name not in PASSED_OVER and _listed(style, one)]
    views = [one for one, state in catalog.of(View) if state.columns and _has(allowed, "views")]
    views = [one for one in views if one.path not in style.views and _listed(style, one)]
    enums = [(identity, state) for identity, state in catalog.of(Enum) if state.labels and _listed(style, identity)]
    titles = _titles(names, [one.path for one in [*tables, *views]], style.models, [e.path for e, _ in enums], style)
    by_type = {".".join(map(identifier, one.path)): titles[("enum", *one.path)] for one, _ in enums}
    values = {one.path: _values(one.path, state, style) for one, state in enums}
    labels = {titles[("enum", *path)]: {one.label: one.name for one in found} for path, found in values.items()}

    named = {table.path: _field_names(catalog, table, style) for table in tables}
    types = {table.path: _types(catalog, table, by_type, style) for table in tables}
    keys = {
        table.path: keys_and_indexes(
            catalog, table, named[table.path], types[table.path], partial_indexes=_has(allowed, "partialIndexes")
        )
        for table in tables
    }
    sides = {table.path: _side(catalog, table, titles, named, types, keys, style) for table in tables}
    joins = [table for table in tables if is_join_table(catalog, table, sides, by_key=style.join_keys)]
    tables = [table for table in tables if table not in joins]
    taken = {table.path: Taken([*named[table.path].values(), *style.others.get(table.path, ())]) for table in tables}
    remaining = {table.path: sides[table.path] for table in tables}
    relations, lost = relation_fields(
        catalog, remaining, joins, style.relations, taken, foreign_keys=style.foreign_keys
    )

    schemas = _schemas(style, [one.path for one in [*tables, *views]], [one.path for one, _ in enums])
    sequences = sequences_of(catalog)
    counters = {
        path: one for table in tables for path, one in counters_of(catalog, table, types[table.path], sequences)
    }
    beyond = [*lost, *(one for table in tables for one in keys[table.path].beyond)]
    said = [one for one, _ in enums]
    beyond += beyond_of(catalog, tables=tables, joins=joins, views=views, enums=said, counters=counters)
    remarks: dict[str, list[str]] = {}
    for one in sorted(beyond):
        remarks.setdefault(one.relation, []).append(one.what + (f"; {one.instead}" if one.instead else ""))
    models = [
        DraftModel(
            path=table.path,
            keyword="model",
            name=titles[("model", *table.path)],
            fields=(
                *_fields(catalog, table, named[table.path], types[table.path], keys[table.path], labels, counters),
                *relations[table.path],
            ),
            attributes=(
                *keys[table.path].block,
                *_block(table.path, titles[("model", *table.path)], schemas),
                *((DraftAttribute("@@ignore"),) if sides[table.path].ignored else ()),
            ),
            documentation=_documentation(catalog, table),
            remarks=tuple(remarks.get(table.name, ())),
        )
        for table in tables
    ]
    models += [_view(catalog, view, titles[("model", *view.path)], by_type, schemas, style) for view in views]
    extensions = tuple(_extension(one.own_name, state) for one, state in catalog.of(Extension))
    has_extensions = bool(extensions) and _has(allowed, "postgresqlExtensions")
    needed = {
        "views": bool(views),
        "partialIndexes": any(keys[table.path].partial for table in tables),
        "postgresqlExtensions": has_extensions,
    }
    return Draft(
        models=tuple(models),
        enums=tuple(
            DraftEnum(
                path=one.path,
                name=titles[("enum", *one.path)],
                values=values[one.path],
                attributes=_block(one.path, titles[("enum", *one.path)], schemas),
                documentation=_documentation(catalog, one),
            )
            for one, _ in enums
        ),
        schemas=schemas,
        extensions=extensions if has_extensions else (),
        features=tuple(sorted(name for name, is_needed in needed.items() if is_needed)),
        beyond=tuple(sorted(beyond)),
    )


def _has(allowed: frozenset[str] | None, feature: str) -> bool:
    return allowed is None or feature in allowed


def _listed(style: Style, identity: ObjectId) -> bool:
    """Whether the object is in a schema that the file speaks of."""
    return style.schemas is None or identity.path[0] in (style.schemas or ("public",))


def _titles(
    names: Taken, models: list[Path], kept: Mapping[Path, str], enums: list[Path], style: Style
) -> dict[tuple[str, ...], str]:
    """The name of every model, view and enum; those of an existing file come first, then those that need no map."""
    wished: list[tuple[tuple[str, ...], str, str | None]] = [
        *((("model", *path), model_name(path[1]), kept.get(path)) for path in models),
        *((("enum", *path), model_name(path[1]), style.enums.get(path)) for path in enums),
    ]
    found: dict[tuple[str, ...], str] = {key: names.take(name) for key, _, name in wished if name is not None}
    for exact in (True, False):
        for key, wish, _ in wished:
            if key not in found and (wish == key[2]) is exact:
                in_schema = model_name(f"{key[1]}_{key[2]}")
                found[key] = names.free(wish, *(["Enum".join((wish, ""))] if key[0] == "enum" else []), in_schema)
    return found


def _field_names(catalog: Catalog, table: ObjectId, style: Style) -> dict[str, str]:
    """The field of each column, in the columns' order; a column that can keep its name does."""
    taken = Taken(style.others.get(table.path, ()))
    columns = [one.own_name for one, _ in catalog.columns(table)]
    kept = {column: style.fields.get((*table.path, column)) for column in columns}
    found = {column: taken.take(name) for column, name in kept.items() if name is not None}
    for exact in (True, False):
        for column in columns:
            if column not in found and (field_name(column) == column) is exact:
                found[column] = taken.free(field_name(column))
    return {column: found[column] for column in columns}


def _values(path: Path, state: Enum, style: Style) -> tuple[DraftValue, ...]:
    taken = Taken()
    kept = {label: style.values.get((*path, label)) for label in state.labels}
    found = {label: taken.take(name) for label, name in kept.items() if name is not None}
    for exact in (True, False):
        for label in state.labels:
            if label not in found and (value_name(label) == label) is exact:
                found[label] = taken.free(value_name(label))
    return tuple(DraftValue(name=found[label], label=label) for label in state.labels)


def _types(catalog: Catalog, table: ObjectId, enums: Mapping[str, str], style: Style) -> dict[str, ColumnType]:
    domains = domains_of(catalog)
    return {
        one.own_name: column_type(base_type(domains, column.type), enums, style.datasource)
        for one, column in catalog.columns(table)
    }


def _side(
    catalog: Catalog,
    table: ObjectId,
    titles: Mapping[tuple[str, ...], str],
    named: Mapping[Path, Mapping[str, str]],
    types: Mapping[Path, Mapping[str, ColumnType]],
    keys: Mapping[Path, KeysAndIndexes],
    style: Style,
) -> Side:
    return Side(
        model=titles[("model", *table.path)],
        names=named[table.path],
        types=types[table.path],
        not_null=frozenset(one.own_name for one, column in catalog.columns(table) if column.not_null),
        unique=keys[table.path].unique,
        ignored=not keys[table.path].identifies or table.path in style.ignored,
    )


def _schemas(style: Style, models: list[Path], enums: list[Path]) -> tuple[str, ...]:
    if style.schemas is not None:
        return style.schemas
    found = sorted({path[0] for path in [*models, *enums]})
    return () if found in ([], ["public"]) else tuple(found)


def _fields(
    catalog: Catalog,
    table: ObjectId,
    names: Mapping[str, str],
    types: Mapping[str, ColumnType],
    keys: KeysAndIndexes,
    labels: Mapping[str, Mapping[str, str]],
    counters: Mapping[tuple[str, ...], Counter],
) -> list[DraftField]:
    fields = []
    for identity, column in catalog.columns(table):
        own = identity.own_name
        type_ = types[own]
        attributes = list(keys.fields.get(own, ()))
        attributes.sort(key=lambda one: one.name != "@id")
        inner = _default(identity, column, type_, labels.get(type_.name, {}), counters)
        if inner is not None:
            attributes.append(DraftAttribute("@default", inner))
        if names[own] != own:
            attributes.append(DraftAttribute("@map", text_literal(own)))
        if type_.native is not None:
            name, _, rest = type_.native.partition("(")
            attributes.append(DraftAttribute(name, rest.removesuffix(")") or None))
        sign = "[]" if type_.is_list else "" if column.not_null else "?"
        fields.append(
            DraftField(
                name=names[own],
                type=type_.name + sign,
                attributes=tuple(attributes),
                column=own,
                documentation=_documentation(catalog, identity),
            )
        )
    return fields


def _default(
    identity: ObjectId,
    column: Column,
    type_: ColumnType,
    values: Mapping[str, str],
    counters: Mapping[tuple[str, ...], Counter],
) -> str | None:
    """What stands in the brackets of `@default`, None where it has none."""
    if identity.path in counters:
        return "autoincrement()"
    if column.generated is not None:
        return "dbgenerated()"  # which Prisma leaves alone
    if column.default is None:
        return None
    return default_inner(column.default, type_, values, identity.path[0])


def _view(
    catalog: Catalog, view: ObjectId, name: str, enums: Mapping[str, str], schemas: tuple[str, ...], style: Style
) -> DraftModel:
    """A view: nothing tells its rows apart, and any column may be NULL."""
    state: View = catalog.objects[view]
    domains = domains_of(catalog)
    taken = Taken()
    fields = []
    for column, text in state.columns:
        type_ = column_type(base_type(domains, text), enums, style.datasource)
        own = taken.free(style.fields.get((*view.path, column)) or field_name(column))
        attributes = [] if own == column else [DraftAttribute("@map", text_literal(column))]
        if type_.native is not None:
            head, _, rest = type_.native.partition("(")
            attributes.append(DraftAttribute(head, rest.removesuffix(")") or None))
        fields.append(
            DraftField(
                name=own,
                type=type_.name + ("[]" if type_.is_list else "?"),
                attributes=tuple(attributes),
                column=column,
            )
        )
    return DraftModel(
        path=view.path,
        keyword="view",
        name=name,
        fields=tuple(fields),
        attributes=_block(view.path, name, schemas),
        documentation=_documentation(catalog, view),
        remarks=("its query; Prisma reads the view and never makes it",),
    )


def _block(path: Path, name: str, schemas: tuple[str, ...]) -> tuple[DraftAttribute, ...]:
    mapped = (DraftAttribute("@@map", text_literal(path[1])),) if name != path[1] else ()
    return (*mapped, *((DraftAttribute("@@schema", text_literal(path[0])),) if schemas else ()))


def _extension(name: str, state: Extension) -> str:
    """An extension as the datasource's list has it: by a name of the language, its schema where it is not public."""
    said = name if name.replace("_", "a").isalnum() and name[:1].isalpha() else value_name(name)
    parts = [f"map: {text_literal(name)}"] if said != name else []
    parts += [f"schema: {text_literal(state.schema)}"] if state.schema != "public" else []
    return said + (f"({', '.join(parts)})" if parts else "")


def _documentation(catalog: Catalog, identity: ObjectId) -> tuple[str, ...]:
    comment = catalog.comments.get(identity)
    return tuple(line.rstrip() for line in comment.splitlines()) if comment else ()
