"""What can go wrong, in one tree: what happened, where, and the command to type next.

    PgmasonError                 every failure that a user sees
      WrongUse                   exit 2: a command, path, source or configuration that cannot be followed
        ConfigurationError         pgmason.toml says something that does not fit
        UnknownSource              a SOURCE that names nothing readable
        Unsupported                asked for by name, and not built: refused, never guessed
      OutOfReach                 exit 3: a server or a tool could not be reached
        NoServer                   no PostgreSQL of a usable major on this machine
        ServerFailed               a scratch server did not start, stopped, or ran out of disk
        DatabaseUnreachable        the user's own database refused, hung or hid
      StatementFailed            exit 1: SQL of the product failed on the scratch server

Other rooms add leaves where they raise them. A message never carries a password: connection strings
go through `names.without_password` before they get here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

__all__ = [
    "ConfigurationError",
    "DatabaseUnreachable",
    "NextCommand",
    "NoServer",
    "OutOfReach",
    "PgmasonError",
    "ServerFailed",
    "StatementFailed",
    "UnknownSource",
    "Unsupported",
    "WrongUse",
    "cut_off",
]

LONGEST_SAID = 10_000  # characters of what a server says of one failure; SQL may RAISE a gigabyte


def cut_off(said: str) -> str:
    """What a server said, no longer than is good for anybody; what is left out is told."""
    return said if len(said) <= LONGEST_SAID else f"{said[:LONGEST_SAID]}... ({len(said):,} characters)"


@dataclass(frozen=True, slots=True, kw_only=True)
class NextCommand:
    """A command to type, and the reason to type it."""

    command: str
    why: str


class PgmasonError(Exception):
    """A failure told to a user: `what` happened, `where`, how to `fix` it, and what to type `next`."""

    code: ClassVar[str] = "failed"
    exit_code: ClassVar[int] = 1

    def __init__(
        self, what: str, *, where: str | None = None, fix: str | None = None, next: Sequence[NextCommand] = ()
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.fix = fix
        self.next = tuple(next)

    def __str__(self) -> str:
        return f"{self.where}  {self.what}" if self.where else self.what

    def as_json(self) -> dict[str, Any]:
        """The error as every `--format json` prints it."""
        return {
            "version": 1,
            "error": {
                "code": self.code,
                "what": self.what,
                "where": self.where,
                "fix": self.fix,
                "next": [{"command": step.command, "why": step.why} for step in self.next],
            },
        }


class WrongUse(PgmasonError):
    """The command, a path or the configuration cannot be followed as given."""

    code = "wrong-use"
    exit_code = 2


class ConfigurationError(WrongUse):
    """pgmason.toml has a key or a value that does not fit; `where` is FILE or FILE:KEY."""

    code = "configuration"


class UnknownSource(WrongUse):
    """A SOURCE names nothing that can be read as a schema."""

    code = "unknown-source"


class Unsupported(WrongUse):
    """Asked for by name and not built in this version."""

    code = "unsupported"


class OutOfReach(PgmasonError):
    """A server or a tool that the command needs could not be reached."""

    code = "out-of-reach"
    exit_code = 3


class NoServer(OutOfReach):
    """No PostgreSQL server of a usable major is on this machine."""

    code = "no-server"


class ServerFailed(OutOfReach):
    """A scratch server did not start, went away, or has no room left on its disk."""

    code = "server-failed"


class DatabaseUnreachable(OutOfReach):
    """The user's database refused the connection, did not answer in time, or hid what must be read."""

    code = "database-unreachable"


class StatementFailed(PgmasonError):
    """A statement of the product's own SQL failed on the scratch server.

    `file` is as the user would type it, `line` is 1-based, `statement` is the text as written,
    `message`, `detail` and `sqlstate` are the server's own, cut off where they are endless.
    """

    code = "statement-failed"
    exit_code = 1

    def __init__(
        self,
        *,
        file: str,
        line: int,
        statement: str,
        message: str,
        sqlstate: str | None,
        detail: str | None = None,
        fix: str | None = None,
        next: Sequence[NextCommand] = (),
    ) -> None:
        self.file = file
        self.line = line
        self.statement = statement
        self.message = message = cut_off(message)
        self.sqlstate = sqlstate
        self.detail = detail = cut_off(detail) if detail else detail
        shown = " ".join(statement.split())
        shown = shown if len(shown) <= 300 else shown[:297] + "..."
        state = f" (SQLSTATE {sqlstate})" if sqlstate else ""
        extra = f"\n  detail: {detail}" if detail else ""
        super().__init__(f"{message}{state}\n  statement: {shown}{extra}", where=f"{file}:{line}", fix=fix, next=next)

    def as_json(self) -> dict[str, Any]:
        answer = super().as_json()
        answer["error"].update(
            file=self.file,
            line=self.line,
            statement=self.statement,
            message=self.message,
            sqlstate=self.sqlstate,
            detail=self.detail,
        )
        return answer
