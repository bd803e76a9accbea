"""Which keys and indexes does a model have, and under which names?

`@id` and `@@id` make the primary key; `@unique` and `@@unique` make unique indexes (no constraints, as the engine
does); `@@index` makes all others. They come in the engine's order: unique fields first, then `@@index`, then
`@@unique`, because PostgreSQL lets a foreign key rest on the first unique index that fits.
"""

from __future__ import annotations

from collections.abc import Mapping

from pgmason.sources.prisma.arguments import by_name, list_of, text_of
from pgmason.sources.prisma.faults import Faults
from pgmason.sources.prisma.meaning import Index, IndexField, Key, Scalar
from pgmason.sources.prisma.naming import LONGEST_BYTES, index_name, primary_key_name, unique_name
from pgmason.sources.prisma.operators import METHODS, known, misfit, sql_name
from pgmason.sources.prisma.predicates import predicate_of
from pgmason.sources.prisma.tree import Attribute, Call, Expression, ModelBlock, Name, Text, shown

__all__ = ["indexes_of", "key_of"]

_ID = ("map", "sort", "length", "clustered")
_BLOCK_ID = ("fields", "name", "map", "clustered")
_UNIQUE = ("map", "sort", "length", "clustered", "where")
_BLOCK_UNIQUE = ("fields", "name", "map", "clustered", "where")
_INDEX = ("fields", "name", "map", "type", "clustered", "where")
# What is said of an index for another database, by the argument's name.
_ELSEWHERE = {"length": "MySQL", "clustered": "SQL Server"}


def key_of(block: ModelBlock, table: str, scalars: Mapping[str, Scalar], *, faults: Faults) -> Key | None:
    """The primary key, if there is one."""
    said = [
        (field, attribute)
        for field in block.fields
        if field.name in scalars and (attribute := field.attribute("id")) is not None
    ]
    whole = block.attribute("id")
    if len(said) > 1:
        faults.model(block.file, block, block.name, f"{said[0][0].name} and {said[1][0].name} are both marked @id")
        return None
    if said and whole is not None:
        before = len(faults.found)
        arguments = by_name(whole, _BLOCK_ID, file=block.file, faults=faults, unnamed="fields")
        _fields(arguments, whole, "id", block, scalars, faults)
        if len(faults.found) == before:
            faults.model(block.file, block, block.name, "has @id and @@id; one of them is the key")
        return None
    if said:
        field, attribute = said[0]
        arguments = by_name(attribute, _ID, file=block.file, faults=faults)
        _refuse(arguments, "@id", attribute, block, faults, sort=True)
        fields: tuple[IndexField, ...] = (IndexField(scalar=scalars[field.name]),)
        name = "@id"
    elif whole is not None:
        attribute = whole
        arguments = by_name(attribute, _BLOCK_ID, file=block.file, faults=faults, unnamed="fields")
        _refuse(arguments, "@@id", attribute, block, faults)
        found = _fields(arguments, attribute, "id", block, scalars, faults)
        if found is None:
            return None
        if any(column.sort is not None for column in found):
            faults.attribute(block.file, attribute, "@@id", "a primary key has no sort on PostgreSQL")
        fields, name = found, "@@id"
    else:
        return None
    for column in fields:
        if column.scalar.arity != "":
            why = f"{column.scalar.name} is part of the key and must be required"
            if name == "@@id":
                faults.model(block.file, attribute, block.name, why)
            else:
                faults.attribute(block.file, attribute, name, why)
    mapped = text_of(arguments, "map", name, file=block.file, faults=faults)
    _check_length(mapped, attribute, name, block, faults)
    return Key(name=mapped or primary_key_name(table), fields=fields, attribute=attribute)


