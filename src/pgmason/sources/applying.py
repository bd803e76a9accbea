"""How do the files of a history reach the server, as their runner would send them, and which statement fails?

Files that make one transaction each go many in a message, each between BEGIN and COMMIT, so that neither side waits for
the other after each of hundreds; the COMMITs that were answered tell how far it came. What refuses a transaction block,
manages one or brings rows goes as its runner sends it. A wrong statement is told apart from an ill server.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pgmason.errors import NextCommand, ServerFailed, StatementFailed
from pgmason.postgres.home import home
from pgmason.postgres.sending import send
from pgmason.sources.scripts import MENDED, Scripts
from pgmason.sources.units import Frame, Unit
from pgmason.statements import Script, Statement, needs_own_transaction, transaction_control

if TYPE_CHECKING:
    import psycopg
    from psycopg import Connection

    from pgmason.postgres.scratch import Scratch
    from pgmason.sources import Context

__all__ = ["send_in_order", "send_one_at_a_time"]

# How many files go in one message: few at first, so that the server has work at once, then so many that the next ones
# are parsed while it works.
FIRST_MESSAGE_FILES = 2
LARGEST_MESSAGE_FILES = 32
LARGEST_MESSAGE_CHARACTERS = 200_000

# Between files a runner's session starts afresh: what one file SET must not reach the next, or a replay from the
# middle of a history would differ from one from its start.
_FRESH = "RESET ROLE; RESET ALL; DISCARD TEMP"
# Statements that set nothing for the session and make nothing temporary, so that there is nothing to take back. One
# that calls a function of the product's which does so, in a default or an index, would have to be written for it.
_QUIET = frozenset(
    (
        "alter_table_stmt",
        "index_stmt",
        "create_enum_stmt",
        "alter_enum_stmt",
        "comment_stmt",
        "rename_stmt",
        "drop_stmt",
    )
)

# What may commit by itself, and where a runner sends the file as it is, may do so.
_MAY_COMMIT = frozenset(("call_stmt", "do_stmt"))

# SQLSTATEs that say the server is ill, not the statement: class 53 but 53400, 57P01-57P03, 58 (manual, appendix A).
_DISK = {"53100", "58030"}
_GONE = {"57P01", "57P02", "57P03"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Message:
    """One text for several files. `commits` has an entry for each COMMIT in it: the file it ends, None for none.

    `end` is the number of the file after the last one.
    """

    text: str
    commits: tuple[int | None, ...]
    end: int


def send_in_order(
    scratch: Scratch,
    session: Connection[Any],
    units: Sequence[Unit],
    scripts: Scripts,
    position: int,
    stop: int,
    context: Context,
) -> tuple[int, Exception | None]:
    """Send units from `position` up to `stop`; where the next one is, and why it could not be sent whole.

    A unit that failed whole has left nothing behind: its one transaction was rolled back. Raises as `replay` does for
    one that cannot be parsed, or fails where its statements go one at a time.
    """
    import psycopg

    files = FIRST_MESSAGE_FILES
    left_over = False  # whether the file before has left something to the session
    while position < stop:
        unit, script = units[position], scripts[position]
        scripts.stand_in(scratch.server, position)
        if _joins(unit, script):
            message = _message(units, scripts, position, min(stop, position + files), left_over=left_over)
            files = min(files * 2, LARGEST_MESSAGE_FILES)
            for number in range(position + 1, message.end):
                scripts.stand_in(scratch.server, number)
            done = 0
            try:
                answers = send(session, message.text)
                for number in range(message.end, min(stop, message.end + files)):
                    scripts.look_ahead(number)
                for tag in answers:
                    done += tag == "COMMIT"
            except psycopg.Error as exc:
                failing = next((number for number in message.commits[done:] if number is not None), message.end - 1)
                _check_server(exc, scratch, units[failing])
                return failing, exc
            position = message.end
        else:
            if left_over:
                session.execute(_FRESH)
            if _apart(unit, script):
                for statement in script.statements:
                    _execute(scratch, session, unit, statement)
            else:
                try:
                    for _ in send(session, _whole(unit, script)):
                        pass
                except psycopg.Error as exc:
                    _check_server(exc, scratch, unit)
                    return position, exc
            position += 1
        left_over = _leaves_something(units[position - 1], scripts[position - 1])
        if context.progress:
            context.progress(position, len(units))
    return position, None


def _apart(unit: Unit, script: Script) -> bool:
    """Whether the statements must be sent one at a time: some refuse a transaction, manage one, or bring rows."""
    return unit.frame is Frame.STATEMENTS or any(
        statement.copy_data is not None or needs_own_transaction(statement) or transaction_control(statement)
        for statement in script.statements
    )


def _joins(unit: Unit, script: Script) -> bool:
    """Whether the file may go in one message with others, between BEGIN and COMMIT.

    A file that its runner sends as it is has an implicit transaction, which is the same where there are several
    statements and none commits; one statement alone might refuse a transaction block that is begun.
    """
    if _apart(unit, script):
        return False
    if unit.frame is Frame.TRANSACTION or not script.statements:
        return True
    forms = {statement.form for statement in script.statements}
    return not forms & _MAY_COMMIT and (len(script.statements) > 1 or forms <= _QUIET)


def _message(units: Sequence[Unit], scripts: Scripts, position: int, stop: int, *, left_over: bool) -> _Message:
    """The file at `position` and those behind it, up to `stop`, as long as each may join."""
    parts: list[str] = []
    commits: list[int | None] = []
    characters = 0
    number = position
    while number < stop:
        if number > position and (characters > LARGEST_MESSAGE_CHARACTERS or not scripts.look_ahead(number)):
            break
        unit, script = units[number], scripts[number]
        if not _joins(unit, script):
            break
        if script.statements:
            if left_over:
                parts.append(f"BEGIN;{_FRESH};COMMIT;")
                commits.append(None)
            whole = _whole(unit, script)
            parts.append(f"BEGIN;{whole}\n;COMMIT;")
            commits.append(number)
            characters += len(whole)
            left_over = _leaves_something(unit, script)
        number += 1
    return _Message(text="".join(parts), commits=tuple(commits), end=number)


def _whole(unit: Unit, script: Script) -> str:
    """The file's text, without the commands of psql that may be left out."""
    return unit.text if not script.meta_commands else ";\n".join(statement.text for statement in script.statements)


