"""What schema do these files make? PostgreSQL is asked, once for each prefix of them.

The files are applied in order to a scratch database as a confined role, from the longest prefix that a template is
kept for; the result becomes a template, and its catalog is cached on disk, so that the same question is answered
next time without a server. A file is sent whole where its runner does so; when that fails, the statement
that fails is found by sending them one at a time to a clone of the state before it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgmason.code import code_mark
from pgmason.errors import NextCommand, PgmasonError, ServerFailed, StatementFailed, UnknownSource, Unsupported
from pgmason.names import ObjectId
from pgmason.postgres.home import home
from pgmason.postgres.installations import choose
from pgmason.postgres.platforms import named_platform, prepare_platform, settle_platform
from pgmason.postgres.sending import send
from pgmason.postgres.tree import tree_name
from pgmason.sources.units import Frame, Unit, chain_digests
from pgmason.statements import (
    Script,
    ScriptError,
    Statement,
    extensions_created,
    needs_own_transaction,
    read_script,
    roles_named,
    transaction_control,
)

if TYPE_CHECKING:
    import psycopg
    from psycopg import Connection

    from pgmason.catalog.model import Catalog
    from pgmason.findings import Place
    from pgmason.postgres.scratch import Scratch
    from pgmason.postgres.server import Server
    from pgmason.sources import Context

__all__ = ["KeptTemplate", "Replay", "kept_template", "replay"]

LONG_FILES = 100
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

_MENDED = (NextCommand(command="pgmason check", why="when the file is mended: only it and what follows is replayed"),)

# SQLSTATEs that say the server is ill, not the statement: class 53 but 53400, 57P01-57P03, 58 (manual, appendix A).
_DISK = {"53100", "58030"}
_GONE = {"57P01", "57P02", "57P03"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """The result: the catalog, what was applied and reused (files), notes, places, and the server's words.

    `template` is the digest under which the server keeps a database in that state, until it is evicted.
    """

    catalog: Catalog
    template: str
    server: str
    substitute: bool
    applied: int
    reused: int
    notes: tuple[str, ...]
    places: Mapping[ObjectId, Place]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTemplate:
    """Under which digest the state after the units was kept on the server, and the notes of making it."""

    digest: str
    notes: tuple[str, ...]


def kept_template(units: Sequence[Unit], context: Context) -> KeptTemplate | None:
    """What an earlier replay of the same units left, told without a server; None where there was none."""
    try:
        found = json.loads(_memory(units, context).read_text(encoding="utf-8"))
        return KeptTemplate(digest=found["template"], notes=tuple(found["notes"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _memory(units: Sequence[Unit], context: Context) -> Path:
    """The file that remembers what the units make."""
    # notes and places name the files; another version of the code reads more kinds, and tells places better
    base = tree_name(choose(context.major).installation)
    about = [chain_digests(f"{base}{_platform_mark(context)}", units)[-1], code_mark(), *(unit.file for unit in units)]
    question = hashlib.sha256("\0".join(about).encode()).hexdigest()
    return home() / "readings" / f"{question[:40]}.json"


def replay(units: Sequence[Unit], context: Context, *, anew: bool = False) -> Replay:
    """Apply the units, or recall what they make; `anew` where the template itself is wanted, and may be gone.

    Raises StatementFailed, ScriptError, Unsupported, ServerFailed.
    """
    choice = choose(context.major)
    kept = _memory(units, context)
    recalled = None if anew else _recall(kept)
    if recalled is None:
        from pgmason.postgres.server import lease_server
        from pgmason.sources.places import find_places

        scripts = _Scripts(units)
        with lease_server(context.major, what=context.what) as server:
            from pgmason.postgres.scratch import TemplateGone

            try:
                catalog, notes, applied, template = _with_what_is_missing(server, units, scripts, context)
            except TemplateGone:
                catalog, notes, applied, template = _with_what_is_missing(server, units, scripts, context)
        places = find_places(catalog, {unit.file: scripts[number] for number, unit in enumerate(units)})
        _keep(kept, catalog, notes, places, template)
    else:
        catalog, notes, places, template = recalled
        applied = 0
    own, said = _without_platform(catalog, context)
    return Replay(
        catalog=own,
        template=template,
        server=str(choice),
        substitute=choice.substitute,
        applied=applied,
        reused=len(units) - applied,
        notes=(*notes, *said),
        places=places,
    )


def _platform_mark(context: Context) -> str:
    """What the templates of a platform's databases are told apart by; "" without one."""
    platform = named_platform(context.platform)
    return f":{platform.name}-{platform.mark}" if platform is not None and platform.mark else ""


