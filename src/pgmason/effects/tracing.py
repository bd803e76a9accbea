"""Trace a file: the state before it is cloned, rows are put in, and its statements run under watch.

The one entry for commands, rules and proofs. What is wrong with the file itself (it does not parse, a statement fails)
is told in the Trace; only what is wrong with the machine, the source or the call is raised.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from pgmason.effects.before import Before, clone_of
from pgmason.effects.model import Outcome, Trace, Unreadable
from pgmason.effects.witness import TRACE_SECONDS, watching
from pgmason.samples import RowMaker, Wanted
from pgmason.sources import Context
from pgmason.sources.units import Frame
from pgmason.statements import Script, ScriptError, extensions_created, read_script, roles_named

if TYPE_CHECKING:
    from pgmason.postgres.server import Server

__all__ = ["trace_file"]


def trace_file(
    what: Before,
    context: Context,
    *,
    server: Server | None = None,
    wanted: Wanted | None = None,
    maker: RowMaker | None = None,
    frame: Frame | None = None,
    seconds: float = TRACE_SECONDS,
) -> Trace:
    """What the file does, on the state before it, with the rows that are wanted in its tables.

    Without `server` one of the context's major is leased. Raises StatementFailed where that state cannot be made,
    WrongUse, NoServer, ServerFailed.
    """
    from pgmason.postgres.server import lease_server

    unit = what.unit
    frame = frame or unit.frame
    try:
        script = read_script(unit.text, file=unit.file)
    except ScriptError as exc:
        return _unreadable(what, frame, Unreadable(line=exc.line, message=exc.message, near=exc.near))
    if script.refused:
        command = script.refused[0]
        return _unreadable(
            what,
            frame,
            Unreadable(line=command.line, message="a command of psql's own that is not followed", near=command.text),
        )
    if server is not None:
        return _traced(server, what, script, context, wanted, maker, frame, seconds)
    with lease_server(context.major, what=context.what) as leased:
        return _traced(leased, what, script, context, wanted, maker, frame, seconds)


_ON_ROWS = ("22", "23")  # data exceptions, integrity constraint violations (manual, appendix A)


def _unreadable(what: Before, frame: Frame, why: Unreadable) -> Trace:
    return Trace(file=what.unit.file, frame=frame, transactions=(), server="", unreadable=why, notes=what.notes)


def _traced(
    server: Server,
    what: Before,
    script: Script,
    context: Context,
    wanted: Wanted | None,
    maker: RowMaker | None,
    frame: Frame,
    seconds: float,
) -> Trace:
    from pgmason.postgres.extensions import create_extensions, missing_name, provider_of
    from pgmason.postgres.scratch import TemplateGone, offer_extensions, stand_in_roles

    stood_in = (
        *stand_in_roles(server, roles_named(script)),
        *offer_extensions(server, dict.fromkeys(extensions_created(script))),
    )
    beforehand: Mapping[str, str] = {}
    attempts = 2  # a template may be evicted by another command between the asking and the cloning
    while True:
        try:
            with clone_of(server, what.units, context, wanted=wanted, maker=maker) as clone:
                if beforehand:
                    create_extensions(server, clone.scratch.name, tuple(beforehand))
                # what is created beforehand was not there when the template was looked at
                with watching(clone.scratch, sight=clone.sight) as witness:
                    if beforehand:
                        witness.known = {}
                    trace = witness.trace(
                        what.unit,
                        script,
                        frame=frame,
                        rows=clone.rows,
                        notes=(*what.notes, *clone.notes, *stood_in, *beforehand.values()),
                        seconds=seconds,
                    )
        except TemplateGone:
            attempts -= 1
            if not attempts:
                raise
            continue
        failed = next((effect for effect in trace.effects if effect.outcome is Outcome.FAILED), None)
        name = missing_name(failed.error.sqlstate, failed.error.message) if failed and failed.error else None
        extension = provider_of(server, name) if name else None
        if extension is None or extension in beforehand:
            if failed is None or wanted is None or failed.error is None or failed.error.sqlstate[:2] not in _ON_ROWS:
                return trace
            empty = _traced(server, what, script, context, None, None, frame, seconds)
            return replace(trace, on_empty_tables=empty)
        beforehand = {
            **beforehand,
            extension: f"extension {extension}: created beforehand, because the file uses {name} and none creates it",
        }
