"""Which SQL makes the database that Prisma's engine would make of a schema?

The same statements, in the engine's order: schemas, extensions, enums, tables with their primary keys, join tables,
indexes, foreign keys. Each comes with the place that it is from and the objects that it makes with theirs, so that
what is read back from the server can be pointed to. Nothing is asked of a server here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from pgmason.catalog.keywords import literal
from pgmason.findings import Place
from pgmason.names import ObjectId
from pgmason.sources.prisma.meaning import ACTIONS, ForeignKey, Index, JoinTable, Model, Scalar, Schema
from pgmason.sources.prisma.naming import (
    join_foreign_key_name,
    join_index_name,
    join_key_name,
)
from pgmason.sources.prisma.quoting import identifier, qualified
from pgmason.sources.prisma.tree import Arity
from pgmason.sources.prisma.types import sql_type
from pgmason.sources.prisma.version import Version

__all__ = ["Lowered", "lower"]

_DEFAULT_SCHEMA = "public"
_LONGEST_BYTES = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowered:
    """One statement: its SQL without a semicolon, where it is from, and the objects in it with their own places."""

    sql: str
    place: Place
    objects: tuple[tuple[ObjectId, Place], ...] = ()


def lower(schema: Schema, version: Version, *, generated: Collection[Place] = ()) -> list[Lowered]:
    """Every statement. `version` is that of the product's Prisma, which changed what a join table looks like.

    `generated` are the places of fields whose `dbgenerated("...")` speaks of other columns: no default does, so that
    the column can only be a generated one. (The language has no other words for it: `prisma db pull` writes these.)
    """
    models = [model for model in schema.models if not model.is_view]
    found = [*_namespaces(schema), *_extensions(schema), *_enums(schema)]
    found += (_table(model, generated) for model in models)
    joins = [relation.join_table for relation in schema.relations if relation.join_table is not None]
    positions = {model.name: position for position, model in enumerate(schema.models)}
    joins.sort(key=lambda join: (positions[join.a], positions[join.b]))
    found += (_join_table(join, version) for join in joins)
    for model in models:
        found += (_index(model, index) for index in model.indexes)
    for join in joins:
        found += _join_indexes(join, version)
    for relation in schema.relations:
        if relation.foreign_key is not None:
            found.append(_foreign_key(schema, relation.foreign_key))
    if schema.foreign_keys_kept:
        for join in joins:
            found += _join_foreign_keys(schema, join)
    return found


def _at(schema: str | None) -> str:
    return schema if schema is not None else _DEFAULT_SCHEMA


def _cut(name: str) -> str:
    """A name as the server stores it."""
    return name.encode()[:_LONGEST_BYTES].decode(errors="ignore")


def _object(kind: str, *path: str) -> ObjectId:
    return ObjectId(kind, tuple(_cut(part) for part in path))


def _namespaces(schema: Schema) -> Iterator[Lowered]:
    place = Place(file=schema.datasource.file, line=schema.datasource.schemas_line)
    used = {model.schema for model in schema.models if not model.is_view} | {enum.schema for enum in schema.enums}
    for name in sorted(one for one in schema.datasource.schemas if one in used):
        yield Lowered(
            sql=f"CREATE SCHEMA IF NOT EXISTS {identifier(name)}",
            place=place,
            objects=((_object("schema", name), place),),
        )


def _extensions(schema: Schema) -> Iterator[Lowered]:
    for extension in schema.datasource.extensions:
        place = Place(file=schema.datasource.file, line=extension.line)
        sql = f"CREATE EXTENSION IF NOT EXISTS {identifier(extension.name)}"
        if extension.schema is not None or extension.version is not None:
            sql += " WITH"
        if extension.schema is not None:
            sql += f" SCHEMA {identifier(extension.schema)}"
        if extension.version is not None:
            sql += f" VERSION {identifier(extension.version)}"
        yield Lowered(sql=sql, place=place, objects=((_object("extension", extension.name), place),))


def _enums(schema: Schema) -> Iterator[Lowered]:
    for enum in schema.enums:
        place = Place(file=enum.block.file, line=enum.block.line)
        values = ", ".join(literal(stored) for _, stored in enum.values)
        yield Lowered(
            sql=f"CREATE TYPE {qualified(enum.schema, enum.database_name)} AS ENUM ({values})",
            place=place,
            objects=((_object("enum", _at(enum.schema), enum.database_name), place),),
        )


def _table(model: Model, generated: Collection[Place]) -> Lowered:
    file = model.file
    place = Place(file=file, line=model.block.line)
    schema, table = _at(model.schema), model.database_name
    own = _object("table", schema, table)
    objects: list[tuple[ObjectId, Place]] = [(own, place)]
    lines = []
    for scalar in model.scalars.values():
        at = Place(file=file, line=scalar.field.line)
        lines.append(_column(scalar, generated=at in generated))
        objects.append((_object("column", schema, table, scalar.column), at))
    sql = ",\n".join(lines)
    if model.key is not None:
        columns = ",".join(identifier(column.scalar.column) for column in model.key.fields)
        sql += f",\n\n    CONSTRAINT {identifier(model.key.name)} PRIMARY KEY ({columns})"
        at = Place(file=file, line=model.key.attribute.line)
        objects.append((_object("primary key", schema, table, model.key.name), at))
        objects.append((_object("index", schema, model.key.name), at))
    return Lowered(
        sql=f"CREATE TABLE {qualified(model.schema, table)} (\n{sql}\n)", place=place, objects=tuple(objects)
    )


def _column(scalar: Scalar, *, generated: bool) -> str:
    sql = f"    {identifier(scalar.column)} {column_type(scalar)}"
    if scalar.arity is Arity.REQUIRED:
        sql += " NOT NULL"
    if scalar.default is not None:
        sql += f" GENERATED ALWAYS AS ({scalar.default}) STORED" if generated else f" DEFAULT {scalar.default}"
    return sql


def column_type(scalar: Scalar) -> str:
    """The type of a column as CREATE TABLE names it, brackets of a list included."""
    if scalar.unsupported is not None:
        base = scalar.unsupported
    elif scalar.enum is not None:
        base = qualified(scalar.enum.schema, scalar.enum.database_name)
    else:
        assert scalar.native is not None  # one of the three is set
        base = sql_type(scalar.native, serial=scalar.serial)
    return f"{base}[]" if scalar.arity is Arity.LIST else base


def _index(model: Model, index: Index) -> Lowered:
    place = Place(file=model.file, line=index.attribute.line)
    columns = []
    for column in index.fields:
        words = [identifier(column.scalar.column)]
        if column.operators is not None:
            words.append(column.operators)
        if column.sort is not None:
            words.append(column.sort.upper())
        columns.append(" ".join(words))
    table = qualified(model.schema, model.database_name)
    using = f" USING {index.method} " if index.method is not None else ""
    unique = "UNIQUE " if index.unique else ""
    sql = f"CREATE {unique}INDEX {identifier(index.name)} ON {table}{using}({', '.join(columns)})"
    if index.predicate is not None:
        sql += f" WHERE ({index.predicate})"
    return Lowered(sql=sql, place=place, objects=((_object("index", _at(model.schema), index.name), place),))


def _foreign_key(schema: Schema, foreign: ForeignKey) -> Lowered:
    model, target = schema.by_name[foreign.model], schema.by_name[foreign.target]
    place = Place(file=model.file, line=foreign.field.line)
    own = ", ".join(identifier(scalar.column) for scalar in foreign.fields)
    theirs = ", ".join(identifier(scalar.column) for scalar in foreign.references)
    sql = (
        f"ALTER TABLE {qualified(model.schema, model.database_name)} ADD CONSTRAINT {identifier(foreign.name)} "
        f"FOREIGN KEY ({own}) REFERENCES {qualified(target.schema, target.database_name)}({theirs}) "
        f"ON DELETE {ACTIONS[foreign.on_delete]} ON UPDATE {ACTIONS[foreign.on_update]}"
    )
    made = _object("foreign key", _at(model.schema), model.database_name, foreign.name)
    return Lowered(sql=sql, place=place, objects=((made, place),))


def _join_place(join: JoinTable) -> Place:
    return Place(file=join.file, line=join.field.line)


def _join_table(join: JoinTable, version: Version) -> Lowered:
    place = _join_place(join)
    at = _at(join.schema)
    made = [
        _object("table", at, join.name),
        _object("column", at, join.name, "A"),
        _object("column", at, join.name, "B"),
    ]
    sql = f'    "A" {_key_type(join.a_key)} NOT NULL,\n    "B" {_key_type(join.b_key)} NOT NULL'
    if version.join_tables_have_keys:
        name = join_key_name(join.name, "_AB_pkey")
        sql += f',\n\n    CONSTRAINT {identifier(name)} PRIMARY KEY ("A","B")'
        made += [_object("primary key", at, join.name, name), _object("index", at, name)]
    return Lowered(
        sql=f"CREATE TABLE {qualified(join.schema, join.name)} (\n{sql}\n)",
        place=place,
        objects=tuple((one, place) for one in made),
    )


def _key_type(scalar: Scalar) -> str:
    """The type of a key's column where something refers to it: never a serial."""
    return sql_type(scalar.native) if scalar.native is not None else column_type(scalar)


