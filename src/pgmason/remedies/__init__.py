"""What are the safe steps in place of a statement that is not?

A `Remedy` is files of a migration folder, in order: which statements, in one transaction or each by itself, and what
is deployed in between. Rules show it with a finding; plans will write it. One file a hazard; each makes its remedy
from names and the server's own words, so that it runs as shown. Nothing here is executed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

__all__ = ["LOCK_TIMEOUT", "File", "Remedy", "alone", "together"]

# While ACCESS EXCLUSIVE is waited for, every later query on the table waits behind it (manual, 13.3 Explicit Locking).
LOCK_TIMEOUT = "SET lock_timeout = '2s'"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """One file: its statements without semicolons. `transaction`: they are one transaction; else each is its own.

    `deploy` is what the application must have done before this file runs, "" where nothing. `undo` are the statements
    that bring back exactly the state before it, where they are known.
    """

    statements: tuple[str, ...]
    transaction: bool = True
    deploy: str = ""
    undo: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """Files in order. `note` is what a person should know besides, in lines that may begin with their own `-- `.

    `equivalent`: they take the place of the statement as they are, and end in the same schema with the same rows.
    """

    files: tuple[File, ...]
    note: str = ""
    equivalent: bool = False

    @property
    def text(self) -> str:
        """As a rule shows it: the files one below the other, each under a line that says how it runs.

        The lines begin with `-- migration`, which is how the examples of rules are written, too.
        """
        told = []
        for file in self.files:
            if file.deploy:
                told.append(f"-- deploy first: {file.deploy}")
            told.append("-- migration" if file.transaction else "-- migration, outside a transaction")
            told += [f"{statement};" for statement in file.statements]
        told += [line if line.startswith("-- ") else f"-- {line}" for line in self.note.splitlines()]
        return "\n".join(told)

    def fits(self, format: str) -> Remedy:
        """The same in a format that has rules of its own.

        Prisma sends a file as one message, and a file with CONCURRENTLY must hold that one statement alone, without
        any SET (measured; error 25001 otherwise).
        """
        if format != "prisma":
            return self
        files: list[File] = []
        for file in self.files:
            if file.transaction:
                files.append(file)
                continue
            files += [
                replace(file, statements=(statement,))
                for statement in file.statements
                if not statement.startswith("SET ")
            ]
        return replace(self, files=tuple(files))


def together(*statements: str, deploy: str = "", undo: tuple[str, ...] = ()) -> File:
    """A file that is one transaction, behind a lock_timeout."""
    return File(statements=(LOCK_TIMEOUT, *statements), deploy=deploy, undo=undo)


def alone(*statements: str, deploy: str = "", undo: tuple[str, ...] = ()) -> File:
    """A file whose statements refuse a transaction: CONCURRENTLY and its like. A short lock_timeout would end them."""
    return File(statements=tuple(statements), transaction=False, deploy=deploy, undo=undo)


def files_of(text: str) -> Iterable[File]:
    """The files that a text in the form of `Remedy.text` holds; all of it is one where no line begins a file."""
    files: list[tuple[bool, list[str]]] = []
    for line in text.splitlines():
        if line.startswith("-- migration"):
            files.append(("outside" not in line, []))
        else:
            if not files:
                files.append((True, []))
            files[-1][1].append(line)
    return [File(statements=("\n".join(lines),), transaction=transaction) for transaction, lines in files]
