"""What does each statement of a file do, run in the frame of its runner on a scratch database?

One session, the confined role's, runs the statements one by one, and is asked after each what it holds and did
(observe.py). A file that its runner sends whole runs in one transaction of ours, which is what PostgreSQL makes of
it; each statement of a file that is sent statement by statement in one of its own. What PostgreSQL refuses in a
transaction block runs for real, and its locks come from the table in `locks.py`.

The first statement that fails ends the file, as it ends the runner; the rest is told as not reached. Left to others:
which state the database is in beforehand, and the rows in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pgmason.effects.known import Known, parse_states
from pgmason.effects.model import (
    Trace,
)
from pgmason.effects.observe import everything, install, newest_note
from pgmason.effects.progress import Progress
from pgmason.effects.running import run_file
from pgmason.effects.traced_session import TracedSession
from pgmason.sources.units import Frame, Unit
from pgmason.statements import (
    Script,
)

if TYPE_CHECKING:
    from psycopg import Connection

    from pgmason.postgres.scratch import Scratch

__all__ = ["TRACE_SECONDS", "FirstSight", "Witness", "put_under_watch", "watching"]

TRACE_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstSight:
    """What is known of a template under watch: all its states, as JSON, and the number of the last note."""

    states: Mapping[str, Any]
    last_note: int


@dataclass(slots=True, kw_only=True)
class Witness:
    """A scratch database under watch: files are traced on it one after the other, each on what the last one left.

    `known` is what the last trace left, put together from its differences; `last_note` the last note taken of it.
    """

    scratch: Scratch
    stack: ExitStack
    known: Known = field(default_factory=dict)
    last_note: int | None = None
    _observer: Connection[Any] | None = None

    @property
    def observer(self) -> Connection[Any]:
        """A superuser's connection to the database, opened when it is first needed: many files need none."""
        if self._observer is None:
            self._observer = self.stack.enter_context(self.scratch.observer())
        return self._observer

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
            traced = TracedSession(session=session, observing=lambda: self.observer, scratch=self.scratch)
            progress = Progress(traced=traced)
            progress.begin_file(self.known or None, self.last_note)
            transactions, refused = run_file(progress, script, frame)
            if refused is not None and not progress.committed:
                progress.begin_file(None)
                transactions, _ = run_file(progress, script, Frame.STATEMENTS)
        self.last_note = traced.last_note
        # its temporary tables went with the session
        self.known = {
            address: state
            for address, state in progress.known.items()
            if state.attributes.get("persistence") != "temporary"
        }
        return Trace(
            file=unit.file,
            frame=frame,
            transactions=tuple(transactions),
            server=str(self.scratch.server),
            rows=rows,
            frame_error=refused,
            not_valid=progress.unfinished("constraint"),
            invalid_indexes=progress.unfinished("index"),
            notes=notes,
        )


@contextmanager
def watching(scratch: Scratch, *, sight: FirstSight | None = None) -> Iterator[Witness]:
    """Put a scratch database, in the state before the first file, under watch. Takes about 10 ms.

    `sight` is what was seen of the template that it is a clone of, which was under watch already (`put_under_watch`).
    """
    with ExitStack() as stack:
        witness = Witness(scratch=scratch, stack=stack)
        if sight is None:
            install(witness.observer)
        else:
            witness.known, witness.last_note = parse_states(sight.states, scratch.unsaid), sight.last_note
        scratch.server.admin.execute(_track_functions(scratch.role))
        yield witness


def put_under_watch(scratch: Scratch) -> FirstSight:
    """Put a database under watch that is to be a template: what is seen of it is what is seen of its clones, for a
    clone has the OIDs and the files of its template."""
    with scratch.observer() as observer:
        install(observer)
        return FirstSight(states=everything(observer), last_note=newest_note(observer))


def _track_functions(role: str) -> Any:
    """Have the role's sessions count calls of functions; only a superuser may choose so (manual, 20.9.1)."""
    from psycopg import sql

    return sql.SQL("ALTER ROLE {} SET track_functions = 'pl'").format(sql.Identifier(role))
