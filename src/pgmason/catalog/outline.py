"""How is a catalog shown to a person on a terminal?

One block a table, its columns aligned, then its constraints and indexes in the server's own words; views, enums and
sequences after them; and at the end, by name, whatever exists and was not read. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.enum import Enum
from pgmason.catalog.kinds.extension import Extension
from pgmason.catalog.kinds.index import Index
from pgmason.catalog.kinds.materialized_view import MaterializedView
from pgmason.catalog.kinds.schema import Schema
from pgmason.catalog.kinds.sequence import Sequence
from pgmason.catalog.kinds.table import Table
from pgmason.catalog.kinds.view import View
from pgmason.catalog.model import Catalog, Unread
from pgmason.names import ObjectId, printable, quoted

__all__ = ["outline", "unread_lines"]

NAMES_A_KIND = 12


def outline(catalog: Catalog, *, only: str = "*") -> str:
    """The catalog as text. `only` is a shell pattern over qualified names of tables, views, types and sequences."""

    def wanted(identity: ObjectId) -> bool:
        return fnmatchcase(".".join(identity.path), only) or fnmatchcase(identity.path[-1], only)

    blocks: list[str] = []
    if only == "*":
        schemas = ", ".join(identity.name for identity, _ in catalog.of(Schema))
        blocks.append(f"schemas     {schemas or 'none'}")
        extensions = [f"{identity.name} {state.version}" for identity, state in catalog.of(Extension)]
        if extensions:
            blocks.append(f"extensions  {', '.join(extensions)}")
    blocks += ["\n".join(_table(catalog, identity, state)) for identity, state in catalog.tables if wanted(identity)]
    views: list[tuple[ObjectId, View | MaterializedView]] = [*catalog.of(View), *catalog.of(MaterializedView)]
    blocks += ["\n".join(_view(catalog, identity, state)) for identity, state in views if wanted(identity)]
    for identity, enum in catalog.of(Enum):
        if wanted(identity):
            blocks.append(f"enum {identity.name}\n  " + ", ".join(printable(label) for label in enum.labels))
    for identity, sequence in catalog.of(Sequence):
        if wanted(identity) and sequence.owned_by is None:
            blocks.append(f"sequence {identity.name}\n  {sequence.type}, from {sequence.start} by {sequence.increment}")
    blocks += list(unread_lines(catalog.unread)) if only == "*" else []
    return "\n\n".join(blocks) + "\n"


def unread_lines(unread: Iterable[Unread]) -> Iterator[str]:
    """What was not read, a block that nobody overlooks: kind by kind with names; nothing where all was read."""
    by_kind: dict[str, list[str]] = {}
    for item in unread:
        by_kind.setdefault(item.kind, []).append(printable(item.name))
    if not by_kind:
        return
    lines = ["NOT READ by this version, and so neither shown, compared nor judged:"]
    for kind, names in sorted(by_kind.items()):
        more = f", and {len(names) - NAMES_A_KIND} more" if len(names) > NAMES_A_KIND else ""
        lines.append(f"  {kind} ({len(names)}): {', '.join(names[:NAMES_A_KIND])}{more}")
    yield "\n".join(lines)


def _table(catalog: Catalog, identity: ObjectId, table: Table) -> Iterator[str]:
    yield f"table {identity.name}{_comment(catalog, identity)}"
    if table.unlogged:
        yield "  unlogged"
    if table.partition_of:
        parent = ObjectId("table", table.partition_of)
        yield f"  partition of {parent.name} {table.partition_bound}"
    if table.partition_key:
        yield f"  partitioned by {table.partition_key}"
    for parent_path in table.inherits:
        yield f"  inherits {ObjectId('table', parent_path).name}"
    columns = catalog.columns(identity)
    names = max((len(quoted(column.own_name)) for column, _ in columns), default=0)
    types = min(max((len(state.type) for _, state in columns), default=0), 40)
    for column, state in columns:
        yield f"  {quoted(column.own_name):<{names}}  {state.type:<{types}}  {_attributes(state)}".rstrip() + _comment(
            catalog, column
        )
    primary = catalog.primary_key(identity)
    constraints = [primary] if primary else []
    constraints += [*catalog.uniques(identity), *catalog.foreign_keys(identity), *catalog.checks(identity)]  # type: ignore[list-item]
    for constraint, held in constraints:
        yield f"  {quoted(constraint.own_name)}: {printable(held.definition)}"
    yield from _indexes(catalog, identity)


def _attributes(column: Column) -> str:
    parts = ["not null" if column.not_null else ""]
    if column.default is not None:
        parts.append(f"default {printable(column.default)}")
    if column.identity:
        parts.append(f"identity {column.identity}")
    if column.generated:
        parts.append(f"generated {column.generated} as {printable(column.expression or '')}")
    if column.collation:
        parts.append(f"collate {quoted(column.collation[1])}")
    return "  ".join(part for part in parts if part)


def _indexes(catalog: Catalog, identity: ObjectId) -> Iterator[str]:
    for index, state in catalog.indexes(identity):
        if state.constraint is None:
            yield f"  {quoted(index.own_name)}: {_index(state)}"


def _index(index: Index) -> str:
    text = f"{'unique ' if index.unique else ''}{index.method} ({', '.join(printable(key) for key in index.keys)})"
    if index.include:
        text += f" include ({', '.join(quoted(name) for name in index.include)})"
    if index.predicate:
        text += f" where {printable(index.predicate)}"
    return text + ("" if index.valid else "  INVALID")


def _view(catalog: Catalog, identity: ObjectId, view: View | MaterializedView) -> Iterator[str]:
    yield f"{identity.kind} {identity.name}{_comment(catalog, identity)}"
    names = max((len(quoted(name)) for name, _ in view.columns), default=0)
    for name, type_ in view.columns:
        yield f"  {quoted(name):<{names}}  {type_}"
    yield from _indexes(catalog, identity)


def _comment(catalog: Catalog, identity: ObjectId) -> str:
    text = catalog.comments.get(identity)
    return f"  -- {printable(' '.join(text.split()))}" if text else ""
