"""What is a migration on disk, and what is the history that a folder of them makes?

The types that every format speaks, and the only code that opens a migration's file. Which folders are
migrations, in which order, and how a runner sends them is each format's own affair (`prisma.py`, `updown.py`);
choosing the format is `formats/__init__.py`; executing anything is for other rooms.

A repository may come from a stranger: a file is opened only if it is a regular file of at most 32 MB, holds
UTF-8 text without zero bytes, and, where it is a symbolic link, leads to a place inside the checkout.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shlex
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from operator import attrgetter
from pathlib import Path

from pgmason.errors import NextCommand, UnknownSource, Unsupported, WrongUse
from pgmason.names import printable

__all__ = [
    "LARGEST_FILE_BYTES",
    "Entry",
    "Format",
    "History",
    "Language",
    "Late",
    "Migration",
    "NewMigration",
    "Sections",
    "Transaction",
    "WrittenFile",
    "entries",
    "few",
    "listed_once",
    "read_once",
    "read_text",
]

LARGEST_FILE_BYTES = 32 * 1024 * 1024


class Transaction(StrEnum):
    """How the product's own runner sends a migration file to the server."""

    # One simple query. The server runs it in one implicit transaction unless the file commits by itself, and a
    # file that is a single CREATE INDEX CONCURRENTLY works. (PostgreSQL manual, 55.2.2.1 Multiple Statements in a
    # Simple Query)
    WHOLE_FILE_IMPLICIT = "whole file, implicit transaction"
    FILE_IN_TRANSACTION = "file between BEGIN and COMMIT"
    STATEMENT_BY_STATEMENT = "statement by statement, each committed alone"


class Language(StrEnum):
    """What a migration is written in. All but SQL are programs: what they send is known once they have run."""

    SQL = "SQL"
    PYTHON = "Python"
    JAVASCRIPT = "JavaScript"


