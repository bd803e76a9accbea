"""What is sent to the traced session, what it says of itself, and what is heard from it?

The confined role's connection, and the observer's beside it. A session that could not be asked is told as such: by
`Unseen`, with the reason; one that the supervisor ended is told from a server that is gone. Left to others: what is
sent, and what it means (running.py).
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pgmason.effects.asking import oids_of
from pgmason.effects.known import Address, Known
from pgmason.effects.model import Notice, ObjectChange, RowDependence, Settings, SqlError
from pgmason.effects.observe import Sight, look, read_conditions, read_settings, read_states
from pgmason.effects.row_dependence import ForeignKeyColumns, row_dependences
from pgmason.errors import ServerFailed, cut_off

if TYPE_CHECKING:
    import psycopg
    from psycopg import Connection

    from pgmason.postgres.scratch import Scratch

__all__ = ["LONGEST_NOTICE", "MOST_NOTICES", "TracedSession", "Unseen"]

MOST_NOTICES = 100  # of one statement; what comes after them is not kept
LONGEST_NOTICE = 2000  # characters


class Unseen(Exception):
    """The traced session could not be asked."""

    def __init__(self, error: SqlError) -> None:
        super().__init__(error.message)
        self.error = error


@dataclass(slots=True, kw_only=True)
class TracedSession:
    """The session that runs a file, and the superuser's beside it. `last_note` is the last note of the watching that
    was read; `notices` are what the session said since they were last cleared."""

    session: Connection[Any]
    observing: Callable[[], Connection[Any]]
    scratch: Scratch
    last_note: int = 0
    own_role: str = ""
    notices: list[Notice] = field(default_factory=list)

    def listen(self) -> None:
        """Hear its notices from now on."""
        if not self.own_role:
            from pgmason.postgres.scratch import OWNER

            self.own_role = OWNER
            self.session.add_notice_handler(self._hear)

    @property
    def observer(self) -> Connection[Any]:
        return self.observing()

    @property
    def major(self) -> int:
        return self.scratch.server.choice.installation.major

    def ask_settings(self) -> Settings:
        """The settings of a session that did nothing yet."""
        import psycopg

        try:
            return read_settings(self.session, own_role=self.own_role)
        except psycopg.Error as exc:
            raise _unseen_because(exc) from exc

    def look(self, *, more: bool, newest: int = 0) -> Sight:
        import psycopg

        try:
            sight = look(self.session, last_note=self.last_note, newest=newest, more=more, own_role=self.own_role)
        except psycopg.Error as exc:
            raise _unseen_because(exc) from exc
        self.last_note = sight.last_note
        return sight

    def dependences(self, changes: tuple[ObjectChange, ...], known: Known) -> tuple[RowDependence, ...]:
        import psycopg

        told = {change.now for change in changes if change.object.kind in ("check", "foreign key")} - {None}
        constraints = {
            key[1]: member
            for state in (known.values() if told else ())
            for key, member in state.members.items()
            if member.identity in told
        }
        try:
            found = read_conditions(self.session, constraints) if constraints else {}
        except psycopg.Error as exc:
            raise _unseen_because(exc) from exc
        return row_dependences(
            changes,
            checks={constraints[oid].identity: text for oid, (text, _) in found.items() if text is not None},
            keys={
                constraints[oid].identity: ForeignKeyColumns(
                    columns=tuple(constraints[oid].attributes["columns"].split(", ")),
                    parent=parent.identity.path,
                    referenced=tuple(columns),
                )
                for oid, (_, columns) in found.items()
                if columns and (parent := known.get(("relation", constraints[oid].references))) is not None
            },
        )

    def states(self, asked: set[Address]) -> Known:
        import psycopg

        if not asked:
            return {}
        try:
            return read_states(self.session, *oids_of(asked), unsaid=self.scratch.unsaid)
        except psycopg.Error as exc:
            raise _unseen_because(exc) from exc

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

    def check(self, error: SqlError) -> SqlError:
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


def _unseen_because(exc: psycopg.Error) -> Unseen:
    told = cut_off(exc.diag.message_primary or " ".join(str(exc).split()))
    return Unseen(
        SqlError(sqlstate=exc.sqlstate or "", message=f"after the statement the session could not be asked: {told}")
    )
