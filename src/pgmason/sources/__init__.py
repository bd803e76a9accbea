"""Where a schema comes from: one file a kind of source, found by its package.

A SOURCE is written `KIND:REST` (`migrations:prisma/migrations`, `sql:db/*.sql`, `prisma:prisma/schema.prisma`,
`database:env:DATABASE_URL`, `catalog:schema.json`, `empty`); a bare path is understood too. `read_source` gives a
`Reading`: the catalog, the words for where it came from and which server said so, and everything that was put in
place of something else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from pgmason.errors import NextCommand, UnknownSource
from pgmason.names import ObjectId, without_password

if TYPE_CHECKING:
    from pgmason.catalog.model import Catalog
    from pgmason.catalog.reach import Reach
    from pgmason.findings import Place
    from pgmason.formats.migration import History
    from pgmason.interpreters.tools import AlembicReach

__all__ = ["Called", "Context", "Reading", "SourceKind", "kind_of", "read_source", "source_kinds"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What reading a source may need: the folder that relative paths start from, the repository's root that places
    are told from, and production's major. `progress` is called with (done, all) while files are applied.

    `python` and `environment` are pgmason.toml's, for what the product's own interpreters run; `platform` is what its
    databases are hosted on.
    """

    base: Path
    root: Path
    major: int = 15
    what: str = "pgmason"
    progress: Callable[[int, int], None] | None = None
    python: str | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    platform: str = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A schema as read.

    `origin` and `server` are words for people. `notes` says each stand-in and substitute. `applied` counts files
    that were run now, `reused` those whose effect came from a template or the cache. `places` points to the
    file and line that brought an object in. `history` is the folder of migrations, if the source is one. `reach` is
    what its language can say, None where that is everything; `tool_reach` what the product's own autogenerate looks at,
    where its tool has one and was run.
    """

    catalog: Catalog
    origin: str
    server: str
    substitute: bool = False
    notes: tuple[str, ...] = ()
    applied: int = 0
    reused: int = 0
    places: Mapping[ObjectId, Place] = field(default_factory=dict)
    history: History | None = None
    reach: Reach | None = None
    tool_reach: AlembicReach | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Called:
    """What the language of a source calls an object ("model User", "User.email"; "" for nothing), and where."""

    words: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKind:
    """One kind of source: its prefix, an example, whether a bare path is one, and how it is read.

    `files` are those whose contents decide what is read, None where other things do (a database). `calls` gives what
    the language calls the objects, by the files alone; None where it has no names of its own. Both raise as `read`.
    """

    prefix: str
    example: str
    read: Callable[[str, Context], Reading]
    claims: Callable[[Path], bool] = lambda path: False
    files: Callable[[str, Context], Sequence[Path]] | None = None
    calls: Callable[[str, Context], Mapping[ObjectId, Called]] | None = None


@cache
def source_kinds() -> tuple[SourceKind, ...]:
    """Every kind in this folder, sorted by prefix."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    return tuple(
        sorted((module.SOURCE for module in modules if hasattr(module, "SOURCE")), key=lambda kind: kind.prefix)
    )


@cache
def _kind_named(prefix: str) -> SourceKind | None:
    """The kind of that prefix, its file alone imported: each is named for its prefix."""
    if prefix not in {module.name for module in iter_modules(__path__)}:
        return None
    found: SourceKind | None = getattr(import_module(f"{__name__}.{prefix}"), "SOURCE", None)
    return found if found is not None and found.prefix == prefix else None


def kind_of(source: str, context: Context) -> tuple[SourceKind, str] | None:
    """The kind of a SOURCE, and what is behind its prefix; None where it is of none."""
    prefix, colon, rest = source.partition(":")
    if (named := _kind_named(prefix)) is not None and (colon or prefix == "empty"):
        return named, rest
    path = context.base / source
    claiming = (kind for kind in source_kinds() if path.exists() and kind.claims(path))
    return next(((kind, source) for kind in claiming), None)


def read_source(source: str, context: Context) -> Reading:
    """The schema that a SOURCE names. Raises UnknownSource, Unsupported, StatementFailed or an OutOfReach."""
    prefix, _, rest = source.partition(":")
    found = kind_of(source, context)
    if found is not None:
        return found[0].read(found[1], context)
    if prefix in ("postgres", "postgresql") and rest.startswith("//"):
        return next(kind for kind in source_kinds() if kind.prefix == "database").read(source, context)
    path = context.base / source
    examples = ", ".join(kind.example for kind in source_kinds())
    raise UnknownSource(
        f"{without_password(source)!r} names no schema: "
        + ("nothing there looks like one" if path.exists() else "no such file or folder"),
        fix=f"a SOURCE is one of: {examples}",
        next=[NextCommand(command="pgmason schema show --help", why="explains each")],
    )
