"""What do BEGIN, COMMIT, SAVEPOINT and their kin do, where the file itself has them?"""

from __future__ import annotations

import time
from contextlib import suppress

from pgmason.effects.execution import send
from pgmason.effects.model import Effect, Ending, Outcome
from pgmason.effects.progress import Progress
from pgmason.effects.traced_session import Unseen
from pgmason.statements import Statement

__all__ = ["run_control"]


def run_control(progress: Progress, statement: Statement, number: int, kind: str, savepoint: str) -> Effect:
    """BEGIN, COMMIT, SAVEPOINT and their kin, as the file has them."""
    alone = progress.open is None and kind not in ("BEGIN", "START")
    current = progress.opened()
    before = progress.settings
    started = time.perf_counter()
    progress.traced.notices.clear()
    error = send(progress.traced.session, statement.text)
    elapsed_ms = (time.perf_counter() - started) * 1000
    if error is not None:
        error = progress.traced.check(error)
    effect = Effect(
        statement=statement,
        number=number,
        outcome=Outcome.DONE if error is None else Outcome.FAILED,
        transaction=current.number,
        error=error,
        elapsed_ms=elapsed_ms,
        held=progress.named_held(current.held),
        settings=before,
        notices=tuple(progress.traced.notices),
    )
    current.effects.append(effect)
    if error is not None:
        return effect
    match kind:
        case "SAVEPOINT":
            current.savepoints.append((savepoint, progress.known))
        case "ROLLBACK_TO":
            while current.savepoints and current.savepoints[-1][0] != savepoint:
                current.savepoints.pop()
            if current.savepoints:
                progress.known = current.savepoints[-1][1]
            sight = progress.traced.look(more=False)
            current.held = {held.relation: held.modes for held in sight.held}
            progress.settings = sight.settings
        case "RELEASE":
            names = [name for name, _ in current.savepoints]
            if savepoint in names:
                del current.savepoints[len(names) - 1 - names[::-1].index(savepoint) :]
        case "COMMIT" | "ROLLBACK":
            progress.close(Ending.COMMITTED if kind == "COMMIT" else Ending.ROLLED_BACK)
            with suppress(Unseen):  # the next statement will find the session ended, too
                progress.settings = progress.traced.look(more=False).settings
        case _ if alone:
            progress.close(Ending.COMMITTED)
    return effect
