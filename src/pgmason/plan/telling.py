"""How is a difference told, to a person and to a program?

`tell` gives one change in words, most in one line: what, on which object, from what to what. `as_text` gives a
whole comparison, the changed fields of one object gathered; `as_json` gives the same as data, version 1. Names and
values from a schema cannot rewrite a terminal: all go through `names.printable`. Finding the changes is `diff.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from difflib import unified_diff
from itertools import groupby
from typing import Any

from pgmason.catalog.facets import Grant
from pgmason.catalog.kinds.base_type import BaseType
from pgmason.catalog.kinds.cast import Cast
from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.composite_type import CompositeType
from pgmason.catalog.kinds.default_privileges import DefaultPrivileges
from pgmason.catalog.kinds.domain import Domain
from pgmason.catalog.kinds.enum import Enum
from pgmason.catalog.kinds.event_trigger import EventTrigger
from pgmason.catalog.kinds.extension import Extension
from pgmason.catalog.kinds.foreign_server import ForeignServer
from pgmason.catalog.kinds.foreign_table import ForeignTable
from pgmason.catalog.kinds.function import Function
from pgmason.catalog.kinds.operator_class import OperatorClass
from pgmason.catalog.kinds.policy import Policy
from pgmason.catalog.kinds.procedure import Procedure
from pgmason.catalog.kinds.publication import Publication
from pgmason.catalog.kinds.range_type import RangeType
from pgmason.catalog.kinds.sequence import Sequence as SequenceState
from pgmason.catalog.kinds.subscription import Subscription
from pgmason.catalog.kinds.table import Table
from pgmason.names import ObjectId, printable, quoted
from pgmason.plan.diff import Altered, Change, Commented, Comparison, Created, Dropped, Granted, Owned, Side, Uncompared

__all__ = ["COMPARISON_VERSION", "as_json", "as_text", "tell", "tell_kept", "tell_uncompared"]

COMPARISON_VERSION = 1
_INDENT = "    "
_LONGEST_VALUE = 200
_LONGEST_LISTING = 40  # lines of a view's difference

# A field that is true or false, in the words of SQL: (when it becomes true, when it becomes false).
_FLAGS = {
    "not_null": ("now NOT NULL", "now allows NULL"),
    "validated": ("now validated for existing rows", "now NOT VALID: existing rows unchecked"),
    "deferrable": ("now DEFERRABLE", "now NOT DEFERRABLE"),
    "deferred": ("now INITIALLY DEFERRED", "now INITIALLY IMMEDIATE"),
    "unique": ("now unique", "no longer unique"),
    "nulls_not_distinct": ("now NULLS NOT DISTINCT", "now NULLS DISTINCT"),
    "valid": ("now valid", "now INVALID: no query uses it"),
    "unlogged": ("now UNLOGGED", "now logged"),
    "cycle": ("now CYCLE", "now NO CYCLE"),
    "strict": ("now STRICT: null for null", "no longer STRICT: called for nulls too"),
    "security_definer": ("now SECURITY DEFINER: with the rights of its owner", "now SECURITY INVOKER"),
    "leakproof": ("now LEAKPROOF", "no longer LEAKPROOF"),
    "default": ("now the default", "no longer the default"),
    "deterministic": ("now deterministic", "now not deterministic"),
    "trusted": ("now TRUSTED: anybody may use it", "no longer TRUSTED"),
    "defined": ("now defined", "now a shell"),
    "preferred": ("now preferred in its category", "no longer preferred in its category"),
    "hashes": ("now HASHES", "no longer HASHES"),
    "merges": ("now MERGES", "no longer MERGES"),
    "enforced": ("now ENFORCED", "now NOT ENFORCED"),
    "clustered": ("its table is now CLUSTER ON it", "its table is no longer CLUSTER ON it"),
    "replica_identity": ("now the replica identity", "no longer the replica identity"),
    "row_security": ("row security now on", "row security now off"),
    "row_security_forced": ("row security now for its owner too", "row security no longer for its owner"),
    "populated": ("now with data", "now WITH NO DATA"),
    "local": ("now declared by the table itself", "now declared by parents only"),
    "inherited": ("now inherited", "no longer inherited"),
    "permissive": ("now PERMISSIVE", "now RESTRICTIVE"),
}
# Fields that hold one name in its parts, and fields that hold a list of names.
_NAME = frozenset(
    {"references", "partition_of", "owned_by", "collation", "table", "of_type", "identity_sequence"}
    | {"operator_class", "family", "multirange", "template", "parser"}
)
_NAMES = frozenset({"columns", "referenced_columns", "include", "order", "key_columns"})
# Said already by the server's own words for the object, when those are shown.
_IN_DEFINITION = frozenset(
    {"key_columns", "operators", "keys", "method", "predicate", "table", "nulls_not_distinct", "signature"}
    | {"match", "on_delete_columns", "period", "without_overlaps", "no_inherit", "gathers", "expressions"}
    | {"timing", "events", "each_row", "function", "constraint", "old_rows", "new_rows", "event", "instead"}
)
# When a trigger or rule fires.
_FIRES = {
    "origin": "now switched on",
    "never": "now switched off",
    "replica": "now for replicas only",
    "always": "now for replicas too",
}
_LABELS = {"type": "", "order": "order of columns", "owned_by": "owned by"}


def as_text(comparison: Comparison) -> str:
    """The whole comparison for a terminal or a log: a paragraph an object, what was not compared, and a count."""
    lines: list[str] = []
    for _, group in groupby(comparison.changes, key=lambda change: (change.object, isinstance(change, Altered))):
        changes = list(group)
        if isinstance(changes[0], Altered):
            lines.append(_altered([change for change in changes if isinstance(change, Altered)]))
        else:
            lines += [tell(change) for change in changes]
    lines += tell_kept(comparison)
    lines += tell_uncompared(comparison.uncompared)
    lines.append(_count(comparison.changes) + (", in what was compared" if comparison.uncompared else ""))
    return "\n".join(lines) + "\n"


def as_json(comparison: Comparison) -> dict[str, Any]:
    """The whole comparison as data that json can write; states as `schema export --as json` has them."""
    return {
        "version": COMPARISON_VERSION,
        "changes": [{**_plain(change), "told": tell(change)} for change in comparison.changes],
        "uncompared": [
            {"kind": item.kind, "name": item.name, "of": list(item.of) if item.of else None, "side": str(item.side)}
            for item in comparison.uncompared
        ],
        "kept": [{**_plain(change), "told": " ".join(_kept(change))} for change in comparison.kept],
        "beyond": list(comparison.beyond),
    }


def tell_kept(comparison: Comparison) -> list[str]:
    """What differs beyond the language of a side: a line a kind, with every name."""
    if not comparison.kept:
        return []
    named: dict[str, list[str]] = {}
    for change in comparison.kept:
        label, name = _kept(change)
        names = named.setdefault(label, [])
        if name not in names:
            names.append(name)
    width = max(map(len, named))
    lines = [f"{_INDENT}{label:<{width}}  {', '.join(names)}" for label, names in sorted(named.items())]
    return [f"kept, beyond {' and '.join(comparison.beyond)}:", *lines]


def _kept(change: Change) -> tuple[str, str]:
    """(what is kept, of which object), in words: ("check", "public.orders.positive"), ("comment", "table public.a")."""
    match change:
        case Created() | Dropped():
            return change.object.kind, change.object.name
        case Altered():
            field = _LABELS.get(change.field) or change.field.replace("_", " ")
            return f"{field} of {change.object.kind}", change.object.name
        case Commented():
            return "comment", str(change.object)
        case Owned():
            return "owner", str(change.object)
        case Granted():
            return "grants", str(change.object)


def tell(change: Change) -> str:
    """One change in words; no newline at the end."""
    match change:
        case Created():
            return f"{_before_sign(change.of)}+ {_summary(change)}"
        case Dropped():
            return f"{_before_sign(change.of)}- {_summary(change)}"
        case Altered():
            return _altered([change])
        case Commented():
            return f"{_subject(change.object, change.of)}: comment {_text(change.before)} → {_text(change.after)}"
        case Owned():
            return f"{_subject(change.object, change.of)}: owner {quoted(change.before)} → {quoted(change.after)}"
        case Granted():
            told = [*(_granted(grant, gone=True) for grant in change.before), *map(_granted, change.after)]
            return f"{_subject(change.object, change.of)}: {'; '.join(_joined(told))}"


def tell_uncompared(uncompared: Sequence[Uncompared]) -> list[str]:
    """What was not compared, a line for each kind and side; a handful of names each."""
    lines = []
    order = {side: position for position, side in enumerate(Side)}
    items = sorted(uncompared, key=lambda item: (item.kind, order[item.side], item.name))
    for (kind, side), group in groupby(items, key=lambda item: (item.kind, item.side)):
        names = [printable(item.name) for item in group]
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        where = "on both sides" if side is Side.BOTH else f"only on the {side} side"
        lines.append(f"not compared: {_counted(len(names), kind)} {where}, not read in this version: {shown}")
    return lines


def _count(changes: Sequence[Change]) -> str:
    if not changes:
        return "no difference"
    verbs = {Created: "created", Dropped: "dropped"}
    touched = Counter(dict.fromkeys((change.object, verbs.get(type(change), "altered")) for change in changes))
    counts = Counter(verb for _, verb in touched)
    parts = [f"{counts[verb]} {verb}" for verb in ("created", "dropped", "altered") if counts[verb]]
    total = sum(counts.values())
    return f"{total} object{' differs' if total == 1 else 's differ'}: {', '.join(parts)}"


def _subject(identity: ObjectId, of: ObjectId | None) -> str:
    if of is None:
        return f"{identity.kind} {identity.name}"
    return f"{of.kind} {of.name}: {identity.kind} {quoted(identity.own_name)}"


def _before_sign(of: ObjectId | None) -> str:
    return "" if of is None else f"{of.kind} {of.name}: "


# --- what came or went


def _summary(change: Created | Dropped) -> str:
    name = quoted(change.object.own_name) if change.of is not None else change.object.name
    if isinstance(change.state, Table):
        detail = _table(change.state, Counter(part.object.kind for part in change.parts))
    else:
        detail = _SUMMARIES.get(type(change.state), _words_of_the_server)(change.state)
    comment = f", comment {_text(change.comment)}" if change.comment is not None else ""
    return f"{change.object.kind} {name}{detail}{comment}"


def _words_of_the_server(state: Any) -> str:
    definition = getattr(state, "definition", None)
    if hasattr(state, "columns") and hasattr(state, "options"):  # a view: its query is too long for a line
        return f" ({', '.join(quoted(name) for name, _ in state.columns)})"
    return f": {printable(definition)}" if isinstance(definition, str) else ""


def _table(state: Table, count: Counter[str]) -> str:
    words = [_counted(count["column"], "column")]
    if count["primary key"]:
        words.append("primary key")
    others = ("unique", "check", "foreign key", "exclusion constraint", "index", "trigger", "rule", "policy")
    words += [_counted(count[kind], kind) for kind in others if count[kind]]
    told = f" ({', '.join(words)})"
    if state.partition_of is not None:
        told += f", partition of {_dotted(state.partition_of)} {printable(state.partition_bound or '')}".rstrip()
    if state.partition_key is not None:
        told += f", partitioned by {printable(state.partition_key)}"
    if state.inherits:
        told += f", inherits {', '.join(_dotted(parent) for parent in state.inherits)}"
    return told + (", UNLOGGED" if state.unlogged else "")


def _policy(state: Policy) -> str:
    words = "" if state.permissive else " AS RESTRICTIVE"
    words += "" if state.command == "all" else f" FOR {state.command.upper()}"
    words += "" if state.roles == ("public",) else f" TO {', '.join(map(quoted, state.roles))}"
    words += f" USING ({state.using})" if state.using is not None else ""
    words += f" WITH CHECK ({state.check})" if state.check is not None else ""
    return _short(words)


def _column(state: Column) -> str:
    words = [state.type]
    if state.collation is not None:
        words.append(f"COLLATE {_dotted(state.collation)}")
    if state.not_null:
        words.append("NOT NULL")
    if state.identity is not None:
        words.append(f"GENERATED {state.identity.upper()} AS IDENTITY")
    if state.default is not None:
        words.append(f"DEFAULT {state.default}")
    if state.generated is not None:
        words.append(f"GENERATED ALWAYS AS ({state.expression}) {state.generated.upper()}")
    return " " + printable(" ".join(words))


def _composite(state: CompositeType) -> str:
    return f" ({_short(', '.join(f'{quoted(name)} {type_}' for name, type_ in state.attributes))})"


def _domain(state: Domain) -> str:
    words = [state.type]
    if state.collation is not None:
        words.append(f"COLLATE {_dotted(state.collation)}")
    if state.not_null:
        words.append("NOT NULL")
    if state.default is not None:
        words.append(f"DEFAULT {state.default}")
    return " " + printable(" ".join(words))


def _publishes(state: Publication) -> str:
    if state.all_tables:
        return "all tables"
    named = [_published(table) for table in state.tables] + [f"schema {quoted(name)}" for name in state.schemas]
    return _short(", ".join(named)) or "nothing"


_SUMMARIES: dict[type, Callable[[Any], str]] = {
    Column: _column,
    Enum: lambda state: f" ({_short(', '.join(state.labels))})",
    Extension: lambda state: f" {printable(state.version)} in schema {quoted(state.schema)}",
    BaseType: lambda state: f" ({state.input}, {state.output})" if state.defined else " (a shell)",
    Cast: lambda state: f" ({state.context}{f', {printable(state.function)}' if state.function else ''})",
    CompositeType: _composite,
    Domain: _domain,
    Policy: _policy,
    Function: lambda state: f" returns {_short(state.returns)} ({state.language})",
    OperatorClass: lambda state: f" for {printable(state.type)}",
    Procedure: lambda state: f" ({state.language})",
    RangeType: lambda state: f" of {printable(state.subtype)}",
    SequenceState: lambda state: f" ({printable(state.type)})",
    DefaultPrivileges: lambda state: f": {'; '.join(_joined([_granted(_to_come(item)) for item in state.grants]))}",
    EventTrigger: lambda state: f": {_dotted(state.function)} on {state.event}",
    ForeignServer: lambda state: f" of {quoted(state.wrapper)}",
    ForeignTable: lambda state: f" ({_counted(len(state.columns), 'column')}) on {quoted(state.server)}",
    Publication: lambda state: f" of {_publishes(state)}",
    Subscription: lambda state: f" to {', '.join(map(quoted, state.publications))}",
}


# --- what became of a field


def _altered(changes: Sequence[Altered]) -> str:
    """The altered fields of one object."""
    definition = next((change for change in changes if change.field == "definition"), None)
    phrases = [
        phrase
        for change in changes
        if change.field != "definition"
        and not (definition is not None and change.field in _IN_DEFINITION)
        and (phrase := _phrase(change))
    ]
    subject = _subject(changes[0].object, changes[0].of)
    told = f"{subject}: {'; '.join(phrases)}" if phrases else f"{subject}:"
    if definition is None:
        return told
    was, now = str(definition.before), str(definition.after)
    if "\n" in was.strip() or "\n" in now.strip():
        head = told if phrases else f"{told} its {_text_of(changes[0].object)}"
        return "\n".join([head, *_listing(was, now)])
    if phrases:
        return f"{told}\n{_INDENT}now: {printable(now)}"
    return f"{told}\n{_INDENT}was: {printable(was)}\n{_INDENT}now: {printable(now)}"


def _text_of(identity: ObjectId) -> str:
    return "body" if identity.kind in ("function", "procedure") else "query"


def _phrase(change: Altered) -> str:
    field, before, after = change.field, change.before, change.after
    if field in _FLAGS and isinstance(after, bool):
        return _FLAGS[field][0 if after else 1]
    if field == "fires" and after in _FIRES:
        return _FIRES[after]
    if field == "labels":
        return _labels(before, after)
    if field in ("columns", "attributes") and any(isinstance(item, tuple) for item in (*before, *after)):
        return _view_columns(field, before, after)
    label = _LABELS.get(field, field.replace("_", " "))
    if field in _WORDED:
        return f"{label} {_came_and_went(printable, before, after)}"
    if field in _ITEMS and any(isinstance(item, tuple) for item in (*(before or ()), *(after or ()))):
        return f"{label} {_came_and_went(_ITEMS[field], before or (), after or ())}"
    return f"{label} {_value(field, before)} → {_value(field, after)}".strip()


def _came_and_went(worded: Callable[[Any], str], before: tuple[Any, ...], after: tuple[Any, ...]) -> str:
    """`- host 'a', + host 'b'`: the items of a list that differ."""
    told = [f"- {worded(item)}" for item in before if item not in after]
    told += [f"+ {worded(item)}" for item in after if item not in before]
    return ", ".join(told) if told else "in another order"


def _option(option: tuple[str, str | None]) -> str:
    return f"{quoted(option[0])} {'(a secret)' if option[1] is None else _text(option[1])}"


def _published(table: tuple[str, str, tuple[str, ...] | None, str | None]) -> str:
    schema, name, columns, condition = table
    listed = f" ({', '.join(quoted(column) for column in columns)})" if columns is not None else ""
    return f"{_dotted((schema, name))}{listed}{f' WHERE {_short(condition)}' if condition is not None else ''}"


def _of_column(options: tuple[str, tuple[tuple[str, str | None], ...]]) -> str:
    return f"{quoted(options[0])} ({', '.join(map(_option, options[1]))})"


# Fields that are lists of things which come and go one by one, and how one of them is told.
_ITEMS: dict[str, Callable[[Any], str]] = {
    "options": _option,
    "column_options": _of_column,
    "tables": _published,
    "grants": lambda item: " ".join(_granted(_to_come(item))[1:]),
    "mappings": lambda item: f"{quoted(item[0])} by {_dotted(item[1:])}",
}


def _labels(before: tuple[str, ...], after: tuple[str, ...]) -> str:
    added = [label for label in after if label not in before]
    if tuple(label for label in after if label in before) != before:
        return f"labels {_value('labels', before)} → {_value('labels', after)}"
    told = []
    for label in added:
        position = after.index(label)
        place = f"after {_text(after[position - 1])}" if position else "first"
        told.append(f"label {_text(label)} added {place}")
    return "; ".join(told)


# The same of fields that list what the server has words for.
_WORDED = frozenset({"members", "settings"})


def _view_columns(field: str, before: Iterable[tuple[str, str]], after: Iterable[tuple[str, str]]) -> str:
    old, new = dict(before), dict(after)
    told = [f"- {quoted(name)}" for name in old if name not in new]
    told += [f"+ {quoted(name)} {printable(new[name])}" for name in new if name not in old]
    told += [
        f"{quoted(name)} {printable(old[name])} → {printable(new[name])}"
        for name in new
        if name in old and old[name] != new[name]
    ]
    return f"{field} " + (", ".join(told) if told else f"in another order: {', '.join(quoted(name) for name in new)}")


def _listing(was: str, now: str) -> list[str]:
    """The lines of a view's query that differ, with one line around them."""
    lines = list(unified_diff(was.splitlines(), now.splitlines(), n=1, lineterm=""))[2:]
    shown = [_INDENT + printable(line) for line in lines[:_LONGEST_LISTING] if not line.startswith("@@")]
    more = len(lines) - _LONGEST_LISTING
    return [*shown, f"{_INDENT}and {more} lines more"] if more > 0 else shown


