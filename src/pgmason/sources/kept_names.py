"""What did a schema language call its objects, the last time that these files were read?

Reading a schema.prisma of a hundred models takes longer than the rules that want its names. A file that cannot be read
is as good as none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pgmason.evidence import write_whole
from pgmason.findings import Place
from pgmason.names import ObjectId
from pgmason.postgres.home import home
from pgmason.sources import Called

__all__ = ["keep_names", "recall_names"]


def _file(key: str) -> Path:
    return home() / "readings" / f"names-{key[:40]}.json"


def recall_names(key: str) -> dict[ObjectId, Called] | None:
    """The names that were kept under that digest, or None."""
    try:
        names = json.loads(_file(key).read_text(encoding="utf-8"))["names"]
        return {
            ObjectId(kind, tuple(path)): Called(words=words, place=Place(file=file, line=line))
            for kind, path, words, file, line in names
        }
    except (OSError, ValueError, KeyError, TypeError):
        return None


def keep_names(key: str, names: Mapping[ObjectId, Called]) -> None:
    """Keep them; a cache that cannot be written costs time only."""
    content = [[one.kind, one.path, said.words, said.place.file, said.place.line] for one, said in names.items()]
    with suppress(OSError):
        write_whole(_file(key), json.dumps({"version": 1, "names": content}, ensure_ascii=False))
