"""How is a trace told: to a person, line by line, and to a program, as JSON?

The text says of each statement what a running product would feel, and nothing where it would feel nothing. Left to
others: judging (rules/), estimating (statistics/).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from pgmason.effects.model import (
    AttributeChange,
    Effect,
    Ending,
    ObjectChange,
    Outcome,
    RewriteKind,
    Trace,
    TransactionEffect,
    Verb,
)
from pgmason.locks import LockMode
from pgmason.names import ObjectId, printable
from pgmason.sources.units import Frame
from pgmason.statements import Statement

__all__ = ["as_json", "as_text"]

_FRAME = {
    Frame.WHOLE: "sent whole: one transaction, unless it commits by itself",
    Frame.TRANSACTION: "between BEGIN and COMMIT",
    Frame.STATEMENTS: "statement by statement, each committed",
}
_ENDING = {Ending.COMMITTED: "committed", Ending.ROLLED_BACK: "rolled back by the file", Ending.FAILED: "failed"}
_SIGN = {Verb.CREATED: "+", Verb.ALTERED: "~", Verb.DROPPED: "-"}
_SHOWN_CHARACTERS = 100


def as_text(trace: Trace, origin: str, *, more: Mapping[int, list[str]] | None = None) -> str:
    """The trace for a terminal. `more` has lines to add below a statement, by its number."""
    return "\n".join(_lines(trace, origin, more or {})) + "\n"


def _lines(trace: Trace, origin: str, more: Mapping[int, list[str]]) -> Iterator[str]:
    yield f"{printable(trace.file)}  on {printable(origin)}"
    if trace.unreadable is not None:
        place = f"{printable(trace.file)}:{trace.unreadable.line}"
        yield f"  {place}  cannot be read: {printable(trace.unreadable.message)}"
        yield f"    near: {printable(trace.unreadable.near.strip()[:_SHOWN_CHARACTERS])}"
        return
    held = trace.rows or "empty tables: what reads or fails because of rows does not show; see --rows"
    yield f"  {trace.server}; {_FRAME[trace.frame]}; {held}"
    for note in trace.notes:
        yield f"  note: {printable(note)}"
    if trace.frame_error is not None:
        number, error = trace.frame_error
        line = next(effect.statement.line for effect in trace.effects if effect.number == number)
        yield f"  FAILS as its runner sends it, at line {line}: {printable(error.message)} ({error.sqlstate})"
        yield "  below: the same file statement by statement, each committed"
    for transaction in trace.transactions:
        several = len(transaction.effects) > 1
        if several:
            yield ""
            yield f"  transaction {transaction.number}, {_ENDING[transaction.ending]}"
        for effect in transaction.effects:
            yield ""
            yield from _effect(effect)
            yield from (f"        {line}" for line in more.get(effect.number, ()))
        if transaction.commit_error is not None:
            error = transaction.commit_error
            yield f"        COMMIT FAILED  {printable(error.message)} ({error.sqlstate})"
        if several:
            yield from _total(transaction)
    yield ""
    yield f"  {_summary(trace)}"
    if trace.on_empty_tables is not None:
        yield ""
        yield "  It failed on rows. On empty tables it does this:"
        for effect in trace.on_empty_tables.effects:
            yield ""
            yield from _effect(effect)
        yield ""
        yield f"  {_summary(trace.on_empty_tables)}"


def _effect(effect: Effect) -> Iterator[str]:
    words = printable(" ".join(effect.statement.text.split()))
    shown = words if len(words) <= _SHOWN_CHARACTERS else words[: _SHOWN_CHARACTERS - 3] + "..."
    time = f"  ({effect.elapsed_ms:.1f} ms)" if effect.outcome is Outcome.DONE else ""
    yield f"  {effect.statement.line:>4}  {shown}{time}"
    if effect.outcome is Outcome.NOT_REACHED:
        yield "        not reached"
        return
    if effect.error is not None:
        ended = f"; ended: {effect.error.by_watch}" if effect.error.by_watch else ""
        yield f"        FAILED  {printable(effect.error.message)} ({effect.error.sqlstate or 'connection lost'}){ended}"
    yield from _locks(effect.locks, "")
    yield from _locks(effect.locks_on_new, ", made above")
    if effect.locks_incomplete and effect.outcome is Outcome.DONE:
        yield f"        locks incomplete: {printable(effect.locks_incomplete)}"
    if effect.waits_out_transactions:
        yield "        waits until every older transaction on it is over; blocks nobody meanwhile"
    yield from _rewrites(effect)
    for scan in effect.scans:
        if (scan.whole and scan.under.strength > LockMode.ROW_EXCLUSIVE.strength) or (scan.whole and scan.rows_read):
            times = f" {scan.scans} times" if scan.scans > 1 else ""
            read = f", {scan.rows_read:,} rows read" if scan.rows_read else ""
            yield f"        scans  {scan.relation.name} whole{times}{read}, under {scan.under.sql}{_new(scan.existing)}"
    for rows in effect.rows:
        counts = {"inserted": rows.inserted, "updated": rows.updated, "deleted": rows.deleted}
        told = ", ".join(f"{count:,} {verb}" for verb, count in counts.items() if count)
        yield f"        rows  {rows.relation.name}: {told}{_new(rows.existing)}"
    yield from _objects(effect.objects)
    for constraint in effect.not_valid:
        yield f"        left not valid  {constraint.name}"
    for index in effect.invalid_indexes:
        yield f"        left INVALID  {index.name}"
    for setting in effect.settings_changed:
        yield f"        sets  {setting.name} from {printable(setting.before)} to {printable(setting.after)}"
    if effect.functions:
        yield f"        runs  {printable(', '.join(effect.functions))}"
    for notice in effect.notices:
        yield f"        {notice.severity.lower()}: {printable(notice.message)}"
    if effect.elevated:
        yield f"        run with more rights: {effect.elevated}"
    for dependence in effect.depends_on_rows:
        yield f"        depends on production's rows: {printable(dependence.why)}"
        yield f"          {printable(dependence.query)}"


def _rewrites(effect: Effect) -> Iterator[str]:
    rebuilt: dict[bool, list[str]] = {}
    for rewrite in effect.rewrites:
        if rewrite.kind is RewriteKind.REBUILT:
            rebuilt.setdefault(rewrite.existing, []).append(rewrite.relation.name)
        elif rewrite.relation == rewrite.table:
            yield f"        {rewrite.kind}  {rewrite.relation.name}{_new(rewrite.existing)}"
    for existing, names in rebuilt.items():
        yield f"        rebuilt  {_few(names, 'indexes')}{_new(existing)}"


def _few(names: list[str], kind: str) -> str:
    return (
        names[0]
        if len(names) == 1
        else f"{len(names)} {kind}: {', '.join(names[:3])}{', ...' if len(names) > 3 else ''}"
    )


def _locks(locks: Mapping[ObjectId, LockMode], remark: str) -> Iterator[str]:
    """The locks that a query could meet; those on indexes are one line for each mode."""
    indexes: dict[LockMode, list[str]] = {}
    for relation, mode in sorted(locks.items(), key=lambda item: (-item[1].strength, item[0])):
        if relation.kind == "index":
            indexes.setdefault(mode, []).append(relation.name)
        elif mode is not LockMode.ACCESS_SHARE:
            yield f"        locks  {relation.name}  {mode.sql}: {blocks(mode)}{remark}"
    for mode, names in indexes.items():
        if mode.strength > LockMode.ROW_EXCLUSIVE.strength:
            yield f"        locks  {_few(names, 'indexes')}  {mode.sql}{remark}"


def blocks(mode: LockMode) -> str:
    """Who waits for a lock, in words."""
    if mode.blocks_reads:
        return "blocks reads and writes"
    if mode.blocks_writes:
        return "blocks writes"
    return (
        "blocks other changes of the schema" if mode.strength > LockMode.ROW_EXCLUSIVE.strength else "blocks no query"
    )


def _new(existing: bool) -> str:
    return "" if existing else " (new)"


def _objects(changes: tuple[ObjectChange, ...]) -> Iterator[str]:
    implied: dict[str, int] = {}
    for change in changes:
        if change.implied:
            implied[change.object.kind] = implied.get(change.object.kind, 0) + 1
            continue
        renamed = f" -> {change.now.name}" if change.renamed and change.now is not None else ""
        cascade = " (by CASCADE)" if change.cascaded else ""
        told = ""
        if change.verb is Verb.ALTERED:
            told = ", ".join(
                f"{one.name}: {_change(one)}" for one in change.attributes if one.name not in ("name", "schema")
            )
        yield f"        {_SIGN[change.verb]} {change.object}{renamed}{cascade}{'  ' + printable(told) if told else ''}"
    if implied:
        parts = ", ".join(f"{count} {_plural(kind, count)}" for kind, count in sorted(implied.items()))
        yield f"          with {parts}"


def _change(one: AttributeChange) -> str:
    """From what to what; an expression, of which only the server's number is known, as set, made anew or taken away."""
    if one.name in ("default", "expression"):
        return "made anew" if one.before and one.after else "set" if one.after else "taken away"
    return f"{one.before or 'none'} -> {one.after or 'none'}"