def indexes_of(
    block: ModelBlock, table: str, scalars: Mapping[str, Scalar], previews: frozenset[str], *, faults: Faults
) -> tuple[Index, ...]:
    """The indexes besides the primary key's, in the engine's order."""
    found: list[Index | None] = []
    for field in block.fields:
        attribute = field.attribute("unique")
        if attribute is not None and field.name in scalars:
            arguments = by_name(attribute, _UNIQUE, file=block.file, faults=faults)
            sort = _sort(arguments.get("sort"), "@unique", block, faults)
            fields = (IndexField(scalar=scalars[field.name], sort=sort),)
            found.append(_index(attribute, arguments, fields, "@unique", block, table, scalars, previews, faults))
    for name, known_arguments in (("index", _INDEX), ("unique", _BLOCK_UNIQUE)):
        for attribute in block.every(name):
            arguments = by_name(attribute, known_arguments, file=block.file, faults=faults, unnamed="fields")
            columns = _fields(arguments, attribute, name, block, scalars, faults)
            if columns is not None:
                found.append(
                    _index(attribute, arguments, columns, f"@@{name}", block, table, scalars, previews, faults)
                )
    return tuple(index for index in found if index is not None)


def _index(
    attribute: Attribute,
    arguments: dict[str, Expression],
    fields: tuple[IndexField, ...],
    name: str,
    block: ModelBlock,
    table: str,
    scalars: Mapping[str, Scalar],
    previews: frozenset[str],
    faults: Faults,
) -> Index | None:
    file = block.file
    unique = name != "@@index"
    _refuse(arguments, name, attribute, block, faults)
    mapped = text_of(arguments, "map", name, file=file, faults=faults)
    called = text_of(arguments, "name", name, file=file, faults=faults)
    if not unique:  # an old name for `map`
        if mapped is not None and called is not None:
            faults.attribute(file, attribute, "@index", "name is an old word for map; one of them is enough")
        mapped = mapped or called
    _check_length(mapped, attribute, name, block, faults)
    method = _method(arguments.get("type"), block, faults)
    if method is None:
        return None
    if unique and any(column.operators is not None for column in fields):
        faults.attribute(file, attribute, name, "operator classes are for @@index only")
    if block.keyword != "view":
        _check_xml(fields, unique, block, faults)
    if not unique:
        _check_method(method, fields, attribute, block, faults)
    predicate = None
    if "where" in arguments:
        if "partialIndexes" not in previews:
            faults.attribute(
                file, attribute, name, 'a partial index needs previewFeatures = ["partialIndexes"] in the generator'
            )
        predicate = predicate_of(
            arguments["where"], scalars, block.name, attribute=f"@{name.lstrip('@')}", file=file, faults=faults
        )  # fmt: skip
    columns = [column.scalar.column for column in fields]
    own = mapped or (unique_name(table, columns) if unique else index_name(table, columns))
    return Index(
        name=own,
        unique=unique,
        fields=fields,
        method=METHODS[method],
        predicate=predicate,
        attribute=attribute,
    )


def _check_xml(fields: tuple[IndexField, ...], unique: bool, block: ModelBlock, faults: Faults) -> None:
    for column in fields:
        if column.scalar.native is not None and column.scalar.native.name == "Xml":
            why = f"{column.scalar.name} is of type Xml, which has no order, so that no index holds it"
            prisma = "Native type `Xml` cannot be unique" if unique else "You cannot define an index on fields with"
            faults.add(block.file, column.scalar.field, why, prisma)


def _check_method(
    method: str, fields: tuple[IndexField, ...], attribute: Attribute, block: ModelBlock, faults: Faults
) -> None:
    if method == "Hash" and any(column.sort is not None for column in fields):
        faults.attribute(block.file, attribute, "@@index", "a Hash index has no sort")
    if method == "SpGist" and len(fields) != 1:
        faults.attribute(block.file, attribute, "@@index", "a SpGist index has one column")
    for column in fields:
        raw = column.operators is not None and column.operator_class is None
        why = None if raw else misfit(method, column.scalar, column.operator_class)
        if why is not None:
            faults.attribute(block.file, attribute, "@@index", why)


