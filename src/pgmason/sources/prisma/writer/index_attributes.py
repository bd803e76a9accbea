"""How does schema.prisma say the keys and indexes of a table, and what of them can it not say?

A key over one column stands at its field, others and indexes in the block. A name is written where Prisma would choose
another. Pure but for the parser of SQL.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pgmason.catalog.kinds.index import Index
from pgmason.catalog.model import Catalog
from pgmason.names import ObjectId
from pgmason.sources.prisma.naming import index_name, primary_key_name, unique_name
from pgmason.sources.prisma.operators import METHODS, known, sql_name
from pgmason.sources.prisma.writer.column_types import ColumnType, text_literal
from pgmason.sources.prisma.writer.draft import Beyond, DraftAttribute
from pgmason.statements.expressions import IndexKey, index_keys, without_schema

__all__ = ["KeysAndIndexes", "keys_and_indexes"]

_METHODS = {(sql or "BTREE").lower(): name for name, sql in METHODS.items()}
# Words in the names of operator classes that a capital alone does not turn into Prisma's.
_WORDS = {"minmax": "MinMax", "timestamptz": "TimestampTz", "timetz": "TimeTz"}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeysAndIndexes:
    """What stands at fields (by column) and in the block, and what is not said.

    `unique` holds the columns that a relation may refer to; `identifies`: rows can be told apart by what is
    said, as Prisma asks of a model.
    """

    fields: Mapping[str, tuple[DraftAttribute, ...]]
    block: tuple[DraftAttribute, ...]
    beyond: tuple[Beyond, ...]
    unique: frozenset[tuple[str, ...]]
    identifies: bool
    partial: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    catalog: Catalog
    identity: ObjectId
    names: Mapping[str, str]
    types: Mapping[str, ColumnType]
    partial_indexes: bool


def keys_and_indexes(
    catalog: Catalog,
    table: ObjectId,
    names: Mapping[str, str],
    types: Mapping[str, ColumnType],
    *,
    partial_indexes: bool,
) -> KeysAndIndexes:
    """The keys and indexes of a table whose fields are `names` by column. `partial_indexes`: WHERE can be said."""
    about = _Table(catalog=catalog, identity=table, names=names, types=types, partial_indexes=partial_indexes)
    fields: dict[str, list[DraftAttribute]] = {}
    block: list[DraftAttribute] = []
    beyond: list[Beyond] = []
    unique: set[tuple[str, ...]] = set()
    identifies = partial = False
    primary = catalog.primary_key(table)
    if primary is not None:
        identity, key = primary
        if all(types[column].supported and not types[column].is_list for column in key.columns):
            map_ = _map(identity.own_name, primary_key_name(table.own_name))
            if len(key.columns) == 1:
                fields.setdefault(key.columns[0], []).append(_attribute("@id", map_, identity.own_name))
            else:
                block.append(
                    _attribute("@@id", [_listed(names[column] for column in key.columns), *map_], identity.own_name)
                )
            unique.add(key.columns)
            identifies = True
            beyond += _unsaid_of_key(table, f"primary key {identity.own_name}", key)
        else:
            beyond.append(
                Beyond(table.name, f"primary key {identity.own_name}", "over a type that Prisma takes for no key")
            )
    for identity, index in sorted(catalog.indexes(table), key=lambda one: (not one[1].unique, one[0])):
        if primary is not None and index.constraint == primary[0].own_name:
            continue
        said = _index(about, identity, index)
        beyond += said.beyond
        if said.attribute is None:
            continue
        partial |= index.predicate is not None
        if said.column is not None and not any(one.name == "@unique" for one in fields.get(said.column, ())):
            fields.setdefault(said.column, []).append(said.attribute)
        else:
            block.append(_in_block(about, said))
        if index.unique and index.predicate is None:
            columns = tuple(column for column in (*index.key_columns, *index.include) if column is not None)
            unique.add(columns)
            identifies |= all(_tells_apart(catalog, table, column, types[column]) for column in columns)
    return KeysAndIndexes(
        fields={column: tuple(attributes) for column, attributes in fields.items()},
        block=tuple(sorted(block, key=lambda one: ("@@id", "@@unique", "@@index").index(one.name))),
        beyond=tuple(beyond),
        unique=frozenset(unique),
        identifies=identifies,
        partial=partial,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """An index as an attribute; `column` where it may stand at that column's field."""

    attribute: DraftAttribute | None
    beyond: list[Beyond]
    column: str | None = None