class Late(StrEnum):
    """What a runner does with a step that stands before one that is applied already: two branches were merged."""

    PASSED_OVER = "passed over"  # without a word: it asks only for the last version that was applied
    REFUSED = "refused"
    APPLIED = "applied"  # after those that an empty database has after it
    UNKNOWN = "unknown"  # files of this shape belong to several runners
    GRAPH = "graph"  # the order is that of a graph, and several ends are what goes wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Sections:
    """A file cut into its UP and its DOWN, each with as many lines as the file, so that line numbers stay true."""

    up: str
    down: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One step of a history. Its files are read when asked for, and may have changed since the folder was listed.

    `name` is the folder's name, or the UP file's without `.up.sql`. `version` is what the runner's ledger calls it.
    The order of a history is the order of its tuple, not that of versions as text. Where UP and DOWN share a file,
    `up` and `down` are that file and `cut` takes it apart. A program's `undoes` says whether its DOWN does anything,
    as far as the text tells; it is None for SQL, where the DOWN's own text tells it. `repeated` is one that the runner
    sends after all others whenever its text has changed.
    """

    name: str
    version: str
    up: Path
    down: Path | None
    transaction: Transaction
    language: Language = Language.SQL
    cut: Callable[[str], Sections] | None = None
    undoes: bool | None = None
    repeated: bool = False

    def up_text(self) -> str:
        """The UP as SQL, without a byte order mark. Raises WrongUse, naming the file, where it cannot be read;
        Unsupported for a program."""
        self._refuse_program()
        text = read_text(self.up)
        return self.cut(text).up if self.cut is not None else text

    def down_text(self) -> str | None:
        """The DOWN as SQL, None where there is none. Raises as `up_text` does."""
        if self.down is None:
            return None
        self._refuse_program()
        text = read_text(self.down)
        return self.cut(text).down if self.cut is not None else text

    @property
    def is_sql(self) -> bool:
        """Whether it is SQL, and not a program that only the product's own tool can run."""
        return self.language is Language.SQL

    def _refuse_program(self) -> None:
        if not self.is_sql:
            raise Unsupported(
                f"is {self.language}: its SQL is known only once the product's own tool has run it",
                where=printable(str(self.up)),
            )

    @property
    def up_digest(self) -> str:
        """SHA-256 of the UP file's bytes, 64 hex digits; Prisma's ledger keeps the same. Reads the file."""
        return hashlib.sha256(_bytes(self.up)).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The migrations of a folder in the order in which its runner applies them.

    `notes` say, a sentence each, what lies in the folder and was left out, and where this reading took a choice.
    `ledger_tables` are the unqualified names under which the format's runners keep what was applied. Where any step is
    a program, the order here is what the files say of themselves, and the runner's own run has the last word.
    `heads` are the migrations, by name, that several branches end in and nothing merges, a tuple for each place where
    the runner wants one end and finds several.
    """

    format: str
    folder: Path
    migrations: tuple[Migration, ...]
    notes: tuple[str, ...]
    ledger_tables: tuple[str, ...]
    heads: tuple[tuple[str, ...], ...] = ()

    @property
    def programs(self) -> tuple[Migration, ...]:
        """The steps that only the product's own tool can run, in order."""
        return tuple(migration for migration in self.migrations if not migration.is_sql)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMigration:
    """A migration that is to be written: its `name` in words, the moment of it (with a time zone), its SQL.

    `alone` says that its statements must not run in a transaction.
    """

    name: str
    at: datetime
    up: str
    down: str | None = None
    alone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenFile:
    """A file as it would be written; one that is there already (a journal) is replaced."""

    path: Path
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One way to keep migrations in a folder.

    `looks_like` gives what it saw ("19 folders with migration.sql"), or None; it opens no SQL beyond the first
    lines. `read` gives the history, and raises WrongUse (Unsupported among it) where the folder is not to be read.
    `transaction` is how a runner sends a file where the migration itself does not say otherwise. `refines` names the
    formats that the same folder also looks like, to those who do not know this one: a dbmate file is a numbered file.

    `write` gives the files of a new migration that comes last; None where this version only reads the format. It raises
    WrongUse where the format has no place for what is asked. `instructs` tells the comment lines that the tool reads as
    instructions; None where it reads none. `late` is what the runner does with a step before one that is applied.
    """

    name: str
    looks_like: Callable[[Path], str | None]
    read: Callable[[Path], History]
    transaction: Transaction
    ledger_tables: tuple[str, ...]
    refines: tuple[str, ...] = ()
    write: Callable[[History, NewMigration], tuple[WrittenFile, ...]] | None = None
    instructs: Callable[[str], bool] | None = None
    late: Late = Late.APPLIED

    def without_instructions(self, text: str) -> str:
        """The text with as many lines, those that instruct the tool empty: it writes its own."""
        if self.instructs is None:
            return text
        return "\n".join("" if self.instructs(line) else line for line in text.split("\n"))


@dataclass(frozen=True, kw_only=True)  # not slotted: the path is made once, where it is asked for
class Entry:
    """One name in a folder: what it is, links followed; `link` says that it is a symbolic link.

    A link that leads nowhere, or in a circle, is neither file nor folder.
    """

    name: str
    folder: Path
    is_folder: bool
    is_file: bool
    link: bool

    @cached_property
    def path(self) -> Path:
        """The folder and the name."""
        return self.folder / self.name

    def has(self, name: str) -> bool:
        """Whether the folder that it is has a file of that name. Raises WrongUse where it does not let itself be
        asked."""
        path = f"{self.folder}/{self.name}"
        if _listed is not None:  # a dozen formats ask each folder for a file of their own: it is listed once
            with suppress(WrongUse):  # one that cannot be listed may let itself be asked for a name
                if path not in _listed:
                    _listed[path] = _entries(self.path)
                return any(one.name == name and one.is_file for one in _listed[path])
        return _is_file(path, name)


_listed: dict[str, tuple[Entry, ...]] | None = None


@contextmanager
def listed_once() -> Iterator[None]:
    """Inside, each folder is listed at most once: a dozen formats look at the same one."""
    global _listed  # for the time of one look, and of one thread
    before = _listed
    _listed = {} if before is None else before
    try:
        yield
    finally:
        _listed = before


def entries(folder: Path) -> tuple[Entry, ...]:
    """What a folder holds, sorted by name as bytes sort. Raises WrongUse where it cannot be listed."""
    if _listed is None:
        return _entries(folder)
    path = str(folder)
    if path not in _listed:
        _listed[path] = _entries(folder)
    return _listed[path]


def _entries(folder: Path) -> tuple[Entry, ...]:
    try:
        with os.scandir(folder) as scan:
            return tuple(_entry(folder, entry) for entry in sorted(scan, key=_by_name))
    except OSError as exc:
        where = printable(str(folder))
        if isinstance(exc, FileNotFoundError):
            raise UnknownSource("there is no such folder", where=where) from exc
        if isinstance(exc, NotADirectoryError):
            raise UnknownSource("is a file, not a folder of migrations", where=where) from exc
        raise WrongUse(f"cannot be listed: {exc.strerror}", where=where, next=_may_read(exc, folder)) from exc


_by_name = attrgetter("name")


def _entry(folder: Path, entry: os.DirEntry[str]) -> Entry:
    link = entry.is_symlink()
    try:
        is_folder, is_file = entry.is_dir(), entry.is_file()
    except OSError:  # a circle of links
        is_folder = is_file = False
    return Entry(name=entry.name, folder=folder, is_folder=is_folder, is_file=is_file, link=link)


def _is_file(folder: str, name: str) -> bool:
    try:
        return stat.S_ISREG(os.stat(f"{folder}/{name}").st_mode)  # noqa: PTH116  # thousands, and Path takes ten times
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as exc:
        if exc.errno == errno.ELOOP:
            return False
        where, next = printable(folder), _may_read(exc, Path(folder))
        raise WrongUse(f"cannot be looked into: {exc.strerror}", where=where, next=next) from exc


def refuse_escape(link: Path) -> None:
    """Raise WrongUse unless a link's target exists inside the checkout (without one, inside the link's folder)."""
    home = link.parent.resolve()
    checkout = next((up for up in (home, *home.parents) if (up / ".git").exists()), home)
    try:
        target = link.resolve(strict=True)
    except (OSError, RuntimeError) as exc:  # a circle is a RuntimeError up to Python 3.12
        raise WrongUse("is a symbolic link that leads nowhere, or in a circle", where=printable(str(link))) from exc
    if not target.is_relative_to(checkout):
        raise WrongUse(
            "is a symbolic link to a place outside the repository, and is not followed",
            where=printable(str(link)),
            fix="put the file itself there",
        )


def read_text(file: Path) -> str:
    """A file's text, UTF-8, without a byte order mark. Raises WrongUse, naming the file, where it is none."""
    content = _bytes(file)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as exc:
        line = content.count(b"\n", 0, exc.start) + 1
        utf16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
        raise WrongUse(
            "is UTF-16 text, not UTF-8" if utf16 else f"is not UTF-8: byte 0x{content[exc.start]:02x}",
            where=f"{printable(str(file))}:{1 if utf16 else line}",
            fix="save the file as UTF-8",
        ) from exc
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        # A client library would cut the file short there, silently.
        raise WrongUse("holds a zero byte, which no SQL text may", where=f"{printable(str(file))}:{line}")
    return text.removeprefix("\ufeff")


