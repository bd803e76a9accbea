"""What does each statement of a file do, in the frame of its runner, on a session that is open?

A file that its runner sends whole runs in one transaction of ours; each statement of one that is sent statement by
statement in one of its own. What PostgreSQL refuses in a transaction block runs for real, and its locks come from the
table in `locks.py`. The first statement that fails ends the file, as it ends the runner; the rest is told as not
reached.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from pgmason.effects.alone import locks_of_alone, written_since, written_so_far
from pgmason.effects.asking import newest_relation, to_ask
from pgmason.effects.differences import compare
from pgmason.effects.elevated import why_elevated
from pgmason.effects.execution import run_elevated, send
from pgmason.effects.known import Address, Known
from pgmason.effects.model import (
    Basis,
    Effect,
    Ending,
    ObjectChange,
    Outcome,
    Rewrite,
    Settings,
    SqlError,
    TransactionEffect,
)
from pgmason.effects.observe import Counters, Held, Sight, newest_note, read_states
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
from pgmason.effects.traced_session import TracedSession, Unseen
from pgmason.errors import ServerFailed
from pgmason.locks import LockMode, strongest
from pgmason.names import ObjectId
from pgmason.sources.units import Frame
from pgmason.statements import (
    Script,
    Statement,
    needs_own_transaction,
    transaction_step,
)

__all__ = ["Run"]

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
class Open:
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
class Run:
    """One file on one session: its statements in the frame of its runner, and what each transaction did."""

    traced: TracedSession
    known: Known = field(default_factory=dict)
    start: Known = field(default_factory=dict)
    first_newest: int = 0
    settings: Settings | None = None
    open: Open | None = None
    done: list[TransactionEffect] = field(default_factory=list)
    committed: bool = False

    # A file ------------------------------------------------------------------------------------------------------

    def begin_file(self, known: Known | None, last_note: int | None = None) -> None:
        """`known` is what is there, where that is known already; `last_note` the last note that was taken of it."""
        if known is None or last_note is None:
            known = read_states(self.traced.observer, None, unsaid=self.traced.scratch.unsaid)
            last_note = newest_note(self.traced.observer)
        self.known = self.start = known
        self.first_newest = newest_relation(self.known)
        self.done, self.committed = [], False
        self.traced.listen()
        self.traced.last_note, self.open = last_note, None
        try:
            self.settings = self.traced.ask_settings()
        except Unseen as unseen:
            raise ServerFailed(f"the session was ended before the file began: {unseen.error.message}") from unseen

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
            except Unseen as unseen:
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
            self.open = Open(number=len(self.done) + 1, known=self.known, newest=newest_relation(self.known))
        effect = self._failed(statement, number, self.open, self.traced.check(error), 0.0)
        self.open.effects.append(effect)
        return effect

    # Transactions ------------------------------------------------------------------------------------------------

    def _begin(self, *, send_it: bool = True) -> None:
        if send_it:
            error = send(self.traced.session, "BEGIN")
            if error is not None:
                self.traced.check(error)
        self.open = Open(number=len(self.done) + 1, known=self.known, newest=newest_relation(self.known))

    def _end(self, ending: Ending) -> SqlError | None:
        """End the open transaction by COMMIT or ROLLBACK of ours; what COMMIT failed with."""
        current = self.open
        assert current is not None
        error = None
        if not self.traced.session.closed and self.traced.session.info.transaction_status != 0:
            error = send(self.traced.session, "COMMIT" if ending is Ending.COMMITTED else "ROLLBACK")
            error = self.traced.check(error) if error is not None else None
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
            self.open = Open(number=len(self.done) + 1, known=self.known, newest=newest_relation(self.known))
            alone = kind not in ("BEGIN", "START")
        else:
            alone = False
        current = self.open
        before = self.settings
        started = time.perf_counter()
        self.traced.notices.clear()
        error = send(self.traced.session, statement.text)
        elapsed_ms = (time.perf_counter() - started) * 1000
        if error is not None:
            error = self.traced.check(error)
        effect = Effect(
            statement=statement,
            number=number,
            outcome=Outcome.DONE if error is None else Outcome.FAILED,
            transaction=current.number,
            error=error,
            elapsed_ms=elapsed_ms,
            held=self._named_held(current.held),
            settings=before,
            notices=tuple(self.traced.notices),
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
                sight = self.traced.look(more=False)
                current.held = {held.relation: held.modes for held in sight.held}
                self.settings = sight.settings
            case "RELEASE":
                names = [name for name, _ in current.savepoints]
                if savepoint in names:
                    del current.savepoints[len(names) - 1 - names[::-1].index(savepoint) :]
            case "COMMIT" | "ROLLBACK":
                self._close(Ending.COMMITTED if kind == "COMMIT" else Ending.ROLLED_BACK)
                with suppress(Unseen):  # the next statement will find the session ended, too
                    self.settings = self.traced.look(more=False).settings
            case _ if alone:
                self._close(Ending.COMMITTED)
        return effect

    # Statements --------------------------------------------------------------------------------------------------

    def _in_block(self, statement: Statement, number: int) -> Effect:
        """Run a statement in the open transaction, and look."""
        current = self.open
        assert current is not None
        self.traced.notices.clear()
        elevated = why_elevated(statement)
        started = time.perf_counter()
        if elevated is None:
            error = send(self.traced.session, statement.text, statement.copy_data)
        else:
            error = run_elevated(self.traced.session, self.traced.observer, self.traced.scratch.role, statement)
        elapsed_ms = (time.perf_counter() - started) * 1000
        sight: Sight | None = None
        if error is None:
            try:
                sight = self.traced.look(more=statement.form not in _PLAIN, newest=current.newest)
            except Unseen as unseen:
                error = unseen.error
        if error is not None or sight is None:
            assert error is not None
            effect = replace(
                self._failed(statement, number, current, self.traced.check(error), elapsed_ms), elevated=elevated
            )
        else:
            effect = replace(self._seen(statement, number, current, sight, elapsed_ms), elevated=elevated)
        current.effects.append(effect)
        return effect

    def _failed(self, statement: Statement, number: int, current: Open, error: SqlError, elapsed_ms: float) -> Effect:
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
            notices=tuple(self.traced.notices),
        )

    def _seen(self, statement: Statement, number: int, current: Open, sight: Sight, elapsed_ms: float) -> Effect:
        held_before = current.held
        new_modes = {held.relation: held.modes - held_before.get(held.relation, frozenset()) for held in sight.held}
        counted = {
            held.relation: held.counters.since(current.counters.get(held.relation, Counters())) for held in sight.held
        }
        before = self.known
        asked = to_ask(sight, new_modes, before)
        after = self.traced.states(asked)
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
            not_valid=unfinished_among(after, difference.objects, "constraint"),
            invalid_indexes=unfinished_among(after, difference.objects, "index"),
            settings=self.settings,
            settings_changed=settings_changed(self.settings, sight.settings),
            depends_on_rows=self.traced.dependences(difference.objects, self.known),
            functions=tuple(sorted(one.name for one in sight.called if one.calls > current.calls.get(one.oid, 0))),
            notices=tuple(self.traced.notices),
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
            send(self.traced.session, "ROLLBACK")
        return self._alone(statement, number)

    def _alone(self, statement: Statement, number: int) -> Effect:
        """Run a statement that PostgreSQL refuses in a transaction block, for real."""
        current = Open(number=len(self.done) + 1, known=self.known, newest=newest_relation(self.known))
        self.open = current
        before = self.known
        locks, basis, incomplete, waits = locks_of_alone(self.traced.session, statement, before, self.traced.major)
        self.traced.look(more=False)  # counters are flushed when this ends, and
        counted_before = written_so_far(self.traced.observer)
        self.traced.look(more=False)  # when the statement ends
        self.traced.notices.clear()
        started = time.perf_counter()
        error = send(self.traced.session, statement.text, statement.copy_data)
        elapsed_ms = (time.perf_counter() - started) * 1000
        if error is not None:
            error = self.traced.check(error)
        heard = tuple(self.traced.notices)
        counted: Mapping[int, Counters] = {}
        settings = self.settings
        objects: tuple[ObjectChange, ...] = ()
        rewrites: tuple[Rewrite, ...] = ()
        asked: set[Address] = set()
        if not self.traced.session.closed:
            sight = self.traced.look(more=False)
            asked = {("relation", oid) for oid in locks} | to_ask(sight, {}, before)
            if not locks or statement.form in ("reindex_stmt", "vacuum_stmt", "cluster_stmt"):
                asked |= set(before)
            after = self.traced.states(asked)
            counted = written_since(self.traced.observer, counted_before)
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

    def _named_held(self, held: Mapping[int, frozenset[LockMode]]) -> dict[ObjectId, LockMode]:
        modes = {oid: mode for oid, each in held.items() if (mode := strongest(each)) is not None}
        current = self.open.known if self.open is not None else {}
        return locks_by_name(modes, self.known, lambda address: address in current)