def _fields(
    arguments: dict[str, Expression],
    attribute: Attribute,
    name: str,
    block: ModelBlock,
    scalars: Mapping[str, Scalar],
    faults: Faults,
) -> tuple[IndexField, ...] | None:
    """The columns of a `fields` argument; None where some are wrong, which is noted."""
    value = arguments.get("fields")
    if value is None:
        faults.add(block.file, attribute, f"@@{name} needs the list of its fields", 'Argument "fields" is missing')
        return None
    items = list_of(value)
    if not items:
        faults.attribute(block.file, attribute, f"@@{name}", "the list of fields must not be empty")
        return None
    found: list[IndexField] = []
    before = len(faults.found)
    for item in items:
        column = _column(item, attribute, name, block, scalars, faults)
        if column is not None:
            found.append(column)
    names = [column.scalar.name for column in found]
    for twice in sorted({own for own in names if names.count(own) > 1}):
        faults.model(block.file, attribute, block.name, f"@@{name} names the field {twice} more than once")
    return tuple(found) if len(faults.found) == before else None


def _column(
    item: Expression, attribute: Attribute, name: str, block: ModelBlock, scalars: Mapping[str, Scalar], faults: Faults
) -> IndexField | None:
    if not isinstance(item, Name | Call):
        faults.add(
            block.file, item, f"a field's name is expected, not {shown(item)}", "Expected a constant literal value"
        )
        return None
    own = item.text if isinstance(item, Name) else item.name
    scalar = scalars.get(own)
    if scalar is None:
        if any(field.name == own for field in block.fields):
            why = f"@@{name} names {own}, which is a relation; its columns are meant"
        else:
            why = f"@@{name} names {own}, which is no field of {block.name}"
        faults.model(block.file, attribute, block.name, why)
        return None
    if isinstance(item, Name):
        return IndexField(scalar=scalar)
    # what else is said of a column Prisma passes over
    said = {argument.name: argument.value for argument in item.arguments if argument.name is not None}
    _refuse(said, f"@@{name}", attribute, block, faults)
    sort = _sort(said.get("sort"), f"@@{name}", block, faults)
    operators, class_name = _operators(said.get("ops"), block, faults)
    return IndexField(scalar=scalar, sort=sort, operators=operators, operator_class=class_name)


def _operators(value: Expression | None, block: ModelBlock, faults: Faults) -> tuple[str | None, str | None]:
    """An operator class in SQL, and Prisma's name of it where it has one."""
    if value is None:
        return None, None
    if isinstance(value, Call) and value.name == "raw":
        first = value.arguments[0].value if len(value.arguments) == 1 else None
        if isinstance(first, Text):
            return first.value or None, None  # an empty one is none
    elif isinstance(value, Name) and known(value.text):
        return sql_name(value.text), value.text
    faults.add(
        block.file, value, f'ops is a class that Prisma knows or raw("..."), not {shown(value)}', "Unexpected token"
    )
    return None, None


def _sort(value: Expression | None, name: str, block: ModelBlock, faults: Faults) -> str | None:
    if value is None:
        return None
    if isinstance(value, Name) and value.text in ("Asc", "Desc"):
        return value.text
    faults.add(block.file, value, f"sort of {name} is Asc or Desc, not {shown(value)}", "Unexpected token")
    return None


def _method(value: Expression | None, block: ModelBlock, faults: Faults) -> str | None:
    if value is None:
        return "BTree"
    if isinstance(value, Name) and value.text in METHODS:
        return value.text
    faults.attribute(block.file, value, "@index", f"type is one of {', '.join(METHODS)}, not {shown(value)}")
    return None


def _refuse(
    arguments: dict[str, Expression],
    name: str,
    attribute: Attribute,
    block: ModelBlock,
    faults: Faults,
    *,
    sort: bool = False,
) -> None:
    """Tell what belongs to other databases."""
    for argument, database in _ELSEWHERE.items():
        if argument in arguments:
            faults.attribute(block.file, attribute, name, f"{argument} is for {database}, not for PostgreSQL")
    if sort and "sort" in arguments:
        faults.attribute(block.file, attribute, name, "a primary key has no sort on PostgreSQL")


def _check_length(mapped: str | None, attribute: Attribute, name: str, block: ModelBlock, faults: Faults) -> None:
    if mapped is not None and len(mapped.encode()) > LONGEST_BYTES:
        faults.model(
            block.file, attribute, block.name, f"the name {mapped} of {name} is longer than {LONGEST_BYTES} bytes"
        )
