"""Which locks are there, which exclude each other, and which does a statement take that cannot be observed?

The eight table-level lock modes with their conflicts (PostgreSQL manual, 13.3.1 Table-Level Locks), and one table of
the locks of each statement form that refuses a transaction block: such a statement commits on the way, so its locks
are gone when it ends, and sampling pg_locks misses the short ones. Each entry was found, and is held, by probes:
another session holds a lock on exactly that relation, and what the statement then waits for is read (tests/effects).

Left to others: which form a statement is of and which relations it means (effects/), and every statement that may
stand in a transaction block: those locks are observed, never looked up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["DECLARED", "Declared", "Form", "LockMode", "Target", "strongest"]


class LockMode(StrEnum):
    """A table-level lock; the value is what pg_locks calls it, the order that of strength (storage/lockdefs.h)."""

    ACCESS_SHARE = "AccessShareLock"
    ROW_SHARE = "RowShareLock"
    ROW_EXCLUSIVE = "RowExclusiveLock"
    SHARE_UPDATE_EXCLUSIVE = "ShareUpdateExclusiveLock"
    SHARE = "ShareLock"
    SHARE_ROW_EXCLUSIVE = "ShareRowExclusiveLock"
    EXCLUSIVE = "ExclusiveLock"
    ACCESS_EXCLUSIVE = "AccessExclusiveLock"

    @property
    def strength(self) -> int:
        """1 for ACCESS SHARE up to 8 for ACCESS EXCLUSIVE, PostgreSQL's own numbers."""
        return _STRENGTH[self]

    @property
    def sql(self) -> str:
        """The words of LOCK TABLE and the manual: `SHARE ROW EXCLUSIVE`."""
        return self.name.replace("_", " ")

    @property
    def blocks_reads(self) -> bool:
        """Whether a SELECT waits for it."""
        return self.conflicts_with(LockMode.ACCESS_SHARE)

    @property
    def blocks_writes(self) -> bool:
        """Whether an INSERT, UPDATE or DELETE waits for it."""
        return self.conflicts_with(LockMode.ROW_EXCLUSIVE)

    def conflicts_with(self, other: LockMode) -> bool:
        """Whether two sessions cannot hold these two on one relation."""
        return other in _CONFLICTS[self]


_STRENGTH: Mapping[LockMode, int] = {mode: number for number, mode in enumerate(LockMode, start=1)}


def _conflicting(*modes: str) -> frozenset[LockMode]:
    return frozenset(LockMode[mode] for mode in modes)


# PostgreSQL manual, 13.3.1, table 13.2 Conflicting Lock Modes.
_CONFLICTS: Mapping[LockMode, frozenset[LockMode]] = {
    LockMode.ACCESS_SHARE: _conflicting("ACCESS_EXCLUSIVE"),
    LockMode.ROW_SHARE: _conflicting("EXCLUSIVE", "ACCESS_EXCLUSIVE"),
    LockMode.ROW_EXCLUSIVE: _conflicting("SHARE", "SHARE_ROW_EXCLUSIVE", "EXCLUSIVE", "ACCESS_EXCLUSIVE"),
    LockMode.SHARE_UPDATE_EXCLUSIVE: _conflicting(
        "SHARE_UPDATE_EXCLUSIVE", "SHARE", "SHARE_ROW_EXCLUSIVE", "EXCLUSIVE", "ACCESS_EXCLUSIVE"
    ),
    LockMode.SHARE: _conflicting(
        "ROW_EXCLUSIVE", "SHARE_UPDATE_EXCLUSIVE", "SHARE_ROW_EXCLUSIVE", "EXCLUSIVE", "ACCESS_EXCLUSIVE"
    ),
    LockMode.SHARE_ROW_EXCLUSIVE: _conflicting(
        "ROW_EXCLUSIVE", "SHARE_UPDATE_EXCLUSIVE", "SHARE", "SHARE_ROW_EXCLUSIVE", "EXCLUSIVE", "ACCESS_EXCLUSIVE"
    ),
    LockMode.EXCLUSIVE: frozenset(LockMode) - {LockMode.ACCESS_SHARE},
    LockMode.ACCESS_EXCLUSIVE: frozenset(LockMode),
}


