"""What did a statement do, as the server saw it? The values that rules and estimates judge.

    Trace                  one file in the frame of its runner
      TransactionEffect    one transaction of it
        Effect             one statement: the only thing that most rules need

Every Effect is what happened on a scratch database that held few rows: which relations were locked, rewritten or
scanned is true at any size, how many rows is not (`statistics/` estimates that).

**Names.** A relation is told by its ObjectId (kind and path as `catalog/` names them: table, index, view,
materialized view, sequence, foreign table, composite type), as it was called when the statement began; what a
statement makes, as it was called when the statement ended. In a TransactionEffect's and a Trace's totals it has the
name from before the first statement. TOAST tables and their indexes are left out: they go with their table.

**Existing and new.** A relation that the transaction itself made is seen by nobody else: its locks, scans, rewrites
and rows are never in `locks`, and carry `existing=False` elsewhere. One that an earlier, committed statement of the
same file made is visible, and used by nobody yet: its locks are in `locks_on_new`, and it carries `existing=False`,
too. So a rule that reads `locks` and asks for `existing` makes no noise about new tables.

What cannot be seen, and is therefore said: a lock that a subtransaction took and gave back (`locks_incomplete`); the
locks of a statement that failed (PostgreSQL releases them with the error; then `locks` are those before it failed
that are known, mostly none, and `locks_incomplete` says so); locks that a statement takes again (a mode that the
transaction holds on a relation already is not in `locks` a second time, but in `held`).

Pure data: nothing here asks a server. Left to others: making these values (witness.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from pgmason.locks import LockMode, strongest
from pgmason.names import ObjectId
from pgmason.sources.units import Frame
from pgmason.statements import Statement

__all__ = [
    "AttributeChange",
    "Basis",
    "Effect",
    "Ending",
    "Notice",
    "ObjectChange",
    "Outcome",
    "Rewrite",
    "RewriteKind",
    "RowDependence",
    "RowsChanged",
    "Scan",
    "SettingChange",
    "Settings",
    "SqlError",
    "Trace",
    "TransactionEffect",
    "Unreadable",
    "Verb",
]


class Outcome(StrEnum):
    """How a statement ended."""

    DONE = "done"
    FAILED = "failed"
    NOT_REACHED = "not reached"  # an earlier one failed, and the runner stops there


class Basis(StrEnum):
    """How the locks of a statement are known."""

    OBSERVED = "observed"  # read from pg_locks while the transaction was open
    DECLARED = "declared"  # from the table in locks.py: the statement commits on the way
    UNKNOWN = "unknown"  # it commits on the way, and the table does not have it; `locks_incomplete` says so


class Verb(StrEnum):
    """What happened to an object."""

    CREATED = "created"
    ALTERED = "altered"
    DROPPED = "dropped"


class RewriteKind(StrEnum):
    """Why a relation has new storage."""

    REWRITTEN = "rewritten"  # every row read and written anew: a table, or a materialized view by CLUSTER
    REBUILT = "rebuilt"  # an index built anew over the table's rows
    EMPTIED = "emptied"  # TRUNCATE: old storage thrown away, with its rows; for an index, that of such a table
    REFRESHED = "refreshed"  # a materialized view's query run, its rows replaced
    MOVED = "moved"  # to another tablespace: blocks copied


class Ending(StrEnum):
    """How a transaction ended."""

    COMMITTED = "committed"
    ROLLED_BACK = "rolled back"  # by a ROLLBACK of the file
    FAILED = "failed"  # a statement, or COMMIT itself, failed: nothing of it stays


@dataclass(frozen=True, slots=True, kw_only=True)
class SqlError:
    """The server's refusal. `message` is its own, without the DETAIL, which may hold a row's values.

    `constraint` and `relation` are names as the server told them ("" where it did not), schema included in neither.
    `by_watch` says why the supervisor ended the session, where it did ("it ran longer than 30 s").
    """

    sqlstate: str  # five characters; "" where the connection was lost
    message: str
    constraint: str = ""
    relation: str = ""
    by_watch: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A NOTICE or WARNING: 42P07 or 42710 "already exists, skipping" says that IF NOT EXISTS did nothing."""

    severity: str  # "NOTICE", "WARNING", ...
    sqlstate: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """A relation whose storage was replaced.

    `table` is the table or materialized view that an index belongs to; the relation itself otherwise. An index is
    REBUILT also where PostgreSQL drops it and makes it again under its name (ALTER COLUMN ... TYPE): what is compared
    is the storage behind the name.
    """

    relation: ObjectId
    table: ObjectId
    kind: RewriteKind
    existing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """A relation that was read whole, or in part: by the statement itself, or by PostgreSQL on its behalf.

    From the transaction's own counters. `scans` counts sequential scans begun, `rows_read` the live rows they gave;
    a scan of an empty table counts, with 0 rows. `index_scans` counts index scans of its indexes, `index_rows` the
    rows fetched by them. `under` is the strongest lock held on the relation when the statement ended: who it blocks
    meanwhile. Validations and builds of an index read the table once each, so `rows_read` may be several times its
    rows: compare relations, not counts. What TRUNCATE reads of the empty table is not told.
    """

    relation: ObjectId
    scans: int
    rows_read: int
    index_scans: int
    index_rows: int
    under: LockMode
    existing: bool

    @property
    def whole(self) -> bool:
        """Whether a sequential scan was begun: work that grows with the table."""
        return self.scans > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsChanged:
    """Rows that a statement wrote or removed, triggers and cascades included; those that a rewrite copies are not.

    A subtransaction that was rolled back counts, too: its rows were written. Rows removed by TRUNCATE or DROP are not
    counted here (see `Rewrite`, kind EMPTIED, and `ObjectChange`).
    """

    relation: ObjectId
    inserted: int
    updated: int
    deleted: int
    existing: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeChange:
    """One property of an object: its text before (None: the object is new) and after (None: it is gone).

    Names, by kind:
    table, view, materialized view, foreign table   name, schema, owner, persistence (permanent, unlogged, temporary),
                           tablespace, access method, options, row security (off, on, forced), replica identity,
                           partition of, inherits
    column                 name, type (as format_type gives it), not null (yes, no), default ("" none; else
                           "default #N", where another N is another expression), identity ("", always, by default),
                           generated ("", stored, virtual), expression (of a generated column, told as default is),
                           collation, storage, compression, statistics target
    index                  name, table, valid, ready, unique, clustered (yes, no), method,
                           columns (names or "(expression)")
    check, foreign key, primary key, unique, exclusion constraint, not null
                           name, valid, enforced, deferrable, deferred (yes, no), columns, references (schema.table),
                           index
    trigger                name, enabled (origin, disabled, replica, always)
    policy                 name, command, permissive
    not null               only where it is not valid (18), or becomes valid; else the column's attribute says it
    enum, domain           name, schema; labels ("a, b"); type, not null
    Others have none: that they were altered is all that is told. COMMENT alters what it is on, and says no more. GRANT,
    REVOKE and ALTER DEFAULT PRIVILEGES are told nowhere here: event triggers do not name their objects.
    """

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectChange:
    """An object that was made, altered or dropped.

    `object` has the name from before the statement for ALTERED and DROPPED, the one after it for CREATED; `now` is
    its name after it (None: gone), so `object != now` is a rename or a move to another schema. A column or constraint
    of a new table is told apart from its table, each on its own. What is but a part of what was made or dropped as a
    whole (columns, constraints, indexes of the table; the index of a constraint) has `implied=True`; what a CASCADE
    took has `cascaded=True` (views, foreign keys of other tables, policies, defaults, columns of a dropped type).
    `existing` is False where the file itself made the object. `of` is the relation that a column, constraint, index,
    trigger or policy belongs to.
    """

    verb: Verb
    object: ObjectId
    now: ObjectId | None
    of: ObjectId | None = None
    attributes: tuple[AttributeChange, ...] = ()
    implied: bool = False
    cascaded: bool = False
    existing: bool = True

    @property
    def renamed(self) -> bool:
        """Whether it goes by another name, or in another schema, from now on."""
        return self.verb is Verb.ALTERED and self.now is not None and self.now != self.object

    def change(self, name: str) -> AttributeChange | None:
        """The change of that attribute, or None where it stayed."""
        return next((one for one in self.attributes if one.name == name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings in force while a statement ran; 0 ms is no limit. `role` is current_user where SQL chose it."""

    lock_timeout_ms: int
    statement_timeout_ms: int
    idle_in_transaction_timeout_ms: int
    search_path: str
    role: str | None  # None: the session's own
    time_zone: str
    isolation: str  # "read committed", ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChange:
    """A setting that the statement changed: by SET, set_config() or ALTER ... within the session.

    `name` is the field of `Settings`; `before` and `after` are its values as text.
    """

    name: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDependence:
    """The statement's outcome depends on rows that only production has.

    `why` is a sentence ("fails where two rows have the same email"). `query` is SQL that answers it in production:
    it gives one number, and the statement succeeds where that is 0.
    """

    object: ObjectId
    why: str
    query: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What one statement did. For a statement that was not reached everything but the first four fields is empty.

    `number` counts the file's statements from 1; `transaction` is the number of the TransactionEffect it is in.
    `in_block`: it shared its transaction with others, or could have; False where PostgreSQL refuses that.
    `locks`: the strongest lock that it newly took on each relation that existed before the file; `locks_on_new`: on
    those that the file made in an earlier transaction; `held`: what its transaction held before it began, on both.
    `not_valid` and `invalid_indexes`: constraints and indexes that it made or altered and left so, new tables' too.
    `functions` are the product's own functions that ran (PL and SQL, triggers included), by name.
    `waits_out_transactions`: it waits until every transaction is over that might still use the table (CONCURRENTLY),
    without blocking anybody meanwhile. `elevated` says why it ran with a superuser's rights, None where it did not.
    """

    statement: Statement
    number: int
    outcome: Outcome
    transaction: int
    in_block: bool = True
    error: SqlError | None = None
    elapsed_ms: float = 0.0
    locks: Mapping[ObjectId, LockMode] = field(default_factory=dict)
    locks_on_new: Mapping[ObjectId, LockMode] = field(default_factory=dict)
    held: Mapping[ObjectId, LockMode] = field(default_factory=dict)
    basis: Basis = Basis.OBSERVED
    locks_incomplete: str | None = None
    waits_out_transactions: bool = False
    rewrites: tuple[Rewrite, ...] = ()
    scans: tuple[Scan, ...] = ()
    objects: tuple[ObjectChange, ...] = ()
    rows: tuple[RowsChanged, ...] = ()
    not_valid: tuple[ObjectId, ...] = ()
    invalid_indexes: tuple[ObjectId, ...] = ()
    settings: Settings | None = None
    settings_changed: tuple[SettingChange, ...] = ()
    functions: tuple[str, ...] = ()
    notices: tuple[Notice, ...] = ()
    depends_on_rows: tuple[RowDependence, ...] = ()
    elevated: str | None = None

    @property
    def created(self) -> tuple[ObjectChange, ...]:
        return tuple(change for change in self.objects if change.verb is Verb.CREATED)

    @property
    def altered(self) -> tuple[ObjectChange, ...]:
        return tuple(change for change in self.objects if change.verb is Verb.ALTERED)

    @property
    def dropped(self) -> tuple[ObjectChange, ...]:
        return tuple(change for change in self.objects if change.verb is Verb.DROPPED)

    def lock_while(self, relation: ObjectId) -> LockMode | None:
        """The strongest lock on a relation while the statement ran: what it took, and what was held already."""
        taken = (held.get(relation) for held in (self.locks, self.locks_on_new, self.held))
        return strongest(mode for mode in taken if mode is not None)

    @property
    def strongest_lock(self) -> LockMode | None:
        """The strongest lock that it newly took on what existed before the file."""
        return strongest(self.locks.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionEffect:
    """What one transaction did: its statements, and what it held when it ended.

    `locks` has the strongest lock on each relation that existed before the file, rolled back or not; `taken_by` the
    number of the statement that first took that strongest lock: it is held from there to the end. `effects` hold
    the file's own BEGIN, COMMIT and ROLLBACK, too. `commit_error`: COMMIT itself failed (a deferred constraint).
    """

    number: int  # from 1
    effects: tuple[Effect, ...]
    ending: Ending
    locks: Mapping[ObjectId, LockMode]
    taken_by: Mapping[ObjectId, int]
    locks_incomplete: str | None = None
    commit_error: SqlError | None = None

    @property
    def strongest_lock(self) -> LockMode | None:
        return strongest(self.locks.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """Why a file has no statements: PostgreSQL's grammar refuses it, or it needs psql itself. A finding, no crash."""

    line: int
    message: str
    near: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What a file did, applied as its runner applies it to the state before it.

    `file` is told from the repository's root. `frame` is the frame that was judged. `frame_error` is set where the
    file cannot run in the frame of its runner: the number of the statement that the server refused there, and why;
    `transactions` then are those of the statements run one by one, each committed, to show the rest of their effects.
    `not_valid` and `invalid_indexes` are left so at the end, and were not before the file.
    `on_empty_tables` is what the file does there, where a statement failed on the rows that were put in (SQLSTATE
    class 22 or 23): the statements behind the one that failed have their effects in it.
    `server` is in words; `rows` says what the tables held ("3 rows in each of 12 tables"), "" for empty tables.
    """

    file: str
    frame: Frame
    transactions: tuple[TransactionEffect, ...]
    server: str
    rows: str = ""
    frame_error: tuple[int, SqlError] | None = None
    unreadable: Unreadable | None = None
    not_valid: tuple[ObjectId, ...] = ()
    invalid_indexes: tuple[ObjectId, ...] = ()
    on_empty_tables: Trace | None = None
    notes: tuple[str, ...] = ()

    @property
    def effects(self) -> tuple[Effect, ...]:
        """Every statement of the file in order; none is missing."""
        return tuple(effect for transaction in self.transactions for effect in transaction.effects)

    @property
    def failed(self) -> bool:
        """Whether the file does not apply: unreadable, refused in its frame, or a statement or COMMIT failed."""
        return (
            self.unreadable is not None
            or self.frame_error is not None
            or any(one.commit_error is not None for one in self.transactions)
            or any(effect.outcome is not Outcome.DONE for effect in self.effects)
        )
