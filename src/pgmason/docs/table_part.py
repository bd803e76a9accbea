"""What does the page say of one table?

Its description, its columns, its keys and what they refer to, who refers to it, why each index is there, its
triggers and policies, its partitions, and what of it was not read. Everything is Markdown lines; the passage written
by hand stands below the description.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.exclusion_constraint import ExclusionConstraint
from pgmason.catalog.kinds.policy import Policy
from pgmason.catalog.kinds.rule import Rule
from pgmason.catalog.kinds.table import Table
from pgmason.catalog.kinds.trigger import Trigger
from pgmason.docs.addresses import title_of
from pgmason.docs.diagrams import Diagram
from pgmason.docs.markdown import cell, code, link, table, text
from pgmason.docs.model import Model, Path, Reference
from pgmason.docs.parts import (
    called_note,
    index_lines,
    opening,
    policy_lines,
    relation_link,
    trigger_lines,
    type_link,
    unread_lines,
)
from pgmason.names import ObjectId

__all__ = ["table_part"]


def table_part(model: Model, identity: ObjectId, diagram: Diagram | None, passages: Mapping[str, str]) -> Iterator[str]:
    """The lines of one table's part, without a blank line at its end. `diagram` is the one to point to."""
    path = identity.path
    yield from opening(model, identity, title_of(path), passages)
    notes = [*called_note(model, identity), *_notes(model, identity)]
    notes += [f"Diagram: {link(diagram.title, diagram.anchor)}"] if diagram else []
    if notes:
        yield from (f"{'. '.join(notes)}.", "")
    yield from _columns(model, identity)
    for title, lines in (
        ("Keys and constraints", _constraints(model, identity)),
        ("Referred to by", _referred(model, path)),
        ("Indexes", index_lines(model, identity)),
        ("Triggers", trigger_lines(model, identity)),
        ("Row security", _row_security(model, identity)),
        ("Partitions", _partitions(model, path)),
        ("Not read", unread_lines(model, path)),
    ):
        if lines:
            yield from ("", f"**{title}**", "", *lines)


def _notes(model: Model, identity: ObjectId) -> Iterator[str]:
    state: Table = model.catalog.objects[identity]
    if state.unlogged:
        yield "Unlogged: its rows are lost in a crash"
    if state.partition_key is not None:
        yield f"Partitioned by {code(state.partition_key)}"
    if state.inherits:
        yield f"Inherits from {', '.join(relation_link(model, parent) for parent in state.inherits)}"
    if state.partition_of is not None:
        yield f"A partition of {relation_link(model, state.partition_of)}, {code(state.partition_bound or '')}"


def _row_security(model: Model, identity: ObjectId) -> list[str]:
    """Whether row security is on, and the policies; nothing where there are none and it is off."""
    state: Table = model.catalog.objects[identity]
    policies = policy_lines(model, identity)
    if not state.row_security:
        return ["- Off, so these do nothing:", *policies] if policies else []
    whom = "its owner too" if state.row_security_forced else "all but its owner"
    return [f"- On, for {whom}{'' if policies else '; without a policy they see no row'}", *policies]


def _columns(model: Model, identity: ObjectId) -> list[str]:
    primary = model.catalog.primary_key(identity)
    primary_columns = set(primary[1].columns) if primary else set()
    unique_keys = model.unique_keys(identity)[1 if primary else 0 :]
    unique_columns = {key[0] for key in unique_keys if len(key) == 1}
    unique_parts = {name for key in unique_keys for name in key} - unique_columns
    parents: dict[str, dict[Path, None]] = {}
    for reference in model.references_from.get(identity.path, ()):
        for name in reference.key.columns:
            parents.setdefault(name, {})[reference.parent] = None
    rows = []
    for column_id, column in model.catalog.columns(identity):
        name = column_id.own_name
        markers = ["PK"] if name in primary_columns else []
        markers += ["UQ"] if name in unique_columns else ["part of UQ"] if name in unique_parts else []
        markers += [f"FK → {relation_link(model, parent)}" for parent in parents.get(name, ())]
        rows.append(
            (
                _column_name(model, column_id),
                _type(model, column),
                "no" if column.not_null else "yes",
                _default(column),
                ", ".join(markers),
                cell(model.catalog.comments.get(column_id, "")),
            )
        )
    return table(("Column", "Type", "Null", "Default", "Key", "Description"), rows) if rows else ["It has no columns."]


def _column_name(model: Model, column: ObjectId) -> str:
    """The column's name, and the field's of the schema language where that is another."""
    field = model.called.get(column, "").rpartition(".")[2]
    return f"{code(column.own_name)} ({code(field)})" if field not in ("", column.own_name) else code(column.own_name)


def _type(model: Model, column: Column) -> str:
    shown = type_link(model, column.type)
    return f"{shown} COLLATE {code(title_of(column.collation))}" if column.collation else shown


def _default(column: Column) -> str:
    if column.identity is not None:
        return f"identity, {column.identity}"
    if column.generated is not None:
        return f"generated, {column.generated}: {code(column.expression or '')}"
    return code(column.default) if column.default is not None else ""


