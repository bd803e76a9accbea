"""What became of the fields of an object, in words?"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from difflib import SequenceMatcher, unified_diff
from typing import Any

from pgmason.names import ObjectId, printable, quoted
from pgmason.plan.diff import Altered
from pgmason.plan.words import INDENT, dotted, granted, of_column, option, published, short, subject, text, to_come

__all__ = ["LABELS", "altered"]

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
_ALL_NAMED = 8  # columns, up to which an order is told whole
LABELS = {"type": "", "order": "order of columns", "owned_by": "owned by"}


def altered(changes: Sequence[Altered]) -> str:
    """The altered fields of one object."""
    definition = next((change for change in changes if change.field == "definition"), None)
    phrases = [
        phrase
        for change in changes
        if change.field != "definition"
        and not (definition is not None and change.field in _IN_DEFINITION)
        and (phrase := _phrase(change))
    ]
    whose = subject(changes[0].object, changes[0].of)
    told = f"{whose}: {'; '.join(phrases)}" if phrases else f"{whose}:"
    if definition is None:
        return told
    was, now = str(definition.before), str(definition.after)
    if "\n" in was.strip() or "\n" in now.strip():
        head = told if phrases else f"{told} its {_text_of(changes[0].object)}"
        return "\n".join([head, *_listing(was, now)])
    if phrases:
        return f"{told}\n{INDENT}now: {printable(now)}"
    return f"{told}\n{INDENT}was: {printable(was)}\n{INDENT}now: {printable(now)}"


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
    label = LABELS.get(field, field.replace("_", " "))
    if field == "order" and len(before) > _ALL_NAMED:
        return f"{label}: {_moved(before, after)}"
    if field in _WORDED:
        return f"{label} {_came_and_went(printable, before, after)}"
    if field in _ITEMS and any(isinstance(item, tuple) for item in (*(before or ()), *(after or ()))):
        return f"{label} {_came_and_went(_ITEMS[field], before or (), after or ())}"
    return f"{label} {_value(field, before)} → {_value(field, after)}".strip()


def _moved(before: tuple[str, ...], after: tuple[str, ...]) -> str:
    """`note behind name, was behind id; ...`: the columns by whose moving one order becomes the other."""
    same = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    stayed = {name for block in same for name in before[block.a : block.a + block.size]}
    told = [
        f"{quoted(name)} {_stands(name, after)}, was {_stands(name, before)}" for name in after if name not in stayed
    ]
    more = f" and {len(told) - _ALL_NAMED} more" if len(told) > _ALL_NAMED else ""
    return "; ".join(told[:_ALL_NAMED]) + more


def _stands(name: str, order: tuple[str, ...]) -> str:
    """Where a column stands among the others."""
    place = order.index(name)
    return f"behind {quoted(order[place - 1])}" if place else "first"


def _came_and_went(worded: Callable[[Any], str], before: tuple[Any, ...], after: tuple[Any, ...]) -> str:
    """`- host 'a', + host 'b'`: the items of a list that differ."""
    told = [f"- {worded(item)}" for item in before if item not in after]
    told += [f"+ {worded(item)}" for item in after if item not in before]
    return ", ".join(told) if told else "in another order"


# Fields that are lists of things which come and go one by one, and how one of them is told.
_ITEMS: dict[str, Callable[[Any], str]] = {
    "options": option,
    "column_options": of_column,
    "tables": published,
    "grants": lambda item: " ".join(granted(to_come(item))[1:]),
    "mappings": lambda item: f"{quoted(item[0])} by {dotted(item[1:])}",
}
# The same of fields that list what the server has words for.
_WORDED = frozenset({"members", "settings"})


def _labels(before: tuple[str, ...], after: tuple[str, ...]) -> str:
    added = [label for label in after if label not in before]
    if tuple(label for label in after if label in before) != before:
        return f"labels {_value('labels', before)} → {_value('labels', after)}"
    told = []
    for label in added:
        position = after.index(label)
        place = f"after {text(after[position - 1])}" if position else "first"
        told.append(f"label {text(label)} added {place}")
    return "; ".join(told)


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
    shown = [INDENT + printable(line) for line in lines[:_LONGEST_LISTING] if not line.startswith("@@")]
    more = len(lines) - _LONGEST_LISTING
    return [*shown, f"{INDENT}and {more} lines more"] if more > 0 else shown


def _value(field: str, value: Any) -> str:
    if value is None or value == ():
        return "none"
    if isinstance(value, tuple):
        if field in _NAME:
            return dotted(value)
        if field in _NAMES:
            return short(", ".join("an expression" if item is None else quoted(item) for item in value))
        return short(", ".join(_item(item) for item in value))
    return short(str(value))


def _item(item: Any) -> str:
    if isinstance(item, tuple):
        return dotted(item) if all(isinstance(part, str) for part in item) else f"({', '.join(map(_item, item))})"
    return "none" if item is None else str(item)