def _leaves_something(unit: Unit, script: Script) -> bool:
    """Whether the file may have set or made something for its session that the next one must not meet."""
    return "set_config" in unit.text or not all(statement.form in _QUIET for statement in script.statements)


def send_one_at_a_time(scratch: Scratch, unit: Unit, script: Script, failed: Exception) -> str:
    """Find the statement that fails, in the frame of the file. Gives a note where none does on its own."""
    with scratch.session() as session:
        if unit.frame is Frame.TRANSACTION:
            session.execute("BEGIN")
        for statement in script.statements:
            _execute(scratch, session, unit, statement)
        if unit.frame is Frame.TRANSACTION:
            session.execute("COMMIT")
    reason = str(failed).strip().partition("\n")[0]
    return f"{unit.file}: applies one statement at a time only; as one transaction: {reason}"


def _execute(scratch: Scratch, session: Connection[Any], unit: Unit, statement: Statement) -> None:
    import psycopg

    try:
        if statement.copy_data is None:
            for _ in send(session, statement.text):
                pass
        else:
            with session.cursor().copy(statement.text) as copy:
                copy.write(statement.copy_data)
    except psycopg.Error as exc:
        _check_server(exc, scratch, unit)
        raise _told(exc, unit, statement) from exc


def _told(exc: psycopg.Error, unit: Unit, statement: Statement) -> StatementFailed:
    position = exc.diag.statement_position
    line = statement.line + (statement.text[: int(position) - 1].count("\n") if position else 0)
    fix = None
    if exc.sqlstate == "42501":
        fix = "on the scratch server SQL runs as an ordinary role; what needs a superuser is not run"
    return StatementFailed(
        file=unit.file,
        line=line,
        statement=statement.text,
        message=exc.diag.message_primary or str(exc).strip(),
        sqlstate=exc.sqlstate,
        detail=exc.diag.message_hint,
        fix=fix,
        next=MENDED,
    )


def _check_server(exc: psycopg.Error, scratch: Scratch, unit: Unit) -> None:
    """Tell an ill server from a wrong statement."""
    if exc.sqlstate in _DISK:
        raise ServerFailed(
            "the scratch server's disk is full",
            where=unit.file,
            fix=f"free some space under {home()}, or: pgmason server clear",
        ) from exc
    if exc.sqlstate in _GONE or exc.sqlstate is None:
        scratch.note_end()
        if scratch.ended:
            raise StatementFailed(
                file=unit.file,
                line=1,
                statement="(the whole file)",
                message=f"was ended: {scratch.ended}",
                sqlstate=exc.sqlstate,
            ) from exc
        if _answers(scratch):  # the session is gone and the server is not: it ended itself
            raise StatementFailed(
                file=unit.file,
                line=1,
                statement="(the whole file)",
                message=f"its session ended: {' '.join(str(exc).split())}",
                sqlstate=exc.sqlstate,
            ) from exc
        raise ServerFailed(
            f"the scratch server went away while this was applied: {str(exc).strip()}",
            where=unit.file,
            next=[
                NextCommand(command="pgmason server status", why="shows what runs; the next command starts a new one")
            ],
        ) from exc


def _answers(scratch: Scratch) -> bool:
    import psycopg

    try:
        scratch.server.admin.execute("SELECT 1")
    except (psycopg.Error, ServerFailed):
        return False
    return True