def _join_indexes(join: JoinTable, version: Version) -> Iterator[Lowered]:
    place = _join_place(join)
    table = qualified(join.schema, join.name)
    if not version.join_tables_have_keys:
        name = join_key_name(join.name, "_AB_unique")
        yield Lowered(
            sql=f'CREATE UNIQUE INDEX {identifier(name)} ON {table}("A", "B")',
            place=place,
            objects=((_object("index", _at(join.schema), name), place),),
        )
    name = join_index_name(join.name)
    yield Lowered(
        sql=f'CREATE INDEX {identifier(name)} ON {table}("B")',
        place=place,
        objects=((_object("index", _at(join.schema), name), place),),
    )


def _join_foreign_keys(schema: Schema, join: JoinTable) -> Iterator[Lowered]:
    place = _join_place(join)
    for side, target, key in (("A", join.a, join.a_key), ("B", join.b, join.b_key)):
        model = schema.by_name[target]
        name = join_foreign_key_name(join.name, side)
        sql = (
            f"ALTER TABLE {qualified(join.schema, join.name)} ADD CONSTRAINT {identifier(name)} "
            f"FOREIGN KEY ({identifier(side)}) REFERENCES {qualified(model.schema, model.database_name)}"
            f"({identifier(key.column)}) ON DELETE CASCADE ON UPDATE CASCADE"
        )
        made = _object("foreign key", _at(join.schema), join.name, name)
        yield Lowered(sql=sql, place=place, objects=((made, place),))
