"""What do the files of a schema mean together?

Names are looked up over all files, each attribute is read, relations are paired, and whatever Prisma would refuse is
noted; nothing is guessed. The steps are Prisma's own, and each ends the reading where it found a fault, so that one
fault is not told as several.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pgmason.sources.prisma.arguments import by_name, text_of
from pgmason.sources.prisma.checking import check_columns, check_names, check_schema
from pgmason.sources.prisma.datasource import datasource_of, previews_of
from pgmason.sources.prisma.defaults import default_of
from pgmason.sources.prisma.faults import Fault, Faults
from pgmason.sources.prisma.indexes import indexes_of, key_of
from pgmason.sources.prisma.meaning import Datasource, Enum, Model, Scalar, Schema
from pgmason.sources.prisma.quoting import qualified
from pgmason.sources.prisma.relations import relation_fields, relations_of
from pgmason.sources.prisma.tree import (
    Arity,
    Attribute,
    Document,
    EnumBlock,
    EnumValue,
    Field,
    ModelBlock,
    Number,
    Text,
    shown,
)
from pgmason.sources.prisma.types import DEFAULTS, NATIVE, NativeType, sql_type, wrong_arguments

__all__ = ["resolve"]

_SCALAR_ATTRIBUTES = ("id", "unique", "default", "map", "updatedAt", "ignore", "relation")
_RELATION_ATTRIBUTES = ("relation", "ignore", "id", "unique", "default", "map", "updatedAt")
_MODEL_ATTRIBUTES = ("id", "unique", "index", "map", "schema", "ignore")
_REPEATED = ("unique", "index")
_MYSQL = {"fulltext": "full-text indexes; PostgreSQL has Gin", "shardKey": "shard keys"}  # attributes of its blocks


def resolve(documents: Sequence[Document], faults: Sequence[Fault] = ()) -> Schema:
    """The meaning of the files together; `faults` are those of the parser. Raises SchemaInvalid, Unsupported."""
    noted = Faults(documents, faults)
    noted.stop()
    datasource = datasource_of(documents, faults=noted)
    previews = previews_of(documents)
    blocks = [block for document in documents for block in document.models]
    enum_blocks = [block for document in documents for block in document.enums]
    check_names(documents, faults=noted)
    noted.stop()
    enums = {block.name: _enum(block, noted) for block in enum_blocks}
    tables = {block.name: block for block in blocks}
    for block in blocks:
        _check_types(block, tables, enums, noted)
    noted.stop()
    models = {
        block.name: _model(block, tables, enums, datasource, previews, noted)
        for block in blocks
        if block.keyword != "type"
    }
    for block in blocks:
        if block.keyword == "type":
            noted.add(block.file, block, f"{block.name} is a composite type, which is for MongoDB only")
    sides = relation_fields(models, faults=noted)
    noted.stop()
    relations = relations_of(sides, foreign_keys=datasource.relation_mode == "foreignKeys", faults=noted)
    schema = Schema(
        documents=tuple(documents),
        datasource=datasource,
        previews=previews,
        models=tuple(models.values()),
        enums=tuple(enums.values()),
        relations=relations,
        by_name=models,
    )
    check_schema(schema, faults=noted)
    noted.stop()
    return schema


def _check_types(
    block: ModelBlock, tables: Mapping[str, ModelBlock], enums: Mapping[str, Enum], faults: Faults
) -> None:
    for field in block.fields:
        name = field.type.name
        if field.type.unsupported is None and name not in DEFAULTS and name not in tables and name not in enums:
            why = f"{name} is no type of Prisma's and no model or enum of this schema"
            faults.add(block.file, field.type, why, f'Type "{name}" is neither a built-in type')


def _enum(block: EnumBlock, faults: Faults) -> Enum:
    _check_attributes(block.file, block.attributes, ("map", "schema"), "@@", faults)
    for value in block.values:
        _check_attributes(block.file, value.attributes, ("map",), "@", faults)
    values = tuple((value.name, _label(block.file, value, faults)) for value in block.values)
    return Enum(
        name=block.name,
        database_name=_mapped(block.file, block.attribute("map"), "@@map", faults) or block.name,
        schema=_schema_name(block, faults),
        values=values,
        block=block,
    )


def _label(file: str, value: EnumValue, faults: Faults) -> str:
    """What the database stores for a value, which may be an empty text."""
    attribute = next((attribute for attribute in value.attributes if attribute.name == "map"), None)
    said = attribute.named("name", None) if attribute is not None else None
    if isinstance(said, Text) and not said.value:
        return ""
    return _mapped(file, attribute, "@map", faults) or value.name


def _model(
    block: ModelBlock,
    tables: Mapping[str, ModelBlock],
    enums: Mapping[str, Enum],
    datasource: Datasource,
    previews: frozenset[str],
    faults: Faults,
) -> Model:
    file = block.file
    _check_attributes(file, block.attributes, _MODEL_ATTRIBUTES, "@@", faults)
    for ignore in block.every("ignore"):
        by_name(ignore, (), file=file, faults=faults)
    check_columns(block, tables, faults=faults)
    table = _mapped(file, block.attribute("map"), "@@map", faults) or block.name
    scalars: dict[str, Scalar] = {}
    for field in block.fields:
        if field.type.unsupported is None and field.type.name in tables:
            known: tuple[str, ...] = _RELATION_ATTRIBUTES
        else:
            known = _SCALAR_ATTRIBUTES
            scalars[field.name] = _scalar(block, field, enums, datasource, faults)
        if field.attributes:
            _check_attributes(file, field.attributes, known, "@", faults, native=field.type.name in DEFAULTS)
    return Model(
        name=block.name,
        database_name=table,
        schema=_schema_name(block, faults),
        scalars=scalars,
        key=key_of(block, table, scalars, faults=faults),
        indexes=indexes_of(block, table, scalars, previews, faults=faults),
        is_view=block.keyword == "view",
        ignored=block.attribute("ignore") is not None,
        block=block,
    )


def _scalar(
    block: ModelBlock, field: Field, enums: Mapping[str, Enum], datasource: Datasource, faults: Faults
) -> Scalar:
    file = block.file
    kind = "Unsupported" if field.type.unsupported is not None else field.type.name
    enum = enums.get(kind)
    native = None
    if field.type.unsupported is not None:
        base = field.type.unsupported
    elif enum is not None:
        base = qualified(enum.schema, enum.database_name)
    else:
        native = _native(block, field, datasource, faults) or DEFAULTS[kind]
        base = sql_type(native)
    whole = f"{base}[]" if field.type.arity is Arity.LIST else base
    if not field.attributes:
        return Scalar(
            name=field.name, column=field.name, type=kind, arity=field.type.arity, native=native, enum=enum,
            unsupported=field.type.unsupported, default=None, serial=False, field=field,
        )  # fmt: skip
    _check_field(block, field, kind, faults)
    default = default_of(field, kind, enum, whole, file=file, faults=faults)
    return Scalar(
        name=field.name,
        column=_mapped(file, field.attribute("map"), "@map", faults) or field.name,
        type=kind,
        arity=field.type.arity,
        native=native,
        enum=enum,
        unsupported=field.type.unsupported,
        default=default.sql,
        serial=default.serial,
        field=field,
    )


def _check_field(block: ModelBlock, field: Field, kind: str, faults: Faults) -> None:
    for attribute in field.attributes:
        if attribute.name == "updatedAt":
            by_name(attribute, (), file=block.file, faults=faults)
            if kind != "DateTime":
                faults.attribute(block.file, attribute, "@updatedAt", f"{field.name} is no DateTime")
            if field.type.arity is Arity.LIST:
                faults.attribute(block.file, attribute, "@updatedAt", f"{field.name} is a list")
        elif attribute.name == "ignore":
            if kind == "Unsupported":
                faults.attribute(block.file, attribute, "@ignore", "a field of an Unsupported type is ignored already")
            elif block.attribute("ignore") is not None:
                faults.attribute(block.file, attribute, "@ignore", f"{block.name} as a whole is ignored already")
        elif attribute.name == "relation":
            faults.attribute(block.file, attribute, "@relation", f"{field.name} is of type {kind}, no relation")


def _native(block: ModelBlock, field: Field, datasource: Datasource, faults: Faults) -> NativeType | None:
    """The type that a `@db.` attribute gives, or None."""
    said = [attribute for attribute in field.attributes if "." in attribute.name]
    if not said:
        return None
    attribute = said[0]
    prefix, _, name = attribute.name.partition(".")
    where = attribute
    if len(said) > 1:
        once = f'Attribute "@{datasource.name}" can only be defined once'
        faults.add(block.file, said[1], "a field has one native type", once)
    if prefix != datasource.name:
        why = f"native types begin with the datasource's name, {datasource.name}., not {prefix}."
        faults.add(block.file, where, why, f"The prefix {prefix} is invalid")
        return None
    kind = NATIVE.get(name)
    if kind is None:
        why = f"{name} is no native type of PostgreSQL in Prisma; there are {', '.join(NATIVE)}"
        faults.add(block.file, where, why, f"Native type {name} is not supported for postgresql connector")
        return None
    if kind.scalar != field.type.name:
        why = f"{name} is for {kind.scalar}; {field.name} is {field.type.name}"
        faults.add(block.file, where, why, f"Native type {name} is not compatible with declared field type")
        return None
    numbers = []
    for argument in attribute.arguments:
        value = argument.value
        text = value.text if isinstance(value, Number) else ""
        if not text.isdigit() or int(text) >= 2**32:
            why = f"{name} takes whole numbers of 32 bits, not {shown(value)}"
            two = "Expected two nonnegative integers"
            faults.add(block.file, argument, why, two if kind.numbers == 2 else "Expected a nonnegative integer")
            return None
        numbers.append(int(text))
    native = NativeType(name, tuple(numbers))
    wrong = wrong_arguments(native)
    if wrong is not None:
        faults.add(block.file, where, *wrong)
        return None
    return native


def _check_attributes(
    file: str,
    attributes: Sequence[Attribute],
    known: Sequence[str],
    sign: str,
    faults: Faults,
    *,
    native: bool = False,
) -> None:
    """Tell unknown attributes, and those said twice; `native` says whether a native type may stand here."""
    seen: set[str] = set()
    for attribute in attributes:
        name = attribute.name
        if name not in known:
            if sign == "@@" and "index" in known and name in _MYSQL:
                why = f"@@{name} is for MySQL, which has {_MYSQL[name]}"
                faults.attribute(file, attribute, f"@@{name}", why)
            elif not native or "." not in name:
                whose = "there is no such attribute here; there are " + ", ".join(f"{sign}{one}" for one in known)
                faults.add(file, attribute, f"{sign}{name}: {whose}", f'Attribute not known: "@{name}"')
            continue
        if name in seen and (sign == "@" or name not in _REPEATED):
            faults.add(
                file, attribute, f"{sign}{name} stands here twice", f'Attribute "@{name}" can only be defined once'
            )
        seen.add(name)


def _mapped(file: str, attribute: Attribute | None, name: str, faults: Faults) -> str | None:
    """The name in the database that a `@map` or `@@map` gives."""
    if attribute is None:
        return None
    arguments = by_name(attribute, ("name",), file=file, faults=faults, unnamed="name")
    if "name" not in arguments:
        faults.add(file, attribute, f"{name} needs the name in the database", 'Argument "name" is missing')
    return text_of(arguments, "name", name, file=file, faults=faults)


def _schema_name(block: ModelBlock | EnumBlock, faults: Faults) -> str | None:
    attribute = block.attribute("schema")
    if attribute is None:
        return None
    arguments = by_name(attribute, ("map",), file=block.file, faults=faults, unnamed="map")
    if "map" not in arguments:
        faults.add(block.file, attribute, "@@schema needs the schema's name", 'Argument "map" is missing')
    return text_of(arguments, "map", "@@schema", file=block.file, faults=faults)
