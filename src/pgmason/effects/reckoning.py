"""What do locks, counters and settings say of a statement, in the words of an Effect?

Pure: what was held and counted before and after, by OID, becomes locks, scans and rows by name. `start` is what was
known before the file: what is in it existed. Left to others: objects and rewrites (differences.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from pgmason.effects.known import Address, Known
from pgmason.effects.model import ObjectChange, Rewrite, RewriteKind, RowsChanged, Scan, SettingChange, Settings
from pgmason.effects.observe import Called, Counters, Held
from pgmason.locks import LockMode, strongest
from pgmason.names import ObjectId
from pgmason.statements import Statement, anonymous_body, catches_errors

__all__ = [
    "locks_by_name",
    "rows_changed",
    "scans_made",
    "settings_changed",
    "unfinished",
    "unfinished_among",
    "why_incomplete",
]


def locks_by_name(
    locks: Mapping[int, LockMode], known: Known, which: Callable[[Address], bool]
) -> dict[ObjectId, LockMode]:
    """The locks on relations that are known and meant, by name, sorted."""
    found = {
        known[("relation", oid)].identity: mode
        for oid, mode in locks.items()
        if ("relation", oid) in known and which(("relation", oid))
    }
    return dict(sorted(found.items()))


def scans_made(
    held: Iterable[Held],
    counted: Mapping[int, Counters],
    before: Known,
    now: Known,
    start: Known,
    rewrites: Iterable[Rewrite],
) -> tuple[Scan, ...]:
    """Relations that were read, sorted; not what TRUNCATE reads of a table that it just emptied."""
    emptied = {one.relation for one in rewrites if one.kind is RewriteKind.EMPTIED}
    modes = {one.relation: strongest(one.modes) for one in held}
    by_index: dict[int, int] = {}
    for oid, counters in counted.items():
        state = before.get(("relation", oid)) or now.get(("relation", oid))
        if state is not None and state.table and counters.scans:
            by_index[state.table] = by_index.get(state.table, 0) + counters.scans
    found = []
    for oid in {*counted, *by_index}:
        counters = counted.get(oid, Counters())
        state = before.get(("relation", oid)) or now.get(("relation", oid))
        if state is None or state.table or not (counters.scans or by_index.get(oid)):
            continue
        if state.identity in emptied and not counters.returned:
            continue
        found.append(
            Scan(
                relation=state.identity,
                scans=counters.scans,
                rows_read=counters.returned,
                index_scans=by_index.get(oid, 0),
                index_rows=counters.fetched,
                under=modes.get(oid) or LockMode.ACCESS_SHARE,
                existing=("relation", oid) in start,
            )
        )
    return tuple(sorted(found, key=lambda scan: scan.relation))


def rows_changed(counted: Mapping[int, Counters], before: Known, now: Known, start: Known) -> tuple[RowsChanged, ...]:
    """Tables whose rows were written or removed, sorted."""
    found = []
    for oid, counters in counted.items():
        state = before.get(("relation", oid)) or now.get(("relation", oid))
        if state is None or state.table or not (counters.inserted or counters.updated or counters.deleted):
            continue
        found.append(
            RowsChanged(
                relation=state.identity,
                inserted=counters.inserted,
                updated=counters.updated,
                deleted=counters.deleted,
                existing=("relation", oid) in start,
            )
        )
    return tuple(sorted(found, key=lambda rows: rows.relation))


def why_incomplete(statement: Statement, called: Iterable[Called], calls: Mapping[int, int]) -> str | None:
    """Why a lock may have been taken and given back unseen; `calls` counts those of functions before the statement."""
    body = anonymous_body(statement)
    if body is not None and catches_errors(body):
        return "the block catches errors: what it locked before one is given back, unseen"
    for one in called:
        if one.calls > calls.get(one.oid, 0) and catches_errors(one.source):
            return f"{one.name} catches errors: what it locked before one is given back, unseen"
    return None


def unfinished_among(known: Known, changes: Iterable[ObjectChange], what: str) -> tuple[ObjectId, ...]:
    """Constraints not valid, or indexes invalid, among what was made or altered."""
    now = {change.now for change in changes if change.now is not None}
    return tuple(sorted(identity for identity in unfinished(known, what) if identity in now))


def unfinished(known: Known, what: str) -> Iterator[ObjectId]:
    for state in known.values():
        if what == "index" and state.table and state.attributes.get("valid") == "no":
            yield state.identity
        if what == "constraint":
            for key, member in state.members.items():
                if key[0] == "constraint" and member.not_valid:
                    yield member.identity


def settings_changed(before: Settings | None, after: Settings | None) -> tuple[SettingChange, ...]:
    if before is None or after is None:
        return ()
    names = ("lock_timeout_ms", "statement_timeout_ms", "idle_in_transaction_timeout_ms", "search_path", "role",
             "time_zone", "isolation")  # fmt: skip
    return tuple(
        SettingChange(name=name, before=str(getattr(before, name)), after=str(getattr(after, name)))
        for name in names
        if getattr(before, name) != getattr(after, name)
    )
