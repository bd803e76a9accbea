"""How far is a file, what is known of the database at this moment, and what did its transactions so far do?

Left to others: what is sent between BEGIN and COMMIT, and what it did (in_block.py, control.py, alone.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pgmason.effects.asking import newest_relation
from pgmason.effects.execution import send
from pgmason.effects.known import Known
from pgmason.effects.model import Effect, Ending, Outcome, Settings, SqlError, TransactionEffect
from pgmason.effects.observe import Counters, newest_note, read_states
from pgmason.effects.reckoning import locks_by_name, unfinished
from pgmason.effects.traced_session import TracedSession, Unseen
from pgmason.errors import ServerFailed
from pgmason.locks import LockMode, strongest
from pgmason.names import ObjectId
from pgmason.statements import Statement

__all__ = ["Open", "Progress"]


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
class Progress:
    """One file on one session. `known` is what is there now, `start` what was before the file, where what PostgreSQL
    made again by itself stands for what it was; `open` is the transaction under way, `done` are those that ended;
    `committed` says that the file changed the database for good."""

    traced: TracedSession
    known: Known = field(default_factory=dict)
    start: Known = field(default_factory=dict)
    first_newest: int = 0
    settings: Settings | None = None
    open: Open | None = None
    done: list[TransactionEffect] = field(default_factory=list)
    committed: bool = False

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

    def unfinished(self, what: str) -> tuple[ObjectId, ...]:
        """Constraints not valid, or indexes invalid, that were not so before the file, or not there."""
        return tuple(sorted(set(unfinished(self.known, what)) - set(unfinished(self.start, what))))

    def not_reached(self, statement: Statement, number: int) -> None:
        """A statement behind the one that failed."""
        last = self.done[-1]
        effect = Effect(statement=statement, number=number, outcome=Outcome.NOT_REACHED, transaction=last.number)
        self.done[-1] = replace(last, effects=(*last.effects, effect))

    def opened(self) -> Open:
        """The transaction under way; one of its own for a statement that has none."""
        if self.open is None:
            self.open = Open(number=len(self.done) + 1, known=self.known, newest=newest_relation(self.known))
        return self.open

    def begin(self, *, send_it: bool = True) -> None:
        """Begin a transaction, by a BEGIN of ours unless the session is in one already."""
        if send_it:
            error = send(self.traced.session, "BEGIN")
            if error is not None:
                self.traced.check(error)
        self.opened()

    def end(self, ending: Ending) -> SqlError | None:
        """End the open transaction by COMMIT or ROLLBACK of ours; what COMMIT failed with."""
        current = self.open
        assert current is not None
        error = None
        if not self.traced.session.closed and self.traced.session.info.transaction_status != 0:
            error = send(self.traced.session, "COMMIT" if ending is Ending.COMMITTED else "ROLLBACK")
            error = self.traced.check(error) if error is not None else None
        self.close(ending if error is None else Ending.FAILED, error if ending is Ending.COMMITTED else None)
        return error

    def close(self, ending: Ending, commit_error: SqlError | None = None) -> None:
        """The open transaction has ended: what is known afterwards, and what it did."""
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

    def named_held(self, held: Mapping[int, frozenset[LockMode]]) -> dict[ObjectId, LockMode]:
        """The strongest lock on each relation that existed before the open transaction."""
        modes = {oid: mode for oid, each in held.items() if (mode := strongest(each)) is not None}
        current = self.open.known if self.open is not None else {}
        return locks_by_name(modes, self.known, lambda address: address in current)
