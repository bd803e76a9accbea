"""How is a catalog shown to a person on a terminal?

One block a table, its columns aligned, then its constraints and indexes in the server's own words; views, enums and
sequences after them; then whatever else there is, a line an object; and at the end, by name, whatever exists and was
not read. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.composite_type import CompositeType
from pgmason.catalog.kinds.domain import Domain
from pgmason.catalog.kinds.enum import Enum
from pgmason.catalog.kinds.exclusion_constraint import ExclusionConstraint
from pgmason.catalog.kinds.extension import Extension
from pgmason.catalog.kinds.function import Function
from pgmason.catalog.kinds.index import Index
from pgmason.catalog.kinds.materialized_view import MaterializedView
from pgmason.catalog.kinds.policy import Policy
from pgmason.catalog.kinds.procedure import Procedure
from pgmason.catalog.kinds.range_type import RangeType
from pgmason.catalog.kinds.rule import Rule
from pgmason.catalog.kinds.schema import Schema
from pgmason.catalog.kinds.sequence import Sequence
from pgmason.catalog.kinds.table import Table
from pgmason.catalog.kinds.trigger import Trigger
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
    blocks += _others(catalog, wanted)
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
    constraints += catalog.members(ExclusionConstraint, identity)  # type: ignore[arg-type]
    for constraint, held in constraints:
        yield f"  {quoted(constraint.own_name)}: {printable(held.definition)}"
    yield from _indexes(catalog, identity)
    yield from _triggers(catalog, identity)
    if table.row_security:
        yield "  row security is on" + (", for the owner too" if table.row_security_forced else "")
    for policy, said in catalog.members(Policy, identity):
        roles = ", ".join(quoted(role) for role in said.roles)
        narrows = "" if said.permissive else "restrictive, "
        yield f"  policy {quoted(policy.own_name)}: {narrows}{said.command} to {roles}"


def _triggers(catalog: Catalog, identity: ObjectId) -> Iterator[str]:
    for trigger, fired in catalog.members(Trigger, identity):
        function = ObjectId("function", (*fired.function, "")).name
        off = "  SWITCHED OFF" if fired.fires == "never" else ""
        yield f"  trigger {quoted(trigger.own_name)}: {fired.timing} {' or '.join(fired.events)}, {function}{off}"
    for rule, rewritten in catalog.members(Rule, identity):
        off = "  SWITCHED OFF" if rewritten.fires == "never" else ""
        how = "instead of" if rewritten.instead else "besides"
        yield f"  rule {quoted(rule.own_name)}: {how} {rewritten.event}{off}"


def _others(catalog: Catalog, wanted: Callable[[ObjectId], bool]) -> Iterator[str]:
    """A block for each kind that has none of its own above: a line an object, with the little that fits there."""
    members: dict[tuple[str, ...], list[ObjectId]] = {}
    for identity in sorted(catalog.objects):
        if identity.is_member:
            members.setdefault(identity.path[:2], []).append(identity)
    by_kind: dict[str, list[str]] = {}
    for identity in sorted(catalog.objects):
        if identity.kind in _WITH_BLOCKS or identity.is_member or not wanted(identity):
            continue
        state = catalog.objects[identity]
        detail = _DETAILS[type(state)](state) if type(state) in _DETAILS else ""
        lines = by_kind.setdefault(identity.kind, [])
        lines.append(f"  {identity.name}{printable(detail)}{_comment(catalog, identity)}")
        lines += [f"    {_member(catalog, one)}" for one in members.get(identity.path, ())]
    for kind, lines in by_kind.items():
        yield "\n".join([kind, *lines])


def _member(catalog: Catalog, identity: ObjectId) -> str:
    """A column with its type, or a constraint or trigger in the server's words."""
    state = catalog.objects[identity]
    if isinstance(state, Column):
        told = f"  {state.type}  {_attributes(state)}"
    else:
        told = f": {getattr(state, 'definition', identity.kind)}"
    return f"{quoted(identity.own_name)}{printable(told.rstrip())}{_comment(catalog, identity)}"


def _domain(domain: Domain) -> str:
    default = f"  default {domain.default}" if domain.default is not None else ""
    return f"  {domain.type}{'  not null' if domain.not_null else ''}{default}"


_WITH_BLOCKS = frozenset({"schema", "extension", "table", "index", "view", "materialized view", "enum", "sequence"})
_DETAILS: dict[type, Callable[[Any], str]] = {
    CompositeType: lambda state: f"  ({', '.join(f'{quoted(name)} {type_}' for name, type_ in state.attributes)})",
    Domain: _domain,
    Function: lambda state: f"  {state.returns}  {state.language}",
    Procedure: lambda state: f"  {state.language}",
    RangeType: lambda state: f"  of {state.subtype}",
}


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
    yield from _triggers(catalog, identity)


def _comment(catalog: Catalog, identity: ObjectId) -> str:
    text = catalog.comments.get(identity)
    return f"  -- {printable(' '.join(text.split()))}" if text else ""
