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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pgmason.effects.alone import locks_of_alone, written_since, written_so_far
from pgmason.effects.asking import newest_relation, oids_of, to_ask
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
    RowDependence,
    Settings,
    SqlError,
    Trace,
    TransactionEffect,
)
from pgmason.effects.observe import Counters, Held, Sight, install, look, read_conditions, read_states
from pgmason.effects.reckoning import (
    locks_by_name,
    rows_changed,
    scans_made,
    settings_changed,
    unfinished,
    unfinished_among,
    why_incomplete,
)
from pgmason.effects.row_dependence import row_dependences
from pgmason.errors import ServerFailed
from pgmason.locks import LockMode, strongest
from pgmason.names import ObjectId
from pgmason.sources.units import Frame, Unit
from pgmason.statements import (
    Script,
    Statement,
    needs_own_transaction,
    transaction_step,
)

if TYPE_CHECKING:
    import psycopg
    from psycopg import Connection

    from pgmason.postgres.scratch import Scratch

__all__ = ["TRACE_SECONDS", "Witness", "watching"]

TRACE_SECONDS = 300.0
MOST_NOTICES = 100  # of one statement; what comes after them is not kept
LONGEST_NOTICE = 2000  # characters
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
        # its temporary tables went with the session
        self.known = {
            address: state for address, state in run.known.items() if state.attributes.get("persistence") != "temporary"
        }
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
        self.first_newest = newest_relation(self.known)
        self.done, self.committed = [], False
        if not self.own_role:
            from pgmason.postgres.scratch import OWNER

            self.own_role = OWNER
            self.session.add_notice_handler(self._hear)
        self.last_note, self.open = 0, None
        try:
            sight = self._look(more=False)
        except _Unseen as unseen:
            raise ServerFailed(f"the session was ended before the file began: {unseen.error.message}") from unseen
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
            try:
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
            except _Unseen as unseen:
                effect = self._unseen(statement, number, unseen.error)
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
        return tuple(sorted(set(unfinished(self.known, what)) - set(unfinished(self.start, what))))

    def _not_reached(self, statement: Statement, number: int) -> None:
        last = self.done[-1]
        effect = Effect(statement=statement, number=number, outcome=Outcome.NOT_REACHED, transaction=last.number)
        self.done[-1] = replace(last, effects=(*last.effects, effect))

    def _unseen(self, statement: Statement, number: int, error: SqlError) -> Effect:
        """The effect of a statement after, or before, which the session could not be asked."""
        if self.open is None:
            self.open = _Open(number=len(self.done) + 1, known=self.known, newest=newest_relation(self.known))
        effect = self._failed(statement, number, self.open, self._check_session(error), 0.0)
        self.open.effects.append(effect)
        return effect

    # Transactions ------------------------------------------------------------------------------------------------

    def _begin(self, *, send_it: bool = True) -> None:
        if send_it:
            error = send(self.session, "BEGIN")
            if error is not None:
                self._check_session(error)
        self.open = _Open(number=len(self.done) + 1, known=self.known, newest=newest_relation(self.known))

    def _end(self, ending: Ending) -> SqlError | None:
        """End the open transaction by COMMIT or ROLLBACK of ours; what COMMIT failed with."""
        current = self.open
        assert current is not None
        error = None
        if not self.session.closed and self.session.info.transaction_status != 0:
            error = send(self.session, "COMMIT" if ending is Ending.COMMITTED else "ROLLBACK")
            error = self._check_session(error) if error is not None else None
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
            self.open = _Open(number=len(self.done) + 1, known=self.known, newest=newest_relation(self.known))
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
            error = self._check_session(error)
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
            case "COMMIT" | "ROLLBACK":
                self._close(Ending.COMMITTED if kind == "COMMIT" else Ending.ROLLED_BACK)
                with suppress(_Unseen):  # the next statement will find the session ended, too
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
            effect = replace(
                self._failed(statement, number, current, self._check_session(error), elapsed_ms), elevated=elevated
            )
        else:
            effect = replace(self._seen(statement, number, current, sight, elapsed_ms), elevated=elevated)
        current.effects.append(effect)
        return effect

    def _failed(self, statement: Statement, number: int, current: _Open, error: SqlError, elapsed_ms: float) -> Effect:
        """The effect of a statement that failed in the open transaction."""
        current.incomplete = "the statement failed, and PostgreSQL released its locks with the error"
        return Effect(
            statement=statement,
            number=number,
            outcome=Outcome.FAILED,
            transaction=current.number,
            error=error,
            elapsed_ms=elapsed_ms,
            held=self._named_held(current.held),
            locks_incomplete=current.incomplete,
            settings=self.settings,
            notices=tuple(self.notices),
        )

    def _seen(self, statement: Statement, number: int, current: _Open, sight: Sight, elapsed_ms: float) -> Effect:
        held_before = current.held
        new_modes = {held.relation: held.modes - held_before.get(held.relation, frozenset()) for held in sight.held}
        counted = {
            held.relation: held.counters.since(current.counters.get(held.relation, Counters())) for held in sight.held
        }
        before = self.known
        asked = to_ask(sight, new_modes, before)
        after = self._states(asked)
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
        incomplete = why_incomplete(statement, sight.called, current.calls)
        current.incomplete = current.incomplete or incomplete
        effect = Effect(
            statement=statement,
            number=number,
            outcome=Outcome.DONE,
            transaction=current.number,
            elapsed_ms=elapsed_ms,
            locks=locks_by_name(locks, before, lambda address: address in self.start),
            locks_on_new=locks_by_name(
                locks, before, lambda address: address not in self.start and address in current.known
            ),
            held=self._named_held(held_before),
            locks_incomplete=incomplete,
            rewrites=difference.rewrites,
            scans=scans_made(sight.held, counted, before, self.known, self.start, difference.rewrites),
            objects=difference.objects,
            rows=rows_changed(counted, before, self.known, self.start),
            not_valid=unfinished_among(difference.known, difference.objects, "constraint"),
            invalid_indexes=unfinished_among(difference.known, difference.objects, "index"),
            settings=self.settings,
            settings_changed=settings_changed(self.settings, sight.settings),
            depends_on_rows=self._dependences(difference.objects),
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
        current = _Open(number=len(self.done) + 1, known=self.known, newest=newest_relation(self.known))
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
            asked = {("relation", oid) for oid in locks} | to_ask(sight, {}, before)
            if not locks or statement.form in ("reindex_stmt", "vacuum_stmt", "cluster_stmt"):
                asked |= set(before)
            after = self._states(asked)
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
            locks=locks_by_name(locks, before, lambda address: address in self.start),
            locks_on_new=locks_by_name(locks, before, lambda address: address not in self.start),
            basis=basis,
            locks_incomplete=incomplete,
            waits_out_transactions=waits,
            rewrites=rewrites,
            scans=scans_made(held, counted, before, self.known, self.start, rewrites),
            objects=objects,
            rows=rows_changed(counted, before, self.known, self.start),
            not_valid=unfinished_among(self.known, objects, "constraint"),
            invalid_indexes=unfinished_among(self.known, objects, "index"),
            settings=self.settings,
            settings_changed=settings_changed(self.settings, settings),
            depends_on_rows=row_dependences(objects, {}, {}),
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
            raise _unseen_because(exc) from exc
        self.last_note = sight.last_note
        return sight

    def _dependences(self, changes: tuple[ObjectChange, ...]) -> tuple[RowDependence, ...]:
        import psycopg

        told = {change.now for change in changes if change.object.kind in ("check", "foreign key")} - {None}
        constraints = {
            key[1]: member.identity
            for state in (self.known.values() if told else ())
            for key, member in state.members.items()
            if member.identity in told
        }
        try:
            found = read_conditions(self.session, constraints) if constraints else {}
        except psycopg.Error as exc:
            raise _unseen_because(exc) from exc
        return row_dependences(
            changes,
            checks={constraints[oid]: text for oid, (text, _) in found.items() if text is not None},
            keys={constraints[oid]: columns for oid, (_, columns) in found.items() if columns},
        )

    def _states(self, asked: set[Address]) -> Known:
        import psycopg

        if not asked:
            return {}
        try:
            return read_states(self.session, *oids_of(asked), unsaid=self.scratch.unsaid)
        except psycopg.Error as exc:
            raise _unseen_because(exc) from exc

    def _named_held(self, held: Mapping[int, frozenset[LockMode]]) -> dict[ObjectId, LockMode]:
        modes = {oid: mode for oid, each in held.items() if (mode := strongest(each)) is not None}
        current = self.open.known if self.open is not None else {}
        return locks_by_name(modes, self.known, lambda address: address in current)

    def _hear(self, diagnostic: Any) -> None:
        if len(self.notices) >= MOST_NOTICES:
            return
        self.notices.append(
            Notice(
                severity=diagnostic.severity_nonlocalized or diagnostic.severity or "",
                sqlstate=diagnostic.sqlstate or "",
                message=(diagnostic.message_primary or "")[:LONGEST_NOTICE],
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


def _unseen_because(exc: psycopg.Error) -> _Unseen:
    told = exc.diag.message_primary or " ".join(str(exc).split())
    return _Unseen(
        SqlError(sqlstate=exc.sqlstate or "", message=f"after the statement the session could not be asked: {told}")
    )
