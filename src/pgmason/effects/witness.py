"""What does each statement of a file do, run in the frame of its runner on a scratch database?

One session, the confined role's, runs the statements one by one, and is asked after each what it holds and did
(observe.py). A file that its runner sends whole runs in one transaction of ours, which is what PostgreSQL makes of
it; each statement of a file that is sent statement by statement in one of its own. What PostgreSQL refuses in a
transaction block runs for real, and its locks come from the table in `locks.py`.

The first statement that fails ends the file, as it ends the runner; the rest is told as not reached. Left to others:
which state the database is in beforehand, and the rows in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pgmason.effects.known import Known
from pgmason.effects.model import (
    Trace,
)
from pgmason.effects.observe import install
from pgmason.effects.running import Run
from pgmason.effects.traced_session import TracedSession
from pgmason.sources.units import Frame, Unit
from pgmason.statements import (
    Script,
)

if TYPE_CHECKING:
    from psycopg import Connection

    from pgmason.postgres.scratch import Scratch

__all__ = ["TRACE_SECONDS", "Witness", "watching"]

TRACE_SECONDS = 300.0


@dataclass(slots=True, kw_only=True)
class Witness:
    """A scratch database under watch: files are traced on it one after the other, each on what the last one left.

    `known` is what the last trace left, put together from its differences; `last_note` the last note taken of it.
    """

    scratch: Scratch
    observer: Connection[Any]
    known: Known = field(default_factory=dict)
    last_note: int | None = None

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
            run = Run(traced=TracedSession(session=session, observer=self.observer, scratch=self.scratch))
            run.begin_file(self.known or None, self.last_note)
            transactions, refused = run.file(script, frame)
            if refused is not None and not run.committed:
                run.begin_file(None)
                transactions, _ = run.file(script, Frame.STATEMENTS)
        self.last_note = run.traced.last_note
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