def _without_platform(catalog: Catalog, context: Context) -> tuple[Catalog, list[str]]:
    """The catalog less what the platform manages; what of the product's lies on that is told, not judged."""
    platform = named_platform(context.platform)
    if platform is None or not platform.external:
        return catalog, []
    own = catalog.without(platform.external)
    on_theirs = [one for one in catalog.objects if one.kind in ("trigger", "policy") and one not in own.objects]
    names = ", ".join(f"{one.kind} {one.name}" for one in sorted(on_theirs)[:3])
    more = f" and {len(on_theirs) - 3} more" if len(on_theirs) > 3 else ""
    said = [f"on tables that {platform.label} manages, so applied and not judged: {names}{more}"] if on_theirs else []
    return own, said


def _recall(kept: Path) -> tuple[Catalog, tuple[str, ...], dict[ObjectId, Place], str] | None:
    from pgmason.catalog.canonical import catalog_from_document
    from pgmason.findings import Place

    try:
        found = json.loads(kept.read_text(encoding="utf-8"))
        files = found["files"]
        places = {
            ObjectId(kind, tuple(path)): Place(file=files[file], line=line)
            for kind, path, file, line in found["places"]
        }
        catalog = catalog_from_document(found["catalog"], name=str(kept))
        return catalog, tuple(found["notes"]), places, str(found["template"])
    except (OSError, ValueError, KeyError, TypeError, IndexError, UnknownSource):
        return None


def _keep(
    kept: Path, catalog: Catalog, notes: tuple[str, ...], places: Mapping[ObjectId, Place], template: str
) -> None:
    from pgmason.catalog.canonical import document_of
    from pgmason.evidence import write_whole

    files = sorted({place.file for place in places.values()})
    number = {file: i for i, file in enumerate(files)}
    content = {
        "catalog": document_of(catalog),
        "notes": notes,
        "template": template,
        "files": files,
        "places": [
            [identity.kind, identity.path, number[place.file], place.line] for identity, place in places.items()
        ],
    }
    with suppress(OSError):  # a cache that cannot be written costs time only
        write_whole(kept, json.dumps(content))


def _with_what_is_missing(
    server: Server, units: Sequence[Unit], scripts: _Scripts, context: Context
) -> tuple[Catalog, tuple[str, ...], int, str]:
    """Apply; where a file needs an extension that no file creates, create it beforehand, say so, and start again.

    So too where one fails before all stand-ins are there: a file may use in a DO block what a later one names.
    """
    from pgmason.postgres.extensions import missing_name, provider_of

    beforehand: tuple[str, ...] = ()
    said: list[str] = []
    while True:
        base = f"{server.tree.name}{_platform_mark(context)}"
        chain = chain_digests(f"{base}:{','.join(beforehand)}", units)
        try:
            catalog, notes, applied = _apply(server, units, scripts, chain, beforehand, context)
        except StatementFailed as exc:
            if not scripts.all_stood_in(server):
                continue
            name = missing_name(exc.sqlstate, exc.message)
            extension = provider_of(server, name) if name else None
            if name is None or extension is None or extension in beforehand:
                raise
            beforehand = (*beforehand, extension)
            said.append(
                f"extension {extension}: created beforehand, because {exc.file} uses {name} and no file creates it"
            )
        else:
            return catalog, (*said, *notes), applied, chain[-1]


def _apply(
    server: Server,
    units: Sequence[Unit],
    scripts: _Scripts,
    chain: Sequence[str],
    beforehand: tuple[str, ...],
    context: Context,
) -> tuple[Catalog, tuple[str, ...], int]:
    """The catalog, the notes, and how many files ran. Keeps templates of the last state and of the one before it."""
    from pgmason.catalog.reading import read_catalog
    from pgmason.postgres.extensions import create_extensions
    from pgmason.postgres.scratch import evict_templates, has_template, scratch_database, stand_in_roles

    platform = named_platform(context.platform)
    usual = platform.roles if platform is not None else ()
    stand_in_roles(server, usual)
    told = [f"{platform.label}: its roles, schemas and functions are stand-ins"] if platform is not None else []
    hit = has_template(server, list(reversed(chain)))
    start = position = chain.index(hit) if hit else 0
    last = len(units) - 1
    with scratch_database(server, template=hit) as scratch:
        if platform is not None:
            if hit is None:
                prepare_platform(server, scratch.name, platform)
            settle_platform(server, scratch.name, platform)
        if hit is None and beforehand:
            create_extensions(server, scratch.name, beforehand)
        while position < len(units):
            before = position
            stop = last if position < last else len(units)  # pause before the last file: it is the one edited next
            with scratch.session() as session:
                position, failed = _send(scratch, session, units, scripts, position, stop, context)
            if (before < position < len(units)) and _worth_keeping(server, chain[position], position - before, failed):
                scratch.save(chain[position])
            if failed is not None:
                told.append(_send_one_at_a_time(scratch, units[position], scripts[position], failed))
                position += 1
        with scratch.observer() as observer:
            catalog = read_catalog(observer, unsaid=scratch.unsaid)
        if hit != chain[-1]:
            scratch.keep(chain[-1])
    evict_templates(server.admin)
    # of every script, also those that the template has: what stands in is said each time
    return catalog, (*scripts.stood_in(server, besides=usual), *told), len(units) - start


