"""What schema do these files make? PostgreSQL is asked, once for each prefix of them.

The files are applied in order to a scratch database as a confined role, from the longest prefix that a template is
kept for; the result becomes a template, and its catalog is cached on disk, so that the same question is answered
next time without a server. A file is sent whole where its runner does so; when that fails, the statement
that fails is found by sending them one at a time to a clone of the state before it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgmason.code import code_mark
from pgmason.errors import StatementFailed, UnknownSource
from pgmason.names import ObjectId
from pgmason.postgres.home import home
from pgmason.postgres.installations import choose
from pgmason.postgres.platforms import named_platform, prepare_platform, settle_platform
from pgmason.postgres.readings import keep_reading, use_reading
from pgmason.postgres.tree import tree_name
from pgmason.sources.units import Unit, chain_digests

if TYPE_CHECKING:
    from pgmason.catalog.model import Catalog
    from pgmason.findings import Place
    from pgmason.postgres.server import Server
    from pgmason.sources import Context
    from pgmason.sources.scripts import Scripts

__all__ = ["KeptTemplate", "Replay", "is_kept", "kept_template", "replay"]

LONG_FILES = 100


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
        with _memory(units, context).open(encoding="utf-8") as memory:
            found = json.loads(memory.readline())
        return KeptTemplate(digest=found["template"], notes=tuple(found["notes"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def is_kept(units: Sequence[Unit], context: Context) -> bool:
    """Whether what the units make is remembered, so that a replay of them is a recollection."""
    return _memory(units, context).exists()


def _memory(units: Sequence[Unit], context: Context) -> Path:
    """The file that remembers what the units make: a line of JSON with the template and the notes, one with the
    catalog, one with the places. Many need the first alone, some no places."""
    # notes and places name the files; another version of the code reads more kinds, and tells places better
    base = tree_name(choose(context.major).installation)
    about = [chain_digests(f"{base}{_platform_mark(context)}", units)[-1], code_mark(), *(unit.file for unit in units)]
    question = hashlib.sha256("\0".join(about).encode()).hexdigest()
    return home() / "readings" / f"{question[:40]}.json"


def replay(
    units: Sequence[Unit], context: Context, *, anew: bool = False, again: bool = False, places: bool = True
) -> Replay:
    """Apply the units, or recall what they make; `anew` where the template itself is wanted, and may be gone.

    `again` says that the last file is likely to change, and the next command then wants a clone of the state before it.
    Without `places` they are not recalled, and may be missing.

    Raises StatementFailed, ScriptError, Unsupported, ServerFailed.
    """
    choice = choose(context.major)
    kept = _memory(units, context)
    recalled = None if anew else _recall(kept, places=places)
    if recalled is None:
        from pgmason.postgres.server import lease_server
        from pgmason.sources.places import find_places
        from pgmason.sources.scripts import Scripts

        scripts = Scripts(units, context.root)
        with lease_server(context.major, what=context.what) as server:
            from pgmason.postgres.scratch import TemplateGone

            try:
                catalog, notes, applied, template = _with_what_is_missing(server, units, scripts, context, again)
            except TemplateGone:
                catalog, notes, applied, template = _with_what_is_missing(server, units, scripts, context, again)
        found = find_places(catalog, scripts.named())
        _keep(kept, catalog, notes, found, template)
    else:
        catalog, notes, found, template = recalled
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
        places=found,
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


def _recall(kept: Path, *, places: bool) -> tuple[Catalog, tuple[str, ...], dict[ObjectId, Place], str] | None:
    from pgmason.catalog.canonical import unpacked
    from pgmason.catalog.collector import without_collector

    try:
        first, second, third = use_reading(kept).splitlines()
        template = json.loads(first)
        with without_collector():
            catalog = unpacked(json.loads(second))
            found = _places_from(json.loads(third)) if places else {}
        return catalog, tuple(template["notes"]), found, str(template["template"])
    except (OSError, ValueError, KeyError, TypeError, IndexError, UnknownSource):
        return None


def _places_from(kept: Any) -> dict[ObjectId, Place]:
    from pgmason.findings import Place

    files = kept["files"]
    return {
        ObjectId(kind, tuple(path)): Place(file=files[file], line=line) for kind, path, file, line in kept["places"]
    }


def _keep(
    kept: Path, catalog: Catalog, notes: tuple[str, ...], places: Mapping[ObjectId, Place], template: str
) -> None:
    from pgmason.catalog.canonical import packed

    files = sorted({place.file for place in places.values()})
    number = {file: i for i, file in enumerate(files)}
    first = {"template": template, "notes": notes}
    third = {
        "files": files,
        "places": [
            [identity.kind, identity.path, number[place.file], place.line] for identity, place in places.items()
        ],
    }
    with suppress(OSError):  # a cache that cannot be written costs time only
        keep_reading(kept, "".join(f"{json.dumps(line)}\n" for line in (first, packed(catalog), third)))


def _with_what_is_missing(
    server: Server, units: Sequence[Unit], scripts: Scripts, context: Context, again: bool
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
            catalog, notes, applied = _apply(server, units, scripts, chain, beforehand, context, again)
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
    scripts: Scripts,
    chain: Sequence[str],
    beforehand: tuple[str, ...],
    context: Context,
    again: bool,
) -> tuple[Catalog, tuple[str, ...], int]:
    """The catalog, the notes, and how many files ran. Keeps templates of the last state and of the one before it."""
    from pgmason.catalog.reading import read_catalog
    from pgmason.postgres.extensions import create_extensions
    from pgmason.postgres.scratch import evict_templates, has_template, scratch_database, stand_in_roles
    from pgmason.sources.applying import send_in_order, send_one_at_a_time

    platform = named_platform(context.platform)
    usual = platform.roles if platform is not None else ()
    stand_in_roles(server, usual)
    told = [f"{platform.label}: its roles, schemas and functions are stand-ins"] if platform is not None else []
    hit = has_template(server, list(reversed(chain)))
    start = position = chain.index(hit) if hit else 0
    last = len(units) - 1
    with scratch_database(server, template=hit, again=again and hit is not None and start == last) as scratch:
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
                position, failed = send_in_order(scratch, session, units, scripts, position, stop, context)
            if (before < position < len(units)) and _worth_keeping(server, chain[position], position - before, failed):
                scratch.save(chain[position])
            if failed is not None:
                told.append(send_one_at_a_time(scratch, units[position], scripts[position], failed))
                position += 1
        with scratch.observer() as observer:
            catalog = read_catalog(observer, unsaid=scratch.unsaid)
        if hit != chain[-1]:
            scratch.keep(chain[-1])
    if not server.ahead:  # else the sweep does it, when the command is gone
        evict_templates(server.admin)
    # of every script, also those that the template has: what stands in is said each time
    return catalog, (*scripts.stood_in(server, besides=usual), *told), len(units) - start


def _worth_keeping(server: Server, digest: str, applied: int, failed: Exception | None) -> bool:
    """Whether to copy a state on the way: at once where little was applied, or somebody will come back to a failure;
    after a long replay only when the same state is wanted a second time, because a copy of much costs a third of it.
    """
    from pgmason.postgres.scratch import wanted_before

    return applied <= LONG_FILES or failed is not None or wanted_before(server, digest)
