"""What does each statement of a file do, run in the frame of its runner on a scratch database?

One session, the confined role's, runs the statements one by one, and is asked after each what it holds and did
(observe.py). A file that its runner sends whole runs in one transaction of ours, which is what PostgreSQL makes of
it; each statement of a file that is sent statement by statement in one of its own. What PostgreSQL refuses in a
transaction block runs for real, and its locks come from the table in `locks.py`.

The first statement that fails ends the file, as it ends the runner; the rest is told as not reached. Left to others:
which state the database is in beforehand, and the rows in it.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pgmason.effects.alone import locks_of_alone, written_since, written_so_far
from pgmason.effects.differences import compare
from pgmason.effects.elevated import why_elevated
from pgmason.effects.execution import run_elevated, send
from pgmason.effects.known import Address, Known
from pgmason.effects.model import (
    Basis,
    Effect,
    Ending,
    Notice,
    ObjectChange,
    Outcome,
    Rewrite,
    RewriteKind,
    RowsChanged,
    Scan,
    SettingChange,
    Settings,
    SqlError,
    Trace,
    TransactionEffect,
)
from pgmason.effects.observe import Counters, Held, Sight, install, look, read_states
from pgmason.errors import ServerFailed
from pgmason.locks import LockMode, strongest
from pgmason.names import ObjectId
from pgmason.sources.units import Frame, Unit
from pgmason.statements import (
    Script,
    Statement,
    anonymous_body,
    catches_errors,
    needs_own_transaction,
    transaction_step,
)

if TYPE_CHECKING:
    from psycopg import Connection

    from pgmason.postgres.scratch import Scratch

__all__ = ["TRACE_SECONDS", "Witness", "watching"]

TRACE_SECONDS = 300.0
# Refused where they stand in a transaction block: active_sql_transaction, invalid_transaction_termination.
_REFUSED_IN_BLOCK = ("25001", "2D000")
# Statements that change a schema and neither read rows nor run code of the product's: of these the counters of tables
# that their own transaction made are not asked for.
_PLAIN = frozenset({
    "create_stmt", "alter_table_stmt", "index_stmt", "create_enum_stmt", "alter_enum_stmt", "comment_stmt",
    "rename_stmt", "drop_stmt", "create_schema_stmt", "create_seq_stmt", "alter_seq_stmt", "create_function_stmt",
    "create_trig_stmt", "view_stmt", "grant_stmt", "create_policy_stmt", "create_domain_stmt", "variable_set_stmt",
})  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Witness:
    """A scratch database under watch: files are traced on it one after the other, each on what the last one left.

    `known` is what the last trace left, put together from its differences.
    """

    scratch: Scratch
    observer: Connection[Any]
    known: Known = field(default_factory=dict)

    def trace(
        self,
        unit: Unit,
        script: Script,
        *,
        frame: Frame | None = None,
        rows: str = "",
        notes: tuple[str, ...] = (),
        seconds: float = TRACE_SECONDS,
    ) -> Trace:
        """What the unit does to the database, in a session of its own that is ended after `seconds`.

        `frame` replaces the unit's own. Raises ServerFailed where the server is gone; whatever the SQL does is told.
        """
        frame = frame or unit.frame
        with self.scratch.session(seconds=seconds) as session:
            run = _Run(session=session, observer=self.observer, scratch=self.scratch)
            run.begin_file(self.known or None)
            transactions, refused = run.file(script, frame)
            if refused is not None and not run.committed:
                run.begin_file(None)
                transactions, _ = run.file(script, Frame.STATEMENTS)
        self.known = run.known
        return Trace(
            file=unit.file,
            frame=frame,
            transactions=tuple(transactions),
            server=str(self.scratch.server),
            rows=rows,
            frame_error=refused,
            not_valid=run.unfinished("constraint"),
            invalid_indexes=run.unfinished("index"),
            notes=notes,
        )


@contextmanager
def watching(scratch: Scratch) -> Iterator[Witness]:
    """Put a scratch database, in the state before the first file, under watch. Takes about 10 ms."""
    with scratch.observer() as observer:
        install(observer)
        observer.execute(_track_functions(scratch.role))
        yield Witness(scratch=scratch, observer=observer)


def _track_functions(role: str) -> Any:
    """Have the role's sessions count calls of functions; only a superuser may choose so (manual, 20.9.1)."""
    from psycopg import sql

    return sql.SQL("ALTER ROLE {} SET track_functions = 'pl'").format(sql.Identifier(role))


