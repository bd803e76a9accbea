"""How does a schema look in DBML, for tools that draw it?

Tables with columns, keys, indexes, defaults and comments; enums; foreign keys as references, one-to-one where the
columns are a key of their own. DBML has no word for views, functions, triggers or what a partition is: partitions are
drawn as their parent, and the first lines say what else was left out. Everything is quoted, so that any name will do.
Pure. (dbml.dbdiagram.io/docs; read back by @dbml/core in the tests.)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.enum import Enum
from pgmason.catalog.kinds.foreign_key import ForeignKey
from pgmason.catalog.kinds.index import Index
from pgmason.catalog.kinds.table import Table
from pgmason.catalog.model import Catalog
from pgmason.names import ObjectId

__all__ = ["dbml_of"]

_DRAWN = frozenset(
    {"schema", "extension", "enum", "table", "column", "primary key", "unique", "index", "foreign key", "sequence"}
)


def dbml_of(catalog: Catalog) -> str:
    """The catalog as DBML, tables sorted by name, ending in a newline."""
    tables = [(identity, state) for identity, state in catalog.tables if state.partition_of is None]
    blocks = [_heading(catalog, len(catalog.tables) - len(tables))]
    blocks += [_enum(catalog, identity, state) for identity, state in catalog.of(Enum)]
    enums = {identity.name: _name(*identity.path) for identity, _ in catalog.of(Enum)}
    blocks += [_table(catalog, identity, enums) for identity, _ in tables]
    references = "".join(f"{line}\n" for line in _references(catalog))
    return "\n".join([*blocks, *([references] if references else [])])


def _heading(catalog: Catalog, partitions: int) -> str:
    left_out = Counter(identity.kind for identity in catalog.objects if identity.kind not in _DRAWN)
    if partitions:
        left_out["partition"] = partitions
    lines = [f"// The schema as PostgreSQL {catalog.server} has it."]
    if left_out:
        told = ", ".join(f"{kind} ({count})" for kind, count in sorted(left_out.items()))
        lines.append(f"// DBML has no words for these, which are left out: {told}")
    return "".join(f"{line}\n" for line in lines)


def _enum(catalog: Catalog, identity: ObjectId, enum: Enum) -> str:
    note = catalog.comments.get(identity)
    lines = [f"// {' '.join(note.split())}"] if note else []
    lines.append(f"Enum {_name(*identity.path)} {{")
    # PostgreSQL knows enums without labels and tables without columns, DBML does not.
    lines += [f"  {_name(label)}" for label in enum.labels] or ['  "(no labels)"']
    return "\n".join([*lines, "}"]) + "\n"


def _table(catalog: Catalog, identity: ObjectId, enums: Mapping[str, str]) -> str:
    primary = catalog.primary_key(identity)
    key = primary[1].columns if primary else ()
    single = {unique.columns[0] for _, unique in catalog.uniques(identity) if len(unique.columns) == 1}
    lines = [f"Table {_name(*identity.path)} {{"]
    columns = catalog.columns(identity)
    for one, column in columns:
        settings = _column_settings(column, key=key == (one.own_name,), unique=one.own_name in single)
        comment = catalog.comments.get(one)
        settings += [f"note: {_text(comment)}"] if comment else []
        lines.append(f"  {_name(one.own_name)} {_type(column.type, enums)}{_settings(settings)}")
    if not columns:
        lines.append('  "(no columns)" none')
    indexes = list(_indexes(catalog, identity, key))
    if indexes:
        lines += ["", "  Indexes {", *(f"    {line}" for line in indexes), "  }"]
    comment = catalog.comments.get(identity)
    if comment:
        lines += ["", f"  Note: {_text(comment)}"]
    return "\n".join([*lines, "}"]) + "\n"


def _column_settings(column: Column, *, key: bool, unique: bool) -> list[str]:
    settings = ["pk"] if key else ["unique"] if unique else []
    settings += ["not null"] if column.not_null and not key else []
    if column.identity is not None:
        settings.append("increment")
    expression = column.default if column.default is not None else column.expression
    if expression is not None:
        settings.append(f"default: {_expression(expression)}")
    return settings


def _indexes(catalog: Catalog, table: ObjectId, key: tuple[str, ...]) -> Iterator[str]:
    """The indexes that the columns' own settings do not say."""
    for identity, index in catalog.indexes(table):
        columns = tuple(column for column in index.key_columns if column is not None)
        is_key = index.constraint is not None and columns == key and len(columns) == len(index.keys)
        if index.constraint is not None and len(index.keys) == 1 and len(columns) == 1:
            continue
        settings = ["pk"] if is_key else ["unique"] if index.unique else []
        settings += [f"name: {_text(identity.own_name)}"]
        settings += [f"type: {index.method}"] if index.method in ("btree", "hash") else []
        note = [] if index.method in ("btree", "hash") else [index.method]
        note += [f"include {', '.join(index.include)}"] if index.include else []
        note += [f"where {index.predicate}"] if index.predicate else []
        settings += [f"note: {_text(', '.join(note))}"] if note else []
        keys = [
            _name(column) if column is not None else _expression(text)
            for column, text in zip(index.key_columns, index.keys, strict=True)
        ]
        yield f"({', '.join(keys)}){_settings(settings)}"