def _value(field: str, value: Any) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, tuple):
        if field in _NAME:
            return _dotted(value)
        if field in _NAMES:
            return _short(", ".join("an expression" if item is None else quoted(item) for item in value))
        return _short(", ".join(_item(item) for item in value))
    return _short(str(value))


def _item(item: Any) -> str:
    if isinstance(item, tuple):
        return _dotted(item) if all(isinstance(part, str) for part in item) else f"({', '.join(map(_item, item))})"
    return "none" if item is None else str(item)


def _dotted(path: Iterable[str]) -> str:
    return ".".join(quoted(part) for part in path)


def _short(text: str) -> str:
    shown = printable(text)
    return shown if len(shown) <= _LONGEST_VALUE else f"{shown[: _LONGEST_VALUE - 1]}…"


def _text(text: str | None) -> str:
    return "none" if text is None else f"'{_short(text)}'"


def _counted(number: int, kind: str) -> str:
    words = "unique constraint" if kind == "unique" else kind
    if number == 1:
        return f"1 {words}"
    plural = {"index": "indexes", "policy": "policies"}
    return f"{number} {plural.get(words, words if words.endswith('s') else words + 's')}"


# --- privileges


def _granted(grant: Grant, *, gone: bool = False) -> tuple[str, str, str]:
    """One privilege that came (or went): what became of it, its own word, and for whom."""
    whom = "everybody" if grant.grantee == "public" else "its owner" if grant.grantee is None else quoted(grant.grantee)
    given = gone is grant.revoked  # a revoked one that went is given again
    option = " with grant option" if grant.grantable else ""
    by = f" by {quoted(grant.grantor)}" if grant.grantor is not None else ""
    return ("+" if given else "-", grant.privilege, f"{'to' if given else 'from'} {whom}{option}{by}")


