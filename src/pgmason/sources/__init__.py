"""Where a schema comes from: one file a kind of source, found by its package.

A SOURCE is written `KIND:REST` (`migrations:prisma/migrations`, `sql:db/*.sql`, `database:env:DATABASE_URL`,
`catalog:schema.json`, `empty`); a bare path is understood too. `read_source` gives a `Reading`: the catalog, the
words for where it came from and which server said so, and everything that was put in place of something else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from pgmason.catalog.model import Catalog
from pgmason.errors import NextCommand, UnknownSource, Unsupported
from pgmason.findings import Place
from pgmason.formats.migration import History
from pgmason.interpreters.tools import AlembicReach
from pgmason.names import ObjectId, without_password

__all__ = ["Context", "Reading", "SourceKind", "read_source", "source_kinds"]

# What DESIGN names and this version does not read; each is refused by name with what to use meanwhile.
NOT_YET = {
    "prisma": "schema.prisma is not read yet; its migrations are: migrations:DIR",
}


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
    file and line that brought an object in. `history` is the folder of migrations, if the source is one; `tool_reach`
    is what the product's own autogenerate looks at, where its tool has one and was run.
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
    tool_reach: AlembicReach | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceKind:
    """One kind of source: its prefix, an example, whether a bare path is one, and how it is read."""

    prefix: str
    example: str
    read: Callable[[str, Context], Reading]
    claims: Callable[[Path], bool] = lambda path: False


@cache
def source_kinds() -> tuple[SourceKind, ...]:
    """Every kind in this folder, sorted by prefix."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    return tuple(
        sorted((module.SOURCE for module in modules if hasattr(module, "SOURCE")), key=lambda kind: kind.prefix)
    )


def read_source(source: str, context: Context) -> Reading:
    """The schema that a SOURCE names. Raises UnknownSource, Unsupported, StatementFailed or an OutOfReach."""
    prefix, colon, rest = source.partition(":")
    for kind in source_kinds():
        if prefix == kind.prefix and (colon or kind.prefix == "empty"):
            return kind.read(rest, context)
    if colon and prefix in NOT_YET:
        raise Unsupported(NOT_YET[prefix], where=source)
    if prefix in ("postgres", "postgresql") and rest.startswith("//"):
        return next(kind for kind in source_kinds() if kind.prefix == "database").read(source, context)
    path = context.base / source
    if path.exists():
        for kind in source_kinds():
            if kind.claims(path):
                return kind.read(source, context)
        if path.suffix == ".prisma":
            raise Unsupported(NOT_YET["prisma"], where=source)
    examples = ", ".join(kind.example for kind in source_kinds())
    raise UnknownSource(
        f"{without_password(source)!r} names no schema: "
        + ("nothing there looks like one" if path.exists() else "no such file or folder"),
        fix=f"a SOURCE is one of: {examples}",
        next=[NextCommand(command="pgmason schema show --help", why="explains each")],
    )