def _worth_keeping(server: Server, digest: str, applied: int, failed: Exception | None) -> bool:
    """Whether to copy a state on the way: at once where little was applied, or somebody will come back to a failure;
    after a long replay only when the same state is wanted a second time, because a copy of much costs a third of it.
    """
    from pgmason.postgres.scratch import wanted_before

    return applied <= LONG_FILES or failed is not None or wanted_before(server, digest)


class _Scripts:
    """The statements of each unit, parsed when they are asked for or while the server has something to do."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self._units = units
        self._parsed: dict[int, Script] = {}
        self._named: dict[int, tuple[frozenset[str], tuple[str, ...]]] = {}
        self._ready: set[int] = set()  # those of which roles and extensions stand in

    def __getitem__(self, number: int) -> Script:
        """Raises StatementFailed or Unsupported, naming the file."""
        if number not in self._parsed:
            self._parsed[number] = _script(self._units[number])
        return self._parsed[number]

    def look_ahead(self, number: int) -> None:
        """Parse that one, if there is one; what is wrong with it is said when it is asked for."""
        if number < len(self._units):
            with suppress(PgmasonError):
                self._names(number)

    def _names(self, number: int) -> tuple[frozenset[str], tuple[str, ...]]:
        """The roles that a script names, and the extensions that it makes."""
        if number not in self._named:
            script = self[number]
            self._named[number] = (frozenset(roles_named(script)), tuple(extensions_created(script)))
        return self._named[number]

    def stand_in(self, server: Server, number: int) -> None:
        """See to it that the roles and extensions that a script names are there."""
        from pgmason.postgres.scratch import offer_extensions, stand_in_roles

        if number not in self._ready:
            roles, extensions = self._names(number)
            stand_in_roles(server, roles)
            offer_extensions(server, extensions)
            self._ready.add(number)

    def all_stood_in(self, server: Server) -> bool:
        """Whether this was seen to for every script before; it is now, but for those that cannot be parsed."""
        missing = [number for number in range(len(self._units)) if number not in self._ready]
        for number in missing:
            with suppress(PgmasonError):
                self.stand_in(server, number)
            self._ready.add(number)
        return not missing

    def stood_in(self, server: Server, *, besides: Collection[str]) -> tuple[str, ...]:
        """What to say of it, for all scripts together, but for the roles that the platform has anyway."""
        from pgmason.postgres.scratch import offer_extensions, stand_in_roles

        named = [self._names(number) for number in range(len(self._units))]
        return (
            *stand_in_roles(server, {role for roles, _ in named for role in roles} - set(besides)),
            *offer_extensions(server, dict.fromkeys(name for _, extensions in named for name in extensions)),
        )


def _script(unit: Unit) -> Script:
    try:
        script = read_script(unit.text, file=unit.file)
    except ScriptError as exc:
        raise StatementFailed(
            file=unit.file, line=exc.line, statement=exc.near, message=exc.message, sqlstate="42601", next=_MENDED
        ) from exc
    for refused in script.refused:
        raise Unsupported(
            f"a command of psql's own that is not followed: {refused.text.strip()}",
            where=f"{unit.file}:{refused.line}",
            fix="SQL alone is applied; take the command out, or export the schema with pg_dump -s",
        )
    return script


def _apart(unit: Unit, script: Script) -> bool:
    """Whether the statements must be sent one at a time: some refuse a transaction, manage one, or bring rows."""
    return unit.frame is Frame.STATEMENTS or any(
        statement.copy_data is not None or needs_own_transaction(statement) or transaction_control(statement)
        for statement in script.statements
    )


def _send(
    scratch: Scratch,
    session: Connection[Any],
    units: Sequence[Unit],
    scripts: _Scripts,
    position: int,
    stop: int,
    context: Context,
) -> tuple[int, Exception | None]:
    """Send units from `position` up to `stop`; where the next one is, and why it could not be sent whole.

    A unit that failed whole has left nothing behind: its one transaction was rolled back.
    """
    import psycopg

    while position < stop:
        unit, script = units[position], scripts[position]
        scripts.stand_in(scratch.server, position)
        if _apart(unit, script):
            for statement in script.statements:
                _execute(scratch, session, unit, statement)
        elif script.statements:
            text = unit.text if not script.meta_commands else ";\n".join(s.text for s in script.statements)
            try:
                answers = send(session, text if unit.frame is Frame.WHOLE else f"BEGIN;{text}\n;COMMIT")
                scripts.look_ahead(position + 1)
                for _ in answers:
                    pass
            except psycopg.Error as exc:
                _check_server(exc, scratch, unit)
                return position, exc
        if not all(statement.form in _QUIET for statement in script.statements) or "set_config" in unit.text:
            session.execute(_FRESH)
        position += 1
        if context.progress:
            context.progress(position, len(units))
    return position, None


def _send_one_at_a_time(scratch: Scratch, unit: Unit, script: Script, failed: Exception) -> str:
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
        next=_MENDED,
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