def _to_come(item: tuple[str, str | None, bool, bool]) -> Grant:
    """A privilege of objects that will be made, as `default privileges` keeps it."""
    privilege, grantee, grantable, revoked = item
    return Grant(privilege=privilege, grantee=grantee, grantable=grantable, revoked=revoked)


def _joined(privileges: Sequence[tuple[str, str, str]]) -> list[str]:
    """Privileges in a row for one role in one phrase: `+ SELECT, INSERT to reader`."""
    return [
        f"{sign} {', '.join(privilege for _, privilege, _ in group)} {whom}"
        for (sign, whom), group in (
            (key, list(group)) for key, group in groupby(privileges, key=lambda item: (item[0], item[2]))
        )
    ]


# --- as data


def _plain(change: Change) -> dict[str, Any]:
    common: dict[str, Any] = {
        "change": type(change).__name__.lower(),
        "kind": change.object.kind,
        "path": list(change.object.path),
        "of": {"kind": change.of.kind, "path": list(change.of.path)} if change.of else None,
    }
    match change:
        case Created() | Dropped():
            return {
                **common,
                "state": asdict(change.state),
                "comment": change.comment,
                "owner": change.owner,
                "grants": [asdict(grant) for grant in change.grants],
                "parts": [_plain(part) for part in change.parts],
            }
        case Altered():
            return {**common, "field": change.field, "before": change.before, "after": change.after}
        case Commented() | Owned():
            return {**common, "before": change.before, "after": change.after}
        case Granted():
            before, after = ([asdict(grant) for grant in grants] for grants in (change.before, change.after))
            return {**common, "before": before, "after": after}
