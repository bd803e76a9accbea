"""Which major version of PostgreSQL does production run, as far as the repository tells?

Read from what the Supabase CLI is told, else from what is started beside the code: compose files, then
`.tool-versions`, then CI. The names of images are
looked at, nothing is pulled. Where nothing tells, the configuration's default stands, and is said to be one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pgmason.products.projects import small_text

__all__ = ["MAJORS", "postgres_major"]

MAJORS = ("13", "14", "15", "16", "17", "18")
DEFAULT = "15"
_IMAGE = re.compile(r"""^\s*-?\s*image:\s*["']?([^\s"'#]+)""", re.MULTILINE)
_SERVERS = frozenset(
    {"postgres", "postgresql", "postgis", "pgvector", "pgvecto-rs", "timescaledb", "timescaledb-ha", "paradedb"}
)
_TOOL = re.compile(r"^\s*\"?postgres(?:ql)?\"?\s*[= ]\s*\"?(\d+)", re.MULTILINE)
_SUPABASE = re.compile(r"^\s*major_version\s*=\s*(\d+)", re.MULTILINE)
_PLACES = (
    ("supabase/config.toml",),
    ("docker-compose*.y*ml", "compose*.y*ml", "docker/*compose*.y*ml", ".devcontainer/*compose*.y*ml"),
    (".tool-versions", "mise.toml", ".mise.toml"),
    (".github/workflows/*.y*ml", ".gitlab-ci.yml"),
)


def postgres_major(root: Path, home: Path) -> tuple[str, str]:
    """(the major, the sentence that says where it comes from). The product's own folder speaks before the root."""
    unread: list[str] = []
    for patterns in _PLACES:
        for folder in dict.fromkeys((home, root)):
            for file in _files(folder, patterns):
                majors = list(dict.fromkeys(_majors(file)))
                known = [major for major in majors if major in MAJORS]
                unread += [f"{_from(root, file)} names {major}" for major in majors if major not in MAJORS]
                if known:
                    newest = max(known, key=int)
                    others = ", ".join(major for major in known if major != newest)
                    beside = f" (and {others}: the newest is taken)" if others else ""
                    return newest, f"{_from(root, file)} names PostgreSQL {newest}{beside}"
    why = "the default: no compose file, .tool-versions or CI file names a PostgreSQL"
    return DEFAULT, f"the default: {unread[0]}, which is not read" if unread else why


def _files(folder: Path, patterns: tuple[str, ...]) -> Iterator[Path]:
    for pattern in patterns:
        try:
            yield from sorted(file for file in folder.glob(pattern) if file.is_file())
        except OSError:
            continue


def _majors(file: Path) -> Iterator[str]:
    """The majors that a file names, in its order."""
    text = small_text(file) or ""
    if file.name == "config.toml":
        yield from (match[1] for match in _SUPABASE.finditer(text))
        return
    if file.suffix not in (".yml", ".yaml"):
        yield from (match[1] for match in _TOOL.finditer(text))
        return
    for match in _IMAGE.finditer(text):
        name, _, tag = match[1].partition("@")[0].rpartition("/")[2].partition(":")
        # postgres:16-alpine, postgis:16-3.4, pgvector:pg16, timescaledb:2.15.0-pg16, postgres:${PG:-16}
        if name in _SERVERS:
            seen = re.search(r"pg(\d\d)", tag) or re.search(r":-(\d\d)\b", tag) or re.match(r"v?(\d+)\b", tag)
            if seen:
                yield seen[1]


def _from(root: Path, file: Path) -> str:
    return file.relative_to(root).as_posix()