def _constraints(model: Model, identity: ObjectId) -> list[str]:
    catalog = model.catalog
    primary = catalog.primary_key(identity)
    lines = [] if primary else ["- No primary key"]
    for words, members in (("Primary key", [primary] if primary else []), ("Unique", catalog.uniques(identity))):
        for name, key in members:
            aside = _aside(
                key.include and f"carries {_codes(key.include)}",
                key.definition.startswith("UNIQUE NULLS NOT DISTINCT") and "NULL counted as a value",
                _deferrable(key.deferrable, key.deferred),
            )
            lines.append(f"- {words} {code(name.own_name)}: {_codes(key.columns)}{aside}")
    for name, exclusion in catalog.members(ExclusionConstraint, identity):
        aside = _aside(_deferrable(exclusion.deferrable, exclusion.deferred))
        words = exclusion.definition.removesuffix(" INITIALLY DEFERRED").removesuffix(" DEFERRABLE")
        lines.append(f"- Exclusion {code(name.own_name)}: {code(words)}{aside}")
    for name, check in catalog.checks(identity):
        aside = _aside(not check.validated and "not validated, older rows may break it")
        lines.append(f"- Check {code(name.own_name)}: {code(check.definition.removesuffix(' NOT VALID'))}{aside}")
    of_partitions: dict[str, list[Reference]] = {}
    for reference in model.references_from.get(identity.path, ()):
        told = _refers(model, reference)
        if reference.identity.path[:2] == identity.path:
            lines.append(f"- Foreign key {code(reference.identity.own_name)}: {told}")
        else:
            of_partitions.setdefault(told, []).append(reference)
    for told, references in of_partitions.items():
        partitions = len({reference.identity.path[:2] for reference in references})
        lines.append(f"- Foreign key of {partitions} partition{'s' if partitions > 1 else ''} only: {told}")
    return lines


def _refers(model: Model, reference: Reference) -> str:
    key = reference.key
    aside = _aside(
        f"on delete {key.on_delete}",
        key.on_update != "NO ACTION" and f"on update {key.on_update}",
        not reference.mandatory and "optional",
        reference.single and "one to one",
        reference.identity in model.called and text(model.called[reference.identity]),
        _deferrable(key.deferrable, key.deferred),
        not key.validated and "not validated, older rows may break it",
    )
    return f"{_codes(key.columns)} → {relation_link(model, key.references)} ({_codes(key.referenced_columns)}){aside}"


def _deferrable(deferrable: bool, deferred: bool) -> str:
    return "checked at commit" if deferred else "may be deferred to commit" if deferrable else ""


def _aside(*parts: object) -> str:
    return "".join(f"; {part}" for part in parts if part)


def _codes(names: Sequence[str]) -> str:
    return ", ".join(code(name) for name in names)


def _referred(model: Model, path: Path) -> list[str]:
    by_child: dict[Path, list[Reference]] = {}
    for reference in model.references_to.get(path, ()):
        by_child.setdefault(reference.child, []).append(reference)
    lines = []
    for child, references in by_child.items():
        ways = dict.fromkeys((one.key.columns, one.key.on_delete) for one in references)
        told = "; ".join(f"{_codes(columns)}, on delete {action}" for columns, action in ways)
        lines.append(f"- {relation_link(model, child)} by {told}")
    return lines


def _partitions(model: Model, path: Path, level: int = 0) -> list[str]:
    lines = []
    for identity in model.partitions.get(path, ()):
        state: Table = model.catalog.objects[identity]
        comment = model.catalog.comments.get(identity, "")
        split = f", itself partitioned by {code(state.partition_key)}" if state.partition_key else ""
        told = f"{code(title_of(identity.path))}: {code(state.partition_bound or '')}{split}{_own(model, identity)}"
        lines.append(f"{'  ' * level}- {told}{f'. {cell(comment)}' if comment.strip() else ''}")
        lines += _partitions(model, identity.path, level + 1)
    return lines


def _own(model: Model, identity: ObjectId) -> str:
    """What a partition has that its partitioned table has not; foreign keys are told there."""
    catalog = model.catalog
    primary = catalog.primary_key(identity)
    kinds: tuple[tuple[str, list[ObjectId]], ...] = (
        ("primary key", [primary[0]] if primary and primary[1].partition_of is None else []),
        ("unique", [name for name, key in catalog.uniques(identity) if key.partition_of is None]),
        (
            "exclusion constraint",
            [name for name, key in catalog.members(ExclusionConstraint, identity) if key.partition_of is None],
        ),
        ("check", [name for name, check in catalog.checks(identity) if not check.inherited]),
        (
            "index",
            [name for name, one in catalog.indexes(identity) if one.partition_of is None and one.constraint is None],
        ),
    )
    kinds += (
        ("trigger", [name for name, one in catalog.members(Trigger, identity) if one.partition_of is None]),
        ("rule", [name for name, _ in catalog.members(Rule, identity)]),
        ("policy", [name for name, _ in catalog.members(Policy, identity)]),
    )
    told = [f"{kind} {_codes([name.own_name for name in names])}" for kind, names in kinds if names]
    told += [line.removeprefix("- ") + " (not read)" for line in unread_lines(model, identity.path)]
    return f"; of its own: {'; '.join(told)}" if told else ""
