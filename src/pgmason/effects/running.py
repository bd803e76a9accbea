"""What does each statement of a file do, in the frame of its runner, on a session that is open?

A file that its runner sends whole runs in one transaction of ours; each statement of one that is sent statement by
statement in one of its own. What PostgreSQL refuses in a transaction block runs for real (alone.py). The first
statement that fails ends the file, as it ends the runner; the rest is told as not reached.
"""

from __future__ import annotations

from dataclasses import replace

from pgmason.effects.alone import run_alone
from pgmason.effects.control import run_control
from pgmason.effects.execution import send
from pgmason.effects.in_block import failed, run_in_block
from pgmason.effects.model import Effect, Ending, Outcome, SqlError, TransactionEffect
from pgmason.effects.progress import Progress
from pgmason.effects.traced_session import Unseen
from pgmason.sources.units import Frame
from pgmason.statements import Script, Statement, needs_own_transaction, transaction_step

__all__ = ["run_file"]

# Refused where they stand in a transaction block: active_sql_transaction, invalid_transaction_termination.
_REFUSED_IN_BLOCK = ("25001", "2D000")


def run_file(
    progress: Progress, script: Script, frame: Frame
) -> tuple[list[TransactionEffect], tuple[int, SqlError] | None]:
    """The transactions, and the statement that its frame refuses, with the refusal."""
    statements = script.statements
    framed = frame is not Frame.STATEMENTS and not (frame is Frame.WHOLE and len(statements) == 1)
    refused: tuple[int, SqlError] | None = None
    ended = False
    for number, statement in enumerate(statements, start=1):
        if ended:
            progress.not_reached(statement, number)
            continue
        step = transaction_step(statement)
        try:
            if step is not None:
                effect = run_control(progress, statement, number, step.kind, step.savepoint)
                if step.kind in ("COMMIT", "ROLLBACK", "PREPARE") and progress.open is None:
                    framed = framed and frame is Frame.WHOLE  # what BEGIN the runner sent is spent
                    if step.chain:
                        progress.begin(send_it=False)
            elif progress.open is None and not framed:
                effect = _by_itself(progress, statement, number)
            else:
                if progress.open is None:
                    progress.begin()
                effect = run_in_block(progress, statement, number)
        except Unseen as unseen:
            effect = _unseen(progress, statement, number, unseen.error)
        if effect.outcome is Outcome.FAILED:
            ended = True
            if effect.error is not None and effect.error.sqlstate in _REFUSED_IN_BLOCK and effect.in_block:
                refused = (number, effect.error)
            if progress.open is not None:
                progress.end(Ending.FAILED)
    if progress.open is not None:
        progress.end(Ending.COMMITTED)
    return progress.done, refused


def _by_itself(progress: Progress, statement: Statement, number: int) -> Effect:
    """Run a statement that commits by itself: between BEGIN and COMMIT of ours where PostgreSQL lets it."""
    if not needs_own_transaction(statement):
        progress.begin()
        effect = run_in_block(progress, statement, number)
        if effect.outcome is Outcome.DONE:
            error = progress.end(Ending.COMMITTED)
            return effect if error is None else replace(effect, outcome=Outcome.FAILED, error=error)
        if effect.error is None or effect.error.sqlstate not in _REFUSED_IN_BLOCK:
            return effect
        send(progress.traced.session, "ROLLBACK")
        progress.open = None  # it is run again, and told once
    return run_alone(progress, statement, number)


def _unseen(progress: Progress, statement: Statement, number: int, error: SqlError) -> Effect:
    """The effect of a statement after, or before, which the session could not be asked."""
    current = progress.opened()
    effect = failed(progress, statement, number, current, progress.traced.check(error), 0.0)
    current.effects.append(effect)
    return effect