def _references(catalog: Catalog) -> Iterator[str]:
    """The foreign keys; of several between the same columns the first, as DBML knows no two."""
    told: set[tuple[object, ...]] = set()
    for table, _ in catalog.tables:
        identity = _root(catalog, table)
        for one, reference in catalog.foreign_keys(table):
            target = _root(catalog, ObjectId("table", reference.references))
            ends = (identity.path, reference.columns, target.path, reference.referenced_columns)
            if target not in catalog.objects or ends in told or ends[:2] == ends[2:]:
                continue
            told |= {ends, (*ends[2:], *ends[:2])}
            sign = "-" if _is_unique(catalog, table, reference) else ">"
            here, there = _end(identity, reference.columns), _end(target, reference.referenced_columns)
            settings = _settings(_actions(reference))
            yield f"Ref {_name(one.own_name)}: {here} {sign} {there}{settings}"


def _root(catalog: Catalog, table: ObjectId) -> ObjectId:
    state = catalog.objects.get(table)
    while isinstance(state, Table) and state.partition_of is not None:
        table = ObjectId("table", state.partition_of)
        state = catalog.objects.get(table)
    return table


def _is_unique(catalog: Catalog, table: ObjectId, reference: ForeignKey) -> bool:
    """Whether a row of the referenced table has at most one row here, as a whole unique index promises."""
    return any(_promises(index, set(reference.columns)) for _, index in catalog.indexes(table))


def _promises(index: Index, columns: set[str]) -> bool:
    keys = {column for column in index.key_columns if column is not None}
    return (
        index.unique and index.valid and index.predicate is None and None not in index.key_columns and keys <= columns
    )


def _actions(reference: ForeignKey) -> list[str]:
    settings = [f"delete: {reference.on_delete.lower()}"] if reference.on_delete != "NO ACTION" else []
    return settings + ([f"update: {reference.on_update.lower()}"] if reference.on_update != "NO ACTION" else [])


def _end(table: ObjectId, columns: tuple[str, ...]) -> str:
    named = ", ".join(_name(column) for column in columns)
    return f"{_name(*table.path)}.{named}" if len(columns) == 1 else f"{_name(*table.path)}.({named})"


def _type(text: str, enums: Mapping[str, str]) -> str:
    """A type as DBML names it: an enum by its path, so that it is linked, any other in quotes where it must be."""
    if text in enums:
        return enums[text]
    return text if text.isidentifier() and text.isascii() else _name(text)


def _settings(settings: list[str]) -> str:
    return f" [{', '.join(settings)}]" if settings else ""


def _name(*path: str) -> str:
    return ".".join('"' + _one_line(part).replace("\\", "\\\\").replace('"', '\\"') + '"' for part in path)


def _text(text: str) -> str:
    """A string in single quotes, in triple ones where it has several lines."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'''\n{escaped}\n'''" if "\n" in text else f"'{escaped}'"


def _expression(text: str) -> str:
    """An expression; DBML cannot say a backtick or a line's end inside one."""
    return "`" + _one_line(text).replace("`", "'") + "`"


def _one_line(text: str) -> str:
    return " ".join(text.splitlines()) if "\n" in text or "\r" in text else text
