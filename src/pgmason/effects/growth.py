"""With what does the time of a statement grow?

From what a server was seen to do, the pieces of work that take longer where a table is larger, each with its law and
with the lock under which the table waits for it. A statement without such a piece takes the same short time at any
size. Pure; how long that is, is said by estimates.py, and the laws are held against measured times by bench/growth.py.

What this cannot see: a plan that PostgreSQL would choose otherwise for large tables than for those of the trace (with
three rows it reads a table whole where it would use an index), work on rows that only production has, the time that
a statement waits for its locks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from pgmason.effects.model import Effect, ObjectChange, Rewrite, RewriteKind, Verb
from pgmason.locks import LockMode
from pgmason.names import ObjectId

__all__ = ["Law", "Work", "WorkKind", "grows_with", "works_of"]


class WorkKind(StrEnum):
    """A piece of work whose time depends on sizes."""

    REWRITE = "rewrites"
    INDEX_BUILD = "builds an index over"
    KEY_CHECK = "checks a foreign key of"
    SCAN = "reads"
    WRITE = "writes rows of"
    COPY = "copies the files of"


class Law(StrEnum):
    """How the time of a piece of work grows."""

    BYTES = "with its bytes"
    ROWS = "with its rows"
    SORT = "with its rows, a little more than in proportion"  # n log n
    KEY = "with its rows, and slowly with those of the table that is referred to"  # n log m


_LAW = {
    WorkKind.REWRITE: Law.BYTES,
    WorkKind.COPY: Law.BYTES,
    WorkKind.INDEX_BUILD: Law.SORT,
    WorkKind.KEY_CHECK: Law.KEY,
    WorkKind.SCAN: Law.ROWS,
    WorkKind.WRITE: Law.ROWS,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A piece of work on a table that existed before the file.

    `times`: how often (three indexes are built). `under` is the strongest lock that is held on the table meanwhile,
    by this statement or an earlier one of its transaction; None where that is not known. `parent` is the table that a
    foreign key refers to, where KEY_CHECK knows it; `method` the access method of the indexes that are built, a rebuilt
    one's taken for btree.
    """

    kind: WorkKind
    table: ObjectId
    under: LockMode | None
    times: int = 1
    parent: str | None = None
    method: str = "btree"

    @property
    def law(self) -> Law:
        return _LAW[self.kind]


def works_of(effect: Effect) -> tuple[Work, ...]:
    """The pieces of work of a statement, the table with most to do first. () for one that takes no longer at any size.

    A rewrite counts with the indexes that it rebuilds and without the reading that it is made of.
    """
    found: list[Work] = []
    rewritten = {one.table for one in effect.rewrites if one.existing and one.kind is RewriteKind.REWRITTEN}
    for table in sorted(rewritten):
        found.append(_work(effect, WorkKind.REWRITE, table))
    for table, count in sorted(_moved(effect.rewrites).items()):
        found.append(_work(effect, WorkKind.COPY, table, times=count))
    indexes = _built(effect)
    built = {table for table, _ in indexes}
    for (table, method), count in sorted(indexes.items()):
        found.append(_work(effect, WorkKind.INDEX_BUILD, table, times=count, method=method))
    checked = dict(_keys_checked(effect))
    for child, parent in sorted(checked.items()):
        found.append(_work(effect, WorkKind.KEY_CHECK, child, parent=parent))
    for scan in effect.scans:
        busy = scan.relation in rewritten or scan.relation in built or scan.relation in checked
        is_parent = ".".join(scan.relation.path) in checked.values()  # read whole only where it is small
        # VALIDATE CONSTRAINT does not say what the key refers to; ALTER TABLE reads nothing else that it does not lock
        is_parent |= "" in checked.values() and effect.statement.form == "alter_table_stmt"
        if scan.existing and scan.whole and not busy and not is_parent:
            found.append(_work(effect, WorkKind.SCAN, scan.relation))
    scanned = any(scan.whole for scan in effect.scans)
    for rows in effect.rows:
        # rows that an index found, or that stand in the statement, are as many at any size
        if rows.existing and scanned and (rows.inserted or rows.updated or rows.deleted):
            found.append(_work(effect, WorkKind.WRITE, rows.relation))
    for scan in effect.scans:
        if scan.existing and scan.whole and _may_write(effect, scan.relation):
            found.append(_work(effect, WorkKind.WRITE, scan.relation))
    return tuple(found)


def _may_write(effect: Effect, table: ObjectId) -> bool:
    """Whether an UPDATE or DELETE looked at every row of its table and none of the trace's was one that it means."""
    return (
        effect.statement.form in ("update_stmt", "delete_stmt")
        and effect.locks.get(table) is LockMode.ROW_EXCLUSIVE
        and all(rows.relation != table for rows in effect.rows)
    )


def grows_with(effect: Effect, table: ObjectId) -> Law | None:
    """The steepest law by which the statement's time grows with that table; None where it does not."""
    laws = [work.law for work in works_of(effect) if work.table == table]
    return next((law for law in (Law.BYTES, Law.SORT, Law.KEY, Law.ROWS) if law in laws), None)


def _work(
    effect: Effect, kind: WorkKind, table: ObjectId, *, times: int = 1, parent: str | None = None, method: str = "btree"
) -> Work:
    return Work(kind=kind, table=table, under=effect.lock_while(table), times=times, parent=parent, method=method)


def _moved(rewrites: tuple[Rewrite, ...]) -> dict[ObjectId, int]:
    moved: dict[ObjectId, int] = {}
    for one in rewrites:
        if one.existing and one.kind is RewriteKind.MOVED:
            moved[one.table] = moved.get(one.table, 0) + 1
    return moved


def _built(effect: Effect) -> dict[tuple[ObjectId, str], int]:
    """How many indexes of each existing table were built over its rows, by their access method.

    A new index counts where its table was read: one that a constraint takes over, or that stands on a partitioned
    table ONLY, was not built.
    """
    read = {scan.relation for scan in effect.scans if scan.existing and scan.whole}
    built: dict[tuple[ObjectId, str], int] = {}
    for one in effect.rewrites:
        if one.existing and one.kind is RewriteKind.REBUILT:
            built[one.table, "btree"] = built.get((one.table, "btree"), 0) + 1
    for change in effect.objects:
        new_index = change.verb is Verb.CREATED and change.object.kind == "index"
        if new_index and change.of is not None and change.of in read:
            said = change.change("method")
            method = (said.after if said is not None else None) or "btree"
            built[change.of, method] = built.get((change.of, method), 0) + 1
    return built


def _keys_checked(effect: Effect) -> Iterator[tuple[ObjectId, str]]:
    """Each existing table with a foreign key whose rows were checked, and the table that it refers to."""
    read = {scan.relation for scan in effect.scans if scan.existing}
    for change in effect.objects:
        if change.object.kind != "foreign key" or change.of is None or change.verb is Verb.DROPPED:
            continue
        valid = change.change("valid")
        if valid is None or valid.after != "yes":
            continue
        if change.of in read:
            yield change.of, _referred(change)


def _referred(change: ObjectChange) -> str:
    references = change.change("references")
    return (references.after or "") if references is not None else ""
