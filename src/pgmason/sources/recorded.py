"""What schema do migrations make that only the product's own tool can run?

The tool migrates a scratch database as it would migrate production, and what it sends is recorded, migration by
migration. The recording is sent again, as any history of SQL is, and PostgreSQL is asked whether both databases are the
same: then single migrations can be looked at, cloned from the middle of a history and judged like SQL files. Where they
are not, the tool's own database is the schema, in one piece, and that is said.

A recording is kept as long as nothing that went into it has changed: the migrations, every file of the product's that
was imported, the interpreter with its libraries, the lock files, the server.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgmason.catalog.canonical import digest
from pgmason.catalog.model import Catalog
from pgmason.code import code_mark
from pgmason.errors import StatementFailed, Unsupported
from pgmason.evidence import write_whole
from pgmason.formats.migration import History, Migration
from pgmason.interpreters.permission import require_code
from pgmason.interpreters.tools import ALL, AlembicReach, Sent, Step, ToolRun
from pgmason.postgres.home import home
from pgmason.postgres.installations import choose
from pgmason.postgres.platforms import named_platform
from pgmason.postgres.tree import tree_name
from pgmason.sources.sql import shown
from pgmason.sources.tool import Tool, on_scratch, run_tool, schema_made, tool_of
from pgmason.sources.units import Frame, Unit

if TYPE_CHECKING:
    from pgmason.postgres.scratch import Scratch
    from pgmason.sources import Context

__all__ = ["Recording", "recording_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A history as its tool ran it.

    `history` is in the tool's own order. `units` make the schema: one a migration, or, where `traceable` is False, one
    for all. `steps` are the versions in the tool's ledger in the order in which it ran them, a unit each where they are
    traceable; those that it has from libraries are among them. `reach` is what the product's own autogenerate looks at,
    where the tool has one.
    """

    history: History
    units: tuple[Unit, ...]
    steps: tuple[str, ...]
    traceable: bool
    notes: tuple[str, ...]
    reach: AlembicReach | None
    fresh: bool


def recording_of(history: History, context: Context) -> Recording:
    """Record a history, or recall the recording. Raises CodeRefused, ProgramFailed, StatementFailed, ServerFailed."""
    require_code(f"its migrations ({history.format})", where=shown(history.folder, context))
    tool = tool_of(history, context)
    choice = choose(context.major)
    question = "\0".join(
        (code_mark(), tree_name(choice.installation), tool.mark, context.platform, str(history.folder.resolve()))
    )
    kept = home() / "recordings" / f"{hashlib.sha256(question.encode()).hexdigest()[:40]}.json"
    recalled = _recall(kept, history)
    fresh = recalled is None
    if recalled is None:
        recalled = _recorded(history, context, tool)
        _keep(kept, recalled, history)
    return _recording(recalled, history, context, fresh)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Recorded:
    """What is kept of a run. `script` makes the whole schema, where the recording sent again does not."""

    run: ToolRun
    script: str | None
    notes: tuple[str, ...]


def _recorded(history: History, context: Context, tool: Tool) -> _Recorded:
    from pgmason.postgres.server import lease_server

    platform = named_platform(context.platform)

    def migrated(scratch: Scratch) -> tuple[ToolRun, Catalog]:
        run = run_tool(tool, scratch, ALL)
        return run, schema_made(scratch, run, history, platform)

    with lease_server(context.major, what=context.what) as server:
        (run, catalog), notes = on_scratch(server, history, platform, migrated)
    units = _units(run.steps, history, context)
    again = _sent_again(units, context)
    if again is not None and digest(again) == digest(catalog):
        return _Recorded(run=run, script=None, notes=notes)
    from pgmason.catalog.script import script_of

    why = _difference(catalog, again)
    said = f"what {tool.name} sent does not make the same schema when it is sent again ({why}): the schema is that of"
    said += " its own run, and single migrations cannot be looked at"
    return _Recorded(run=run, script=script_of(catalog), notes=(*notes, said))


def _sent_again(units: Sequence[Unit], context: Context) -> Catalog | None:
    from pgmason.sources.replay import replay

    with suppress(StatementFailed, Unsupported):
        return replay(units, context).catalog
    return None


def _difference(one: Catalog, other: Catalog | None) -> str:
    if other is None:
        return "a statement fails"
    differing = sorted(
        {
            identity
            for identity in {*one.objects, *other.objects}
            if one.objects.get(identity) != other.objects.get(identity)
        }
    )
    return f"{differing[0].kind} {differing[0].name}" if differing else "comments, owners or grants"