@dataclass(slots=True, kw_only=True)
class _Open:
    """A transaction that is open, or the one statement that runs alone. `known` is from before it."""

    number: int
    known: Known
    newest: int
    effects: list[Effect] = field(default_factory=list)
    savepoints: list[tuple[str, Known]] = field(default_factory=list)
    locks: dict[int, LockMode] = field(default_factory=dict)
    taken_by: dict[int, int] = field(default_factory=dict)
    held: dict[int, frozenset[LockMode]] = field(default_factory=dict)
    counters: dict[int, Counters] = field(default_factory=dict)
    calls: dict[int, int] = field(default_factory=dict)
    incomplete: str | None = None


@dataclass(slots=True, kw_only=True)
class _Run:
    """One file on one session."""

    session: Connection[Any]
    observer: Connection[Any]
    scratch: Scratch
    known: Known = field(default_factory=dict)
    start: Known = field(default_factory=dict)
    first_newest: int = 0
    last_note: int = 0
    settings: Settings | None = None
    open: _Open | None = None
    done: list[TransactionEffect] = field(default_factory=list)
    committed: bool = False
    notices: list[Notice] = field(default_factory=list)
    own_role: str = ""

    # A file ------------------------------------------------------------------------------------------------------

    def begin_file(self, known: Known | None) -> None:
        """`known` is what is there, where that is known already."""
        if known is None:
            known = read_states(self.observer, None, unsaid=self.scratch.unsaid)
        self.known = self.start = known
        self.first_newest = _newest(self.known)
        self.done, self.committed = [], False
        if not self.own_role:
            from pgmason.postgres.scratch import OWNER

            self.own_role = OWNER
            self.session.add_notice_handler(self._hear)
        self.last_note, self.open = 0, None
        sight = self._look(more=False)
        self.settings, self.last_note = sight.settings, sight.last_note

    def file(self, script: Script, frame: Frame) -> tuple[list[TransactionEffect], tuple[int, SqlError] | None]:
        """The transactions, and the statement that its frame refuses, with the refusal."""
        statements = script.statements
        framed = frame is not Frame.STATEMENTS and not (frame is Frame.WHOLE and len(statements) == 1)
        refused: tuple[int, SqlError] | None = None
        failed = False
        for number, statement in enumerate(statements, start=1):
            if failed:
                self._not_reached(statement, number)
                continue
            step = transaction_step(statement)
            if step is not None:
                effect = self._control(statement, number, step.kind, step.savepoint)
                if step.kind in ("COMMIT", "ROLLBACK", "PREPARE") and self.open is None:
                    framed = framed and frame is Frame.WHOLE  # what BEGIN the runner sent is spent
                    if step.chain:
                        self._begin(send_it=False)
            elif self.open is None and framed:
                self._begin()
                effect = self._in_block(statement, number)
            elif self.open is None:
                effect = self._by_itself(statement, number)
            else:
                effect = self._in_block(statement, number)
            if effect.outcome is Outcome.FAILED:
                failed = True
                if effect.error is not None and effect.error.sqlstate in _REFUSED_IN_BLOCK and effect.in_block:
                    refused = (number, effect.error)
                if self.open is not None:
                    self._end(Ending.FAILED)
        if self.open is not None:
            self._end(Ending.COMMITTED)
        return self.done, refused

    def unfinished(self, what: str) -> tuple[ObjectId, ...]:
        """Constraints not valid, or indexes invalid, that were not so before the file, or not there."""
        return tuple(sorted(set(_unfinished(self.known, what)) - set(_unfinished(self.start, what))))

    def _not_reached(self, statement: Statement, number: int) -> None:
        last = self.done[-1]
        effect = Effect(statement=statement, number=number, outcome=Outcome.NOT_REACHED, transaction=last.number)
        self.done[-1] = replace(last, effects=(*last.effects, effect))

    # Transactions ------------------------------------------------------------------------------------------------

    def _begin(self, *, send_it: bool = True) -> None:
        if send_it:
            error = send(self.session, "BEGIN")
            if error is not None:
                self._check_session(error)
        self.open = _Open(number=len(self.done) + 1, known=self.known, newest=_newest(self.known))

    def _end(self, ending: Ending) -> SqlError | None:
        """End the open transaction by COMMIT or ROLLBACK of ours; what COMMIT failed with."""
        current = self.open
        assert current is not None
        error = None
        if not self.session.closed and self.session.info.transaction_status != 0:
            error = send(self.session, "COMMIT" if ending is Ending.COMMITTED else "ROLLBACK")
        self._close(ending if error is None else Ending.FAILED, error if ending is Ending.COMMITTED else None)
        return error

    def _close(self, ending: Ending, commit_error: SqlError | None = None) -> None:
        current = self.open
        assert current is not None
        if ending is Ending.COMMITTED and commit_error is None:
            self.committed = True
        else:
            self.known = current.known
        named = {
            oid: state.identity
            for oid in current.locks
            if (state := current.known.get(("relation", oid))) is not None and ("relation", oid) in self.start
        }
        order = sorted(named, key=lambda oid: named[oid])
        self.done.append(
            TransactionEffect(
                number=current.number,
                effects=tuple(current.effects),
                ending=ending,
                locks={named[oid]: current.locks[oid] for oid in order},
                taken_by={named[oid]: current.taken_by[oid] for oid in order},
                locks_incomplete=current.incomplete,
                commit_error=commit_error,
            )
        )
        self.open = None

    def _control(self, statement: Statement, number: int, kind: str, savepoint: str) -> Effect:
        """BEGIN, COMMIT, SAVEPOINT and their kin, as the file has them."""
        if self.open is None:
            self.open = _Open(number=len(self.done) + 1, known=self.known, newest=_newest(self.known))
            alone = kind not in ("BEGIN", "START")
        else:
            alone = False
        current = self.open
        before = self.settings
        started = time.perf_counter()
        self.notices.clear()
        error = send(self.session, statement.text)
        elapsed_ms = (time.perf_counter() - started) * 1000
        if error is not None:
            self._check_session(error)
        effect = Effect(
            statement=statement,
            number=number,
            outcome=Outcome.DONE if error is None else Outcome.FAILED,
            transaction=current.number,
            error=error,
            elapsed_ms=elapsed_ms,
            held=self._named_held(current.held),
            settings=before,
            notices=tuple(self.notices),
        )
        current.effects.append(effect)
        if error is not None:
            return effect
        match kind:
            case "SAVEPOINT":
                current.savepoints.append((savepoint, self.known))
            case "ROLLBACK_TO":
                while current.savepoints and current.savepoints[-1][0] != savepoint:
                    current.savepoints.pop()
                if current.savepoints:
                    self.known = current.savepoints[-1][1]
                sight = self._look(more=False)
                current.held = {held.relation: held.modes for held in sight.held}
                self.settings = sight.settings
            case "RELEASE":
                names = [name for name, _ in current.savepoints]
                if savepoint in names:
                    del current.savepoints[len(names) - 1 - names[::-1].index(savepoint) :]
            case "COMMIT":
                self._close(Ending.COMMITTED)
                self.settings = self._look(more=False).settings
            case "ROLLBACK":
                self._close(Ending.ROLLED_BACK)
                self.settings = self._look(more=False).settings
            case _ if alone:
                self._close(Ending.COMMITTED)
        return effect

    # Statements --------------------------------------------------------------------------------------------------

    def _in_block(self, statement: Statement, number: int) -> Effect:
        """Run a statement in the open transaction, and look."""
        current = self.open
        assert current is not None
        self.notices.clear()
        elevated = why_elevated(statement)
        started = time.perf_counter()
        if elevated is None:
            error = send(self.session, statement.text, statement.copy_data)
        else:
            error = run_elevated(self.session, self.observer, self.scratch.role, statement)
        elapsed_ms = (time.perf_counter() - started) * 1000
        sight: Sight | None = None
        if error is None:
            try:
                sight = self._look(more=statement.form not in _PLAIN, newest=current.newest)
            except _Unseen as unseen:
                error = unseen.error
        if error is not None or sight is None:
            assert error is not None
            error = self._check_session(error)
            effect = Effect(
                statement=statement,
                number=number,
                outcome=Outcome.FAILED,
                transaction=current.number,
                error=error,
                elapsed_ms=elapsed_ms,
                held=self._named_held(current.held),
                locks_incomplete="the statement failed, and PostgreSQL released its locks with the error",
                settings=self.settings,
                notices=tuple(self.notices),
                elevated=elevated,
            )
            current.incomplete = effect.locks_incomplete
        else:
            effect = replace(self._seen(statement, number, current, sight, elapsed_ms), elevated=elevated)
        current.effects.append(effect)
        return effect

    def _seen(self, statement: Statement, number: int, current: _Open, sight: Sight, elapsed_ms: float) -> Effect:
        held_before = current.held
        new_modes = {held.relation: held.modes - held_before.get(held.relation, frozenset()) for held in sight.held}
        counted = {
            held.relation: held.counters.since(current.counters.get(held.relation, Counters())) for held in sight.held
        }
        before = self.known
        asked = self._to_ask(sight, new_modes, before)
        after = read_states(self.session, *_oids(asked), unsaid=self.scratch.unsaid) if asked else {}
        difference = compare(
            before,
            after,
            asked=asked,
            notes=sight.notes,
            start=self.start,
            newest=self.first_newest,
            refreshes=statement.form == "refresh_mat_view_stmt"
            or any(note.tag == "REFRESH MATERIALIZED VIEW" for note in sight.notes),
        )
        self.known, self.start = difference.known, difference.start
        locks = {oid: mode for oid, modes in new_modes.items() if (mode := strongest(modes)) is not None}
        for oid, mode in locks.items():
            if oid not in current.locks or mode.strength > current.locks[oid].strength:
                current.locks[oid], current.taken_by[oid] = mode, number
        incomplete = self._incomplete(statement, sight, current)
        current.incomplete = current.incomplete or incomplete
        effect = Effect(
            statement=statement,
            number=number,
            outcome=Outcome.DONE,
            transaction=current.number,
            elapsed_ms=elapsed_ms,
            locks=self._named(locks, before, lambda address: address in self.start),
            locks_on_new=self._named(
                locks, before, lambda address: address not in self.start and address in current.known
            ),
            held=self._named_held(held_before),
            locks_incomplete=incomplete,
            rewrites=difference.rewrites,
            scans=self._scans(sight.held, counted, before, difference.rewrites),
            objects=difference.objects,
            rows=self._rows(counted, before),
            not_valid=_left(difference.known, difference.objects, "constraint"),
            invalid_indexes=_left(difference.known, difference.objects, "index"),
            settings=self.settings,
            settings_changed=_changed(self.settings, sight.settings),
            functions=tuple(sorted(one.name for one in sight.called if one.calls > current.calls.get(one.oid, 0))),
            notices=tuple(self.notices),
        )
        current.held = {held.relation: held.modes for held in sight.held}
        current.counters = {held.relation: held.counters for held in sight.held} | {
            oid: counters for oid, counters in current.counters.items() if oid not in counted
        }
        current.calls |= {one.oid: one.calls for one in sight.called}
        self.settings = sight.settings
        return effect

    def _by_itself(self, statement: Statement, number: int) -> Effect:
        """Run a statement that commits by itself: between BEGIN and COMMIT of ours where PostgreSQL lets it."""
        if not needs_own_transaction(statement):
            self._begin()
            effect = self._in_block(statement, number)
            if effect.outcome is Outcome.DONE:
                error = self._end(Ending.COMMITTED)
                return effect if error is None else replace(effect, outcome=Outcome.FAILED, error=error)
            if effect.error is None or effect.error.sqlstate not in _REFUSED_IN_BLOCK:
                return effect
            send(self.session, "ROLLBACK")
        return self._alone(statement, number)

    def _alone(self, statement: Statement, number: int) -> Effect:
        """Run a statement that PostgreSQL refuses in a transaction block, for real."""
        current = _Open(number=len(self.done) + 1, known=self.known, newest=_newest(self.known))
        self.open = current
        before = self.known
        locks, basis, incomplete, waits = locks_of_alone(self.session, statement, before, self._major)
        self._look(more=False)  # counters are flushed when this ends, and
        counted_before = written_so_far(self.observer)
        self._look(more=False)  # when the statement ends
        self.notices.clear()
        started = time.perf_counter()
        error = send(self.session, statement.text, statement.copy_data)
        elapsed_ms = (time.perf_counter() - started) * 1000
        if error is not None:
            error = self._check_session(error)
        heard = tuple(self.notices)
        counted: Mapping[int, Counters] = {}
        settings = self.settings
        objects: tuple[ObjectChange, ...] = ()
        rewrites: tuple[Rewrite, ...] = ()
        asked: set[Address] = set()
        if not self.session.closed:
            sight = self._look(more=False)
            asked = {("relation", oid) for oid in locks} | self._to_ask(sight, {}, before)
            if not locks or statement.form in ("reindex_stmt", "vacuum_stmt", "cluster_stmt"):
                asked |= set(before)
            after = read_states(self.session, *_oids(asked), unsaid=self.scratch.unsaid) if asked else {}
            counted = written_since(self.observer, counted_before)
            difference = compare(
                before,
                after,
                asked=asked,
                notes=sight.notes,
                start=self.start,
                newest=self.first_newest,
                refreshes=False,
            )
            self.known, self.start = difference.known, difference.start
            objects, rewrites = difference.objects, difference.rewrites
            settings = sight.settings
        for oid, mode in locks.items():
            current.locks[oid], current.taken_by[oid] = mode, number
        if error is not None and basis is Basis.DECLARED:
            incomplete = incomplete or "it failed on the way, and may not have taken each of its locks"
        current.incomplete = incomplete
        held = [
            Held(relation=oid, modes=frozenset({locks[oid]} if oid in locks else ()), filenode=None, counters=one)
            for oid, one in counted.items()
        ]
        effect = Effect(
            statement=statement,
            number=number,
            outcome=Outcome.DONE if error is None else Outcome.FAILED,
            transaction=current.number,
            in_block=False,
            error=error,
            elapsed_ms=elapsed_ms,
            locks=self._named(locks, before, lambda address: address in self.start),
            locks_on_new=self._named(locks, before, lambda address: address not in self.start),
            basis=basis,
            locks_incomplete=incomplete,
            waits_out_transactions=waits,
            rewrites=rewrites,
            scans=self._scans(held, counted, before, rewrites),
            objects=objects,
            rows=self._rows(counted, before),
            not_valid=_left(self.known, objects, "constraint"),
            invalid_indexes=_left(self.known, objects, "index"),
            settings=self.settings,
            settings_changed=_changed(self.settings, settings),
            notices=heard,
        )
        self.settings = settings
        current.effects.append(effect)
        known = self.known
        self._close(Ending.COMMITTED if error is None else Ending.FAILED)
        self.known = known  # what it committed on the way stays, whether it failed or not
        self.committed = True
        return effect

    # Sights ------------------------------------------------------------------------------------------------------

    @property
    def _major(self) -> int:
        return self.scratch.server.choice.installation.major

    def _look(self, *, more: bool, newest: int = 0) -> Sight:
        import psycopg

        try:
            sight = look(self.session, last_note=self.last_note, newest=newest, more=more, own_role=self.own_role)
        except psycopg.Error as exc:
            raise _Unseen(
                SqlError(
                    sqlstate=exc.sqlstate or "",
                    message=f"after the statement the session could not be asked: {exc.diag.message_primary or exc}",
                )
            ) from exc
        self.last_note = sight.last_note
        return sight

    def _to_ask(self, sight: Sight, new_modes: Mapping[int, frozenset[LockMode]], known: Known) -> set[Address]:
        """Whose state may have changed: what notes name, what was newly locked for more than rows, what has new
        storage, and the tables and indexes around these."""
        relations: set[int] = set()
        types: set[int] = set()
        paths: set[tuple[str, ...]] = set()
        for note in sight.notes:
            if note.classid == 1259:
                relations.add(note.objid)
            elif note.classid == 1247:
                types.add(note.objid)
            elif len(note.names) == 3:
                paths.add(note.names[:2])
            if note.tag in ("ALTER DOMAIN", "DROP DOMAIN", "ALTER TYPE"):
                types |= {oid for catalog, oid in known if catalog == "type"}
        relations |= {
            oid
            for oid, modes in new_modes.items()
            if any(mode.strength >= LockMode.SHARE_UPDATE_EXCLUSIVE.strength for mode in modes)
        }
        if types:
            relations |= {
                state.oid
                for state in known.values()
                if any(member.type[0] in types for member in state.members.values())
            }
        for held in sight.held:
            state = known.get(("relation", held.relation))
            if state is not None and held.filenode != state.filenode:
                relations.add(held.relation)
        if relations or paths:
            named = relations | {
                state.oid
                for (catalog, _), state in known.items()
                if catalog == "relation" and state.identity.path in paths
            }
            around = set(named)
            for (catalog, oid), state in known.items():
                if catalog != "relation":
                    continue
                if state.table in named or not named.isdisjoint(state.parents):
                    around.add(oid)
                if oid in named:
                    around |= {state.table, *state.parents} - {0}
                    around |= {member.references for member in state.members.values()} - {0}
            relations = around
        return {("relation", oid) for oid in relations} | {("type", oid) for oid in types}

    def _incomplete(self, statement: Statement, sight: Sight, current: _Open) -> str | None:
        body = anonymous_body(statement)
        if body is not None and catches_errors(body):
            return "the block catches errors: what it locked before one is given back, unseen"
        for one in sight.called:
            if one.calls > current.calls.get(one.oid, 0) and catches_errors(one.source):
                return f"{one.name} catches errors: what it locked before one is given back, unseen"
        return None

    # Names -------------------------------------------------------------------------------------------------------

    def _named(self, locks: Mapping[int, LockMode], known: Known, which: Any) -> dict[ObjectId, LockMode]:
        found = {
            known[("relation", oid)].identity: mode
            for oid, mode in locks.items()
            if ("relation", oid) in known and which(("relation", oid))
        }
        return dict(sorted(found.items()))

    def _named_held(self, held: Mapping[int, frozenset[LockMode]]) -> dict[ObjectId, LockMode]:
        modes = {oid: mode for oid, each in held.items() if (mode := strongest(each)) is not None}
        current = self.open.known if self.open is not None else {}
        return self._named(modes, self.known, lambda address: address in current)

    def _scans(
        self, held: Iterable[Held], counted: Mapping[int, Counters], known: Known, rewrites: Iterable[Rewrite]
    ) -> tuple[Scan, ...]:
        emptied = {one.relation for one in rewrites if one.kind is RewriteKind.EMPTIED}
        modes = {one.relation: strongest(one.modes) for one in held}
        by_index: dict[int, int] = {}
        for oid, counters in counted.items():
            state = known.get(("relation", oid)) or self.known.get(("relation", oid))
            if state is not None and state.table and counters.scans:
                by_index[state.table] = by_index.get(state.table, 0) + counters.scans
        found = []
        for oid in {*counted, *by_index}:
            counters = counted.get(oid, Counters())
            state = known.get(("relation", oid)) or self.known.get(("relation", oid))
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
                    existing=("relation", oid) in self.start,
                )
            )
        return tuple(sorted(found, key=lambda scan: scan.relation))

    def _rows(self, counted: Mapping[int, Counters], known: Known) -> tuple[RowsChanged, ...]:
        found = []
        for oid, counters in counted.items():
            state = known.get(("relation", oid)) or self.known.get(("relation", oid))
            if state is None or state.table or not (counters.inserted or counters.updated or counters.deleted):
                continue
            found.append(
                RowsChanged(
                    relation=state.identity,
                    inserted=counters.inserted,
                    updated=counters.updated,
                    deleted=counters.deleted,
                    existing=("relation", oid) in self.start,
                )
            )
        return tuple(sorted(found, key=lambda rows: rows.relation))

    def _hear(self, diagnostic: Any) -> None:
        self.notices.append(
            Notice(
                severity=diagnostic.severity_nonlocalized or diagnostic.severity or "",
                sqlstate=diagnostic.sqlstate or "",
                message=diagnostic.message_primary or "",
            )
        )

    def _check_session(self, error: SqlError) -> SqlError:
        """Tell a session that the supervisor ended from a server that is gone."""
        if error.sqlstate not in ("", "57P01", "57P02", "57P03", "08006", "08003"):
            return error
        self.scratch.note_end()
        if self.scratch.ended:
            with suppress(Exception):
                self.session.close()
            return replace(error, by_watch=self.scratch.ended)
        if self.session.closed or self.session.info.status != 0:
            try:
                self.observer.execute("SELECT 1")
            except Exception as exc:
                raise ServerFailed(f"the scratch server went away while a file was traced: {error.message}") from exc
        return error


