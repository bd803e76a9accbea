"""What does a statement do in the open transaction?

It runs, and its session is asked what it holds and counted, and what became of all whose state may have changed. Left
to others: asking (observe.py), comparing (differences.py), the words of an Effect (reckoning.py).
"""

from __future__ import annotations

import time
from dataclasses import replace

from pgmason.effects.asking import to_ask
from pgmason.effects.differences import compare
from pgmason.effects.elevated import why_elevated
from pgmason.effects.execution import run_elevated, send
from pgmason.effects.model import Effect, Outcome, SqlError
from pgmason.effects.observe import Counters, Sight
from pgmason.effects.progress import Open, Progress
from pgmason.effects.reckoning import (
    locks_by_name,
    rows_changed,
    scans_made,
    settings_changed,
    unfinished_among,
    why_incomplete,
)
from pgmason.effects.traced_session import Unseen
from pgmason.locks import strongest
from pgmason.statements import Statement

__all__ = ["failed", "run_in_block"]

# Statements that change a schema and neither read rows nor run code of the product's: of these the counters of tables
# that their own transaction made are not asked for.
_PLAIN = frozenset({
    "create_stmt", "alter_table_stmt", "index_stmt", "create_enum_stmt", "alter_enum_stmt", "comment_stmt",
    "rename_stmt", "drop_stmt", "create_schema_stmt", "create_seq_stmt", "alter_seq_stmt", "create_function_stmt",
    "create_trig_stmt", "view_stmt", "grant_stmt", "create_policy_stmt", "create_domain_stmt", "variable_set_stmt",
})  # fmt: skip


def run_in_block(progress: Progress, statement: Statement, number: int) -> Effect:
    """Run a statement in the open transaction, and look."""
    current = progress.open
    assert current is not None
    progress.traced.notices.clear()
    elevated = why_elevated(statement)
    started = time.perf_counter()
    if elevated is None:
        error = send(progress.traced.session, statement.text, statement.copy_data)
    else:
        error = run_elevated(progress.traced.session, progress.traced.observer, progress.traced.scratch.role, statement)
    elapsed_ms = (time.perf_counter() - started) * 1000
    sight: Sight | None = None
    if error is None:
        try:
            sight = progress.traced.look(more=statement.form not in _PLAIN, newest=current.newest)
        except Unseen as unseen:
            error = unseen.error
    if error is not None or sight is None:
        assert error is not None
        effect = replace(
            failed(progress, statement, number, current, progress.traced.check(error), elapsed_ms), elevated=elevated
        )
    else:
        effect = replace(_seen(progress, statement, number, current, sight, elapsed_ms), elevated=elevated)
    current.effects.append(effect)
    return effect


def failed(
    progress: Progress, statement: Statement, number: int, current: Open, error: SqlError, elapsed_ms: float
) -> Effect:
    """The effect of a statement that failed in the open transaction."""
    current.incomplete = "the statement failed, and PostgreSQL released its locks with the error"
    return Effect(
        statement=statement,
        number=number,
        outcome=Outcome.FAILED,
        transaction=current.number,
        error=error,
        elapsed_ms=elapsed_ms,
        held=progress.named_held(current.held),
        locks_incomplete=current.incomplete,
        settings=progress.settings,
        notices=tuple(progress.traced.notices),
    )


def _seen(
    progress: Progress, statement: Statement, number: int, current: Open, sight: Sight, elapsed_ms: float
) -> Effect:
    held_before = current.held
    new_modes = {held.relation: held.modes - held_before.get(held.relation, frozenset()) for held in sight.held}
    counted = {
        held.relation: held.counters.since(current.counters.get(held.relation, Counters())) for held in sight.held
    }
    before = progress.known
    asked = to_ask(sight, new_modes, before)
    after = progress.traced.states(asked)
    difference = compare(
        before,
        after,
        asked=asked,
        notes=sight.notes,
        start=progress.start,
        newest=progress.first_newest,
        refreshes=statement.form == "refresh_mat_view_stmt"
        or any(note.tag == "REFRESH MATERIALIZED VIEW" for note in sight.notes),
    )
    progress.known, progress.start = difference.known, difference.start
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
        locks=locks_by_name(locks, before, lambda address: address in progress.start),
        locks_on_new=locks_by_name(
            locks, before, lambda address: address not in progress.start and address in current.known
        ),
        held=progress.named_held(held_before),
        locks_incomplete=incomplete,
        rewrites=difference.rewrites,
        scans=scans_made(sight.held, counted, before, progress.known, progress.start, difference.rewrites),
        objects=difference.objects,
        rows=rows_changed(counted, before, progress.known, progress.start),
        not_valid=unfinished_among(after, difference.objects, "constraint"),
        invalid_indexes=unfinished_among(after, difference.objects, "index"),
        settings=progress.settings,
        settings_changed=settings_changed(progress.settings, sight.settings),
        depends_on_rows=progress.traced.dependences(difference.objects, progress.known),
        functions=tuple(sorted(one.name for one in sight.called if one.calls > current.calls.get(one.oid, 0))),
        notices=tuple(progress.traced.notices),
    )
    current.held = {held.relation: held.modes for held in sight.held}
    current.counters = {held.relation: held.counters for held in sight.held} | {
        oid: counters for oid, counters in current.counters.items() if oid not in counted
    }
    current.calls |= {one.oid: one.calls for one in sight.called}
    progress.settings = sight.settings
    return effect