def _plural(kind: str, count: int) -> str:
    if count == 1:
        return kind
    return {"index": "indexes", "policy": "policies", "foreign key": "foreign keys"}.get(kind, f"{kind}s")


def _total(transaction: TransactionEffect) -> Iterator[str]:
    shown = {
        relation: mode
        for relation, mode in transaction.locks.items()
        if mode.strength >= LockMode.SHARE_UPDATE_EXCLUSIVE.strength and relation.kind != "index"
    }
    if not shown:
        return
    yield ""
    yield f"  in all, held to the end of transaction {transaction.number}"
    lines = {effect.number: effect.statement.line for effect in transaction.effects}
    for relation, mode in sorted(shown.items(), key=lambda item: (-item[1].strength, item[0])):
        line = lines[transaction.taken_by[relation]]
        yield f"        {relation.name}  {mode.sql} from line {line}: {blocks(mode)}"
    if transaction.locks_incomplete:
        yield "        (incomplete: see above)"


def _summary(trace: Trace) -> str:
    effects = trace.effects
    done = sum(effect.outcome is Outcome.DONE for effect in effects)
    locked = {relation for one in trace.transactions for relation, mode in one.locks.items() if mode.blocks_writes}
    tables = {relation for relation in locked if relation.kind != "index"}
    rewritten = {
        one.relation for effect in effects for one in effect.rewrites if one.existing and one.relation == one.table
    }
    scanned = {
        scan.relation
        for effect in effects
        for scan in effect.scans
        if scan.existing and scan.whole and scan.under.blocks_writes
    }
    failed = f"{len(effects) - done} of {len(effects)} statements not done; " if done < len(effects) else ""
    return (
        f"{failed}{len(effects)} {'statement' if len(effects) == 1 else 'statements'},"
        f" {len(trace.transactions)} {'transaction' if len(trace.transactions) == 1 else 'transactions'};"
        f" existing tables blocked for writes: {len(tables)}, rewritten: {len(rewritten)},"
        f" scanned while blocked: {len(scanned)}"
    )


def as_json(trace: Trace, origin: str) -> dict[str, Any]:
    """The trace as plain data: the fields of `model.py` under their names, an object as its kind and name."""
    return {"version": 1, "on": origin, **_plain(trace)}


def _plain(value: Any) -> Any:
    if isinstance(value, ObjectId):
        return {"kind": value.kind, "name": value.name}
    if isinstance(value, Statement):
        return {
            "text": value.text, "line": value.line, "column": value.column, "offset": value.offset, "form": value.form
        }  # fmt: skip
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return [
            {"relation": _plain(key), "lock" if isinstance(each, LockMode) else "value": _plain(each)}
            for key, each in value.items()
        ]
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    return value