class _Unseen(Exception):
    """The traced session could not be asked."""

    def __init__(self, error: SqlError) -> None:
        super().__init__(error.message)
        self.error = error


def _newest(known: Known) -> int:
    return max((oid for catalog, oid in known if catalog == "relation"), default=0)


def _oids(asked: set[Address]) -> tuple[list[int], list[int]]:
    return (
        [oid for catalog, oid in asked if catalog == "relation"],
        [oid for catalog, oid in asked if catalog == "type"],
    )


def _left(known: Known, changes: Iterable[ObjectChange], what: str) -> tuple[ObjectId, ...]:
    """Constraints not valid, or indexes invalid, among what was made or altered."""
    now = {change.now for change in changes if change.now is not None}
    return tuple(sorted(identity for identity in _unfinished(known, what) if identity in now))


def _unfinished(known: Known, what: str) -> Iterator[ObjectId]:
    for state in known.values():
        if what == "index" and state.table and state.attributes.get("valid") == "no":
            yield state.identity
        if what == "constraint":
            for key, member in state.members.items():
                if key[0] == "constraint" and member.not_valid:
                    yield member.identity


def _changed(before: Settings | None, after: Settings | None) -> tuple[SettingChange, ...]:
    if before is None or after is None:
        return ()
    names = ("lock_timeout_ms", "statement_timeout_ms", "idle_in_transaction_timeout_ms", "search_path", "role",
             "time_zone", "isolation")  # fmt: skip
    return tuple(
        SettingChange(name=name, before=str(getattr(before, name)), after=str(getattr(after, name)))
        for name in names
        if getattr(before, name) != getattr(after, name)
    )
