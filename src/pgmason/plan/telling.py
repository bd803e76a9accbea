"""How is a difference told, to a person and to a program?

`tell` gives one change in words, most in one line: what, on which object, from what to what. `as_text` gives a
whole comparison, the changed fields of one object gathered; `as_json` gives the same as data, version 1. Names and
values from a schema cannot rewrite a terminal: all go through `names.printable`. Finding the changes is `diff.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from itertools import groupby
from typing import Any

from pgmason.names import ObjectId, printable, quoted
from pgmason.plan.diff import Altered, Change, Commented, Comparison, Created, Dropped, Granted, Owned, Side, Uncompared
from pgmason.plan.fields import LABELS, altered
from pgmason.plan.summaries import summary
from pgmason.plan.words import INDENT, counted, granted, joined_privileges, subject, text

__all__ = ["COMPARISON_VERSION", "as_json", "as_text", "tell", "tell_kept", "tell_uncompared"]

COMPARISON_VERSION = 1


def as_text(comparison: Comparison) -> str:
    """The whole comparison for a terminal or a log: a paragraph an object, what was not compared, and a count."""
    lines: list[str] = []
    for _, group in groupby(comparison.changes, key=lambda change: (change.object, isinstance(change, Altered))):
        changes = list(group)
        if isinstance(changes[0], Altered):
            lines.append(altered([change for change in changes if isinstance(change, Altered)]))
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
    lines = [f"{INDENT}{label:<{width}}  {', '.join(names)}" for label, names in sorted(named.items())]
    return [f"kept, beyond {' and '.join(comparison.beyond)}:", *lines]


def _kept(change: Change) -> tuple[str, str]:
    """(what is kept, of which object), in words: ("check", "public.orders.positive"), ("comment", "table public.a")."""
    match change:
        case Created() | Dropped():
            return change.object.kind, change.object.name
        case Altered():
            field = LABELS.get(change.field) or change.field.replace("_", " ")
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
            return f"{_before_sign(change.of)}+ {summary(change)}"
        case Dropped():
            return f"{_before_sign(change.of)}- {summary(change)}"
        case Altered():
            return altered([change])
        case Commented():
            return f"{subject(change.object, change.of)}: comment {text(change.before)} → {text(change.after)}"
        case Owned():
            return f"{subject(change.object, change.of)}: owner {quoted(change.before)} → {quoted(change.after)}"
        case Granted():
            told = [*(granted(grant, gone=True) for grant in change.before), *map(granted, change.after)]
            return f"{subject(change.object, change.of)}: {'; '.join(joined_privileges(told))}"


def tell_uncompared(uncompared: Sequence[Uncompared]) -> list[str]:
    """What was not compared, a line for each kind and side; a handful of names each."""
    lines = []
    order = {side: position for position, side in enumerate(Side)}
    items = sorted(uncompared, key=lambda item: (item.kind, order[item.side], item.name))
    for (kind, side), group in groupby(items, key=lambda item: (item.kind, item.side)):
        names = [printable(item.name) for item in group]
        shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
        where = "on both sides" if side is Side.BOTH else f"only on the {side} side"
        lines.append(f"not compared: {counted(len(names), kind)} {where}, not read in this version: {shown}")
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


def _before_sign(of: ObjectId | None) -> str:
    return "" if of is None else f"{of.kind} {of.name}: "


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