_contents: dict[Path, bytes] | None = None


@contextmanager
def read_once() -> Iterator[None]:
    """Inside, each file is read at most once: what is judged, and the digest that it is kept under, are of the same
    content, whoever writes meanwhile. Its threads share what was read."""
    global _contents  # for the time of one judgement
    if _contents is not None:
        yield
        return
    _contents = {}
    try:
        yield
    finally:
        _contents = None


def _bytes(file: Path) -> bytes:
    contents = _contents
    if contents is None:
        return _read_bytes(file)
    if file not in contents:
        contents[file] = _read_bytes(file)
    return contents[file]


def _read_bytes(file: Path) -> bytes:
    try:
        if file.is_symlink():
            refuse_escape(file)
        # Opening a named pipe would wait for a writer for ever, but for O_NONBLOCK.
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise WrongUse("is not a regular file", where=printable(str(file)))
            if status.st_size > LARGEST_FILE_BYTES:
                raise WrongUse(
                    f"holds {status.st_size / 1024 / 1024:,.0f} MB; a migration of over 32 MB is not read",
                    where=printable(str(file)),
                    fix="that many rows belong in a seed or a pipeline, not in a migration",
                )
            content = os.read(descriptor, status.st_size + 1)
            while len(content) != status.st_size and len(content) <= LARGEST_FILE_BYTES:  # it grew, or came in parts
                more = os.read(descriptor, 1 << 20)
                if not more:
                    break
                content += more
            return content
        finally:
            os.close(descriptor)
    except OSError as exc:
        raise WrongUse(
            f"cannot be read: {exc.strerror}", where=printable(str(file)), next=_may_read(exc, file)
        ) from exc


def _may_read(exc: OSError, path: Path) -> tuple[NextCommand, ...]:
    """What gives the right to read, where that is what is missing."""
    if exc.errno not in (errno.EACCES, errno.EPERM):
        return ()
    command = f"chmod -R u+rX {shlex.quote(printable(str(path)))}"
    return (NextCommand(command=command, why="lets you read it, where it is yours"),)


def few(names: Sequence[str], most: int = 5) -> str:
    """Names for a sentence: the first `most` of them, and how many more there are."""
    shown = ", ".join(printable(name) for name in names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
