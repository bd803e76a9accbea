"""What do the files of a history say of roles, extensions and objects, without parsing each of them again?

One of hundreds of files is new; what the others name is told from a file that the last parsing left, by the contents
of each. It holds what stands in the histories of one folder as they are now and nothing else, so it does not grow.
Left to others: what is done with the names (scripts.py, places.py).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from pgmason.code import code_mark
from pgmason.postgres.home import home
from pgmason.sources.units import Unit

if TYPE_CHECKING:
    from pgmason.statements import Script

__all__ = ["Named", "Said", "keep_said", "recall_said", "said_by"]

FEW = 8  # so many files are parsed again rather than everything written anew


@dataclass(frozen=True, slots=True)
class Named:
    """An object that a statement names, as `statements.NamedObject` has it, and the line of the statement."""

    kind: str
    path: tuple[str, ...]
    line: int
    alters: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What one file says: the roles it names, sorted, the extensions it creates, and its objects, both in its order."""

    roles: tuple[str, ...]
    extensions: tuple[str, ...]
    named: tuple[Named, ...]


def said_by(script: Script) -> Said:
    """What a parsed file says."""
    from pgmason.statements import extensions_created, objects_named, roles_named

    return Said(
        roles=tuple(sorted(roles_named(script))),
        extensions=tuple(extensions_created(script)),
        named=tuple(
            Named(one.kind, one.path, statement.line, one.alters)
            for statement in script.statements
            for one in objects_named(statement)
        ),
    )


def recall_said(units: Sequence[Unit], root: Path) -> dict[str, Said]:
    """What is known of the files of a history below `root`, by the digest of their content; {} where nothing is."""
    try:
        found = json.loads(_file(units, root).read_text(encoding="utf-8"))
        return {
            content: Said(
                tuple(roles),
                tuple(extensions),
                tuple(Named(kind, tuple(path), line, alters) for kind, path, line, alters in named),
            )
            for content, (roles, extensions, named) in found["said"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def keep_said(units: Sequence[Unit], root: Path, said: Mapping[str, Said], *, known: int) -> None:
    """Keep what these units say, by the digest of their content; nothing is written where `known` are nearly all.

    A cache that cannot be written costs time only.
    """
    from pgmason.evidence import write_whole

    if len(said) - known <= min(FEW, known):
        return
    content = {
        digest: [one.roles, one.extensions, [[name.kind, name.path, name.line, name.alters] for name in one.named]]
        for digest, one in said.items()
    }
    with suppress(OSError):
        write_whole(_file(units, root), json.dumps({"version": 1, "said": content}, separators=(",", ":")))


def _file(units: Sequence[Unit], root: Path) -> Path:
    """One for the folder that the history lies in, as this very code and this very parser read it."""
    where = units[0].file.rpartition("/")[0].rpartition("/")[0] if units else ""
    about = f"{code_mark()}:{_parser_mark()}:{root}:{where}"
    return home() / "readings" / f"said-{hashlib.sha256(about.encode()).hexdigest()[:40]}.json"


@cache
def _parser_mark() -> str:
    """What the parser of SQL is told apart by; it is not imported for it."""
    found = find_spec("postgast")
    if found is None or found.origin is None:
        return "none"
    status = Path(found.origin).stat()
    return f"{found.origin}:{status.st_size}:{status.st_mtime_ns}"