def strongest(modes: Iterable[LockMode]) -> LockMode | None:
    """The strongest of several; None of none."""
    return max(modes, key=lambda mode: mode.strength, default=None)


class Form(StrEnum):
    """A statement form that PostgreSQL refuses in a transaction block, and that locks relations of the product's."""

    CREATE_INDEX_CONCURRENTLY = "CREATE INDEX CONCURRENTLY"
    DROP_INDEX_CONCURRENTLY = "DROP INDEX CONCURRENTLY"
    REINDEX_INDEX_CONCURRENTLY = "REINDEX INDEX CONCURRENTLY"
    REINDEX_TABLE_CONCURRENTLY = "REINDEX TABLE CONCURRENTLY"  # SCHEMA and DATABASE: of each table
    DETACH_PARTITION_CONCURRENTLY = "ALTER TABLE ... DETACH PARTITION ... CONCURRENTLY"
    REINDEX_INDEX = "REINDEX INDEX"  # of a partitioned index: of each index
    REINDEX_TABLE = "REINDEX TABLE"  # of a partitioned table, SCHEMA and DATABASE: of each table
    VACUUM = "VACUUM"
    VACUUM_FULL = "VACUUM FULL"
    CLUSTER = "CLUSTER"  # without a table, or of a partitioned one: of each that was clustered before


class Target(StrEnum):
    """Which of the relations that a statement means a lock is on."""

    TABLE = "table"  # the table named; that of the index named; the partitioned table
    INDEX = "index"  # the index named; each index of the table named
    PARTITION = "partition"  # the partition that is detached


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """The locks of one form on some majors.

    `locks` has the strongest lock that is ever held on each target. `waits_out_transactions`: the statement waits,
    without blocking anybody, until each transaction that might use the table is over.
    """

    form: Form
    majors: tuple[int, ...]
    locks: Mapping[Target, LockMode]
    waits_out_transactions: bool


_ALL = (15, 16, 17, 18)
_SUE, _SHARE, _AEL = LockMode.SHARE_UPDATE_EXCLUSIVE, LockMode.SHARE, LockMode.ACCESS_EXCLUSIVE


def _entry(form: Form, waits: bool, **locks: LockMode) -> Declared:
    return Declared(
        form=form,
        majors=_ALL,
        locks={Target[target.upper()]: mode for target, mode in locks.items()},
        waits_out_transactions=waits,
    )


# Probed on 15 and 18, which agree. What no probe can show, because nothing can meet it: DROP INDEX and REINDEX
# CONCURRENTLY take ACCESS EXCLUSIVE on the old index at their end, when no session can be using it (index_drop,
# catalog/index.c); VACUUM takes it on the table for a moment to cut empty pages off, if nobody waits for it
# (lazy_truncate_heap, access/heap/vacuumlazy.c).
DECLARED: tuple[Declared, ...] = (
    _entry(Form.CREATE_INDEX_CONCURRENTLY, True, table=_SUE),
    _entry(Form.DROP_INDEX_CONCURRENTLY, True, table=_SUE, index=_SUE),
    _entry(Form.REINDEX_INDEX_CONCURRENTLY, True, table=_SUE, index=_SUE),
    _entry(Form.REINDEX_TABLE_CONCURRENTLY, True, table=_SUE, index=_SUE),
    _entry(Form.DETACH_PARTITION_CONCURRENTLY, True, table=_SUE, partition=_AEL),
    _entry(Form.REINDEX_INDEX, False, table=_SHARE, index=_AEL),
    _entry(Form.REINDEX_TABLE, False, table=_SHARE, index=_AEL),
    _entry(Form.VACUUM, False, table=_SUE),
    _entry(Form.VACUUM_FULL, False, table=_AEL, index=_AEL),
    _entry(Form.CLUSTER, False, table=_AEL, index=_AEL),
)
