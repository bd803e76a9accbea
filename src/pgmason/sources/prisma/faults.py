"""What is wrong in a schema.prisma, and where?

A `Fault` is one place and one sentence; `SchemaInvalid` tells all of a schema at once, as Prisma does, under the
code that Prisma gives it: P1012, whatever of the schema is invalid.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from pgmason.errors import NextCommand, PgmasonError
from pgmason.sources.prisma.tree import Document

__all__ = ["Fault", "Faults", "SchemaInvalid"]

_SHOWN = 20  # faults told in words; all of them are in the JSON


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Fault:
    """One fault: `line` and `column` count from 1, `message` says what was expected.

    `prisma` are the words by which Prisma's own message for it can be found.
    """

    file: str
    line: int
    column: int
    message: str
    prisma: str = ""

    def __str__(self) -> str:
        said = f" (Prisma: {self.prisma})" if self.prisma else ""
        return f"{self.file}:{self.line}:{self.column}  {self.message}{said}"


class _Piece(Protocol):
    """Any piece of the tree."""

    @property
    def start(self) -> int: ...

    @property
    def line(self) -> int: ...


class Faults:
    """The faults found so far; `stop` ends the reading where there are some, before one brings the next."""

    __slots__ = ("_documents", "found")

    def __init__(self, documents: Sequence[Document], found: Sequence[Fault] = ()) -> None:
        self._documents = {document.file: document for document in documents}
        self.found = list(found)

    def add(self, file: str, piece: _Piece, message: str, prisma: str = "Error validating") -> None:
        """Note a fault at a piece of a file; `prisma` is how Prisma's message for it begins."""
        column = self._documents[file].column(piece.start)
        self.found.append(Fault(file=file, line=piece.line, column=column, message=message, prisma=prisma))

    def attribute(self, file: str, piece: _Piece, name: str, message: str) -> None:
        """A fault of an attribute; `name` with its signs."""
        self.add(file, piece, message, f'Error parsing attribute "{name}"')

    def model(self, file: str, piece: _Piece, name: str, message: str) -> None:
        """A fault of a model as a whole."""
        self.add(file, piece, message, f'Error validating model "{name}"')

    def stop(self) -> None:
        """Raise SchemaInvalid where something was found."""
        if self.found:
            order = {file: position for position, file in enumerate(self._documents)}
            raise SchemaInvalid(sorted(self.found, key=lambda fault: (order[fault.file], fault.line, fault.column)))


class SchemaInvalid(PgmasonError):
    """A schema.prisma that Prisma would refuse; `faults` are all that were found, in the order of the files."""

    code = "prisma-schema-invalid"
    exit_code = 1

    def __init__(self, faults: Sequence[Fault]) -> None:
        self.faults = tuple(faults)
        first, *others = self.faults
        more = "".join(f"\n  {fault}" for fault in others[: _SHOWN - 1])
        if len(self.faults) > _SHOWN:
            more += f"\n  and {len(self.faults) - _SHOWN} more"
        said = f" (Prisma: {first.prisma})" if first.prisma else ""
        super().__init__(
            f"P1012: {first.message}{said}{more}",
            where=f"{first.file}:{first.line}:{first.column}",
            next=[NextCommand(command="npx prisma validate", why="is Prisma's own word on it")],
        )

    def as_json(self) -> dict[str, Any]:
        answer = super().as_json()
        answer["error"]["prisma"] = "P1012"
        answer["error"]["faults"] = [
            {
                "file": fault.file,
                "line": fault.line,
                "column": fault.column,
                "message": fault.message,
                "prisma": fault.prisma or None,
            }
            for fault in self.faults
        ]
        return answer