def _units(steps: Sequence[Step], history: History, context: Context) -> tuple[Unit, ...]:
    by_version = {migration.version: migration for migration in history.migrations}
    return tuple(
        Unit(
            name=by_version[step.version].name if step.version in by_version else step.version,
            file=shown(by_version[step.version].up, context) if step.version in by_version else step.version,
            text=_text(step.sent),
            frame=Frame.STATEMENTS if any(one.alone for one in step.sent) else Frame.TRANSACTION,
        )
        for step in steps
    )


def _text(sent: Sequence[Sent]) -> str:
    """The statements as a script. What could not be told whole is a line that says so."""
    lines = [f"{one.sql}\n;\n" for one in sent if one.whole]
    lost = sum(not one.whole for one in sent)
    return "".join(lines) + (f"-- {lost} statements with parameters that the driver did not tell\n" if lost else "")


def _recording(recorded: _Recorded, history: History, context: Context, fresh: bool) -> Recording:
    by_version = {migration.version: migration for migration in history.migrations}
    ran = [by_version[step.version] for step in recorded.run.steps if step.version in by_version]
    ordered: tuple[Migration, ...] = (*ran, *(one for one in history.migrations if one not in ran))
    units = _units(recorded.run.steps, history, context)
    if recorded.script is not None:
        name = f"{shown(history.folder, context)} as its tool made it"
        units = (Unit(name=name, file=name, text=recorded.script, frame=Frame.STATEMENTS),)
    return Recording(
        history=replace(history, migrations=ordered),
        units=units,
        steps=tuple(step.version for step in recorded.run.steps),
        traceable=recorded.script is None,
        notes=(*recorded.notes, *_reach_notes(recorded.run.reach)),
        reach=recorded.run.reach,
        fresh=fresh,
    )


def _reach_notes(reach: AlembicReach | None) -> list[str]:
    return [f"include_object or include_name of env.py fails: {one}" for one in reach.unjudged] if reach else []


def _inputs(history: History, imported: Sequence[Path]) -> dict[str, str]:
    """Digest by path of every file that went into a recording: the folder of migrations, and what was imported."""
    places = {migration.up.parent for migration in history.migrations} | {history.folder}
    beside = (file for place in sorted(places) for file in sorted(place.iterdir()) if file.is_file())
    files = dict.fromkeys((*beside, *(migration.up for migration in history.migrations), *imported))
    return {str(file): _content(file) for file in files}


def _content(file: Path) -> str:
    try:
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError as exc:
        return f"none: {exc.strerror}"


def _keep(kept: Path, recorded: _Recorded, history: History) -> None:
    document = {
        "inputs": _inputs(history, recorded.run.imported),
        "steps": [{"version": step.version, "sent": [asdict(one) for one in step.sent]} for step in recorded.run.steps],
        "imported": [str(file) for file in recorded.run.imported],
        "reach": asdict(recorded.run.reach) if recorded.run.reach is not None else None,
        "script": recorded.script,
        "notes": list(recorded.notes),
    }
    with suppress(OSError):  # a cache that cannot be written costs time only
        write_whole(kept, json.dumps(document))
        kept.chmod(0o600)


def _recall(kept: Path, history: History) -> _Recorded | None:
    try:
        found: dict[str, Any] = json.loads(kept.read_text(encoding="utf-8"))
        imported = tuple(Path(file) for file in found["imported"])
        if found["inputs"] != _inputs(history, imported):
            return None
        reach = found["reach"]
        return _Recorded(
            run=ToolRun(
                steps=tuple(
                    Step(version=step["version"], sent=tuple(Sent(**one) for one in step["sent"]))
                    for step in found["steps"]
                ),
                imported=imported,
                reach=_reach(reach) if reach is not None else None,
            ),
            script=found["script"],
            notes=tuple(found["notes"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _reach(found: dict[str, Any]) -> AlembicReach:
    """A reach as JSON holds it: lists where there were tuples."""
    pairs = {key: tuple((a, b) for a, b in found[key]) for key in ("excluded", "models") if found[key] is not None}
    return AlembicReach(**{**found, "ledger": tuple(found["ledger"]), "unjudged": tuple(found["unjudged"]), **pairs})
