"""Which files does a pattern name, here or in an object store, and how is one opened?

A pattern is a path relative to a folder (`exports/*.parquet`, `**` for folders at any depth) or a URI that
pyarrow.fs knows (`s3://bucket/orders/*.csv`, `gs://`, `abfs://`). Credentials are taken from where that library looks
(environment, instance profile), never from the pattern; what follows `?` in a URI are its options. Files come in the
order of their paths, so that two runs see the same order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pgmason.errors import WrongUse
from pgmason.names import without_password
from pgmason.pipelines.extract.faults import SourceUnreachable, SourceUnreadable

if TYPE_CHECKING:
    from pyarrow import fs

__all__ = ["Found", "Place"]

_MAGIC = re.compile(r"[*?\[]")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


class Found(NamedTuple):
    """A file as it is now: what tells it from another version of itself."""

    path: str  # as the file system names it
    size: int  # bytes
    modified: str  # ISO 8601, UTC, as precise as the store tells it; "" where it does not


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A pattern and the folder it is relative to. Nothing is opened before it is asked."""

    pattern: str
    base: str

    def __post_init__(self) -> None:
        if not self.pattern:
            raise WrongUse("a pattern of files is empty")

    @property
    def name(self) -> str:
        """For people; no password, no options."""
        return without_password(self.pattern.partition("?")[0] if self.is_uri else self.pattern)

    @property
    def is_uri(self) -> bool:
        return _URI.match(self.pattern) is not None

    def files(self) -> list[Found]:
        """The files that match, sorted by path. Raises SourceUnreachable; an empty list where none matches."""
        from pyarrow import fs

        system, pattern = self._system()
        folder, wanted = _split(pattern)
        try:
            if not wanted:
                infos = [system.get_file_info(pattern)]
            else:
                deep = "/" in wanted or "**" in wanted
                selector = fs.FileSelector(folder, recursive=deep, allow_not_found=True)
                infos = system.get_file_info(selector)
        except OSError as exc:
            raise SourceUnreachable(f"cannot be listed: {_told(exc)}", where=self.name) from exc
        matches = _matcher(pattern)
        return sorted(
            Found(info.path, info.size, info.mtime.isoformat() if info.mtime else "")
            for info in infos
            if info.type == fs.FileType.File and (not wanted or matches(info.path))
        )

    @contextmanager
    def stream(self, path: str) -> Iterator[Any]:
        """The file's bytes from the beginning, decompressed where its name says how (.gz, .zst, .bz2, .lz4)."""
        system, _ = self._system()
        with self._told(path), system.open_input_stream(path, compression="detect", buffer_size=1 << 20) as stream:
            yield stream

    @contextmanager
    def random(self, path: str) -> Iterator[Any]:
        """The file, to be read at any place."""
        system, _ = self._system()
        with self._told(path), system.open_input_file(path) as file:
            yield file

    def shown(self, path: str) -> str:
        """A path as the user would write it: relative where the pattern is."""
        base = self.base.rstrip("/") + "/"
        return path[len(base) :] if not self.is_uri and path.startswith(base) else path

    @contextmanager
    def _told(self, path: str) -> Iterator[None]:
        """What Arrow says of a file, told with its name. Raises SourceUnreadable."""
        import pyarrow as pa

        try:
            yield
        except (pa.ArrowException, OSError, EOFError) as exc:
            raise SourceUnreadable(_told(exc), where=self.shown(path)) from exc

    def _system(self) -> tuple[fs.FileSystem, str]:
        from pyarrow import fs

        if not self.is_uri:
            path = Path(self.base, self.pattern) if not Path(self.pattern).is_absolute() else Path(self.pattern)
            return fs.LocalFileSystem(), path.as_posix()
        head, question, options = self.pattern.partition("?")
        folder, wanted = _split(head) if _MAGIC.search(head) else (head, "")
        try:
            system, path = fs.FileSystem.from_uri(folder + question + options)
        except (ValueError, OSError, ImportError) as exc:
            raise WrongUse(f"is no place that can be read: {_told(exc)}", where=self.name) from exc
        return system, f"{path.rstrip('/')}/{wanted}" if wanted else path


def _told(exc: BaseException) -> str:
    """The first line of what a library says, without what may be a password."""
    text = str(exc).strip()
    return without_password(text.splitlines()[0]) if text else type(exc).__name__


def _split(pattern: str) -> tuple[str, str]:
    """The folder before the first wildcard, and the rest; ("", "") parts where there is none."""
    found = _MAGIC.search(pattern)
    if found is None:
        return pattern, ""
    folder, _, _ = pattern[: found.start()].rpartition("/")
    return folder or "/", pattern[len(folder) :].lstrip("/")


def _matcher(pattern: str) -> Any:
    """Whether a path matches: `*` and `?` within one name, `**/` for any number of folders."""
    said = []
    i = 0
    while i < len(pattern):
        if pattern.startswith("**/", i):
            said.append("(?:.*/)?")
            i += 3
        elif pattern.startswith("**", i):
            said.append(".*")
            i += 2
        elif pattern[i] == "*":
            said.append("[^/]*")
            i += 1
        elif pattern[i] == "?":
            said.append("[^/]")
            i += 1
        elif pattern[i] == "[" and (end := pattern.find("]", i + 2)) > 0:
            inner = pattern[i + 1 : end].replace("\\", "\\\\")
            said.append(f"[{'^' + inner[1:] if inner[0] == '!' else inner}]")
            i = end + 1
        else:
            said.append(re.escape(pattern[i]))
            i += 1
    return re.compile("".join(said) + r"\Z", re.DOTALL).match