def _index(about: _Table, identity: ObjectId, index: Index) -> _Said:
    name, table = identity.own_name, about.identity
    word = f"{'unique ' if index.unique else ''}index {name}"

    def unsaid(why: str) -> _Said:
        return _Said(attribute=None, beyond=[Beyond(table.name, f"{word} {why}")])

    if index.method not in _METHODS:
        return unsaid(f"of the method {index.method}")
    if index.predicate is not None and not about.partial_indexes:
        return unsaid(f"WHERE {index.predicate}")
    if index.constraint is not None and not index.unique:
        return unsaid("of an exclusion constraint")
    # What an index carries beside its key Prisma takes for more of the key.
    columns = [column for column in (*index.key_columns, *index.include) if column is not None]
    if len(columns) < len(index.key_columns) + len(index.include):
        return unsaid(f"over an expression: {', '.join(index.keys)}")
    if len(set(columns)) < len(columns) or not index.valid:
        return unsaid("that is not valid" if not index.valid else "with a column twice")
    keys = index_keys(index.definition)
    lost = [] if index.constraint is None else list(_unsaid_of_unique(about.catalog, table, index.constraint))
    lost += _unsaid_of_index(index, keys)
    beyond = [Beyond(table.name, f"{word}: {what}", "the rest of it is said") for what in lost]
    chosen = (unique_name if index.unique else index_name)(table.own_name, columns)
    rest = _map(name, chosen)
    if index.predicate is not None:
        rest.append(f"where: raw({text_literal(without_schema(index.predicate, table.path[0]))})")
    if index.unique and len(columns) == 1:
        sort = ["sort: Desc"] if keys[0].descending else []
        return _Said(attribute=_attribute("@unique", [*sort, *rest], name), beyond=beyond, column=columns[0])
    fields = [_key(about, index, i, key) for i, key in enumerate(keys)]
    fields += [about.names[column] for column in index.include]
    method = [f"type: {_METHODS[index.method]}"] if index.method != "btree" else []
    parts = [_listed(fields), *rest[:1], *method, *rest[1:]]
    attribute = _attribute("@@unique" if index.unique else "@@index", parts, name)
    return _Said(attribute=attribute, beyond=beyond)


def _in_block(about: _Table, said: _Said) -> DraftAttribute:
    """An attribute of a field that has one of its kind already, as one of the block."""
    if said.column is None or said.attribute is None:
        assert said.attribute is not None
        return said.attribute
    inner = said.attribute.inner or ""
    name = about.names[said.column]
    if inner.startswith("sort: Desc"):
        name, inner = f"{name}(sort: Desc)", inner.removeprefix("sort: Desc").removeprefix(", ")
    return _attribute("@@unique", [_listed([name]), *([inner] if inner else [])], said.attribute.key or "")


def _key(about: _Table, index: Index, position: int, key: IndexKey) -> str:
    assert key.column is not None
    settings = []
    type_ = about.types[key.column]
    class_ = key.operator_class[1] if key.operator_class else None
    if class_ is None and not index.unique and _needs_class(index.method, type_):
        class_ = index.operators[position].split()[0]
    if class_ is not None and not index.unique:
        settings.append(f"ops: {_class_name(class_, index.method)}")
    if key.descending:
        settings.append("sort: Desc")
    return about.names[key.column] + (f"({', '.join(settings)})" if settings else "")


def _class_name(class_: str, method: str) -> str:
    """Prisma's name of an operator class, where it has one."""
    name = "".join(_WORDS.get(part, part.capitalize()) for part in class_.split("_"))
    return name if method != "btree" and known(name) and sql_name(name) == class_ else f"raw({text_literal(class_)})"


def _needs_class(method: str, type_: ColumnType) -> bool:
    """Whether Prisma asks for the operator class by name although it is PostgreSQL's own choice."""
    native = (type_.native or "").partition(".")[2].partition("(")[0]
    if not type_.supported or method in ("btree", "hash"):
        return False
    match method:
        case "gin":
            return not type_.is_list and not (type_.scalar == "Json" and native != "Json")
        case "spgist":
            return type_.is_list or not (type_.scalar == "String" and native in ("", "Inet", "VarChar", "Char"))
        case "brin":
            return type_.is_list or type_.scalar in ("", "Json", "Boolean") or native in ("Xml", "Citext", "Money")
        case _:
            return True


def _unsaid_of_index(index: Index, keys: tuple[IndexKey, ...]) -> Iterator[str]:
    if index.nulls_not_distinct:
        yield "NULLS NOT DISTINCT"
    if index.include:
        yield f"INCLUDE ({', '.join(index.include)}), which Prisma reads as more of its key"
    for key in keys:
        if key.nulls:
            yield f"{key.column} NULLS {key.nulls.upper()}"
        if key.collated:
            yield f"the collation of {key.column}"
        if key.parameters or (index.unique and key.operator_class):
            yield f"the operator class of {key.column}"
    if index.options:
        yield f"WITH ({', '.join(index.options)})"


def _unsaid_of_key(table: ObjectId, word: str, key: object) -> Iterator[Beyond]:
    for what in _lost(key):
        yield Beyond(table.name, f"{word}: {what}", "the rest of it is said")


def _unsaid_of_unique(catalog: Catalog, table: ObjectId, name: str) -> Iterator[str]:
    for identity, unique in catalog.uniques(table):
        if identity.own_name == name:
            yield from _lost(unique)


def _lost(key: object) -> Iterator[str]:
    asked: tuple[tuple[str, Callable[[object], bool]], ...] = (
        ("DEFERRABLE", lambda one: bool(getattr(one, "deferrable", False))),
        ("WITHOUT OVERLAPS", lambda one: bool(getattr(one, "without_overlaps", False))),
        ("INCLUDE", lambda one: bool(getattr(one, "include", ())) and not hasattr(one, "keys")),
    )
    return (words for words, has in asked if has(key))


def _tells_apart(catalog: Catalog, table: ObjectId, column: str, type_: ColumnType) -> bool:
    """Whether a field over the column is required, as those of a unique key must be."""
    not_null = bool(catalog.objects[ObjectId("column", (*table.path, column))].not_null)
    return not_null and type_.supported and not type_.is_list


def _map(name: str, chosen: str) -> list[str]:
    return [f"map: {text_literal(name)}"] if name != chosen else []


def _listed(names: Iterator[str] | list[str]) -> str:
    return f"[{', '.join(names)}]"


def _attribute(name: str, parts: list[str], key: str) -> DraftAttribute:
    return DraftAttribute(name, ", ".join(parts) if parts else None, key)
