"""Into which files are the statements of one migration cut, where some of them give way to safe steps?

The order of the statements stays. What refuses a transaction stands alone in its file; what must be in a later
transaction than the step before it comes in the next file. Only the validation of a constraint waits until the author's
statements behind it are through: the constraint holds for what they write all the same. Pure: texts in, texts out.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pgmason.remedies import LOCK_TIMEOUT, File, Remedy
from pgmason.statements import (
    Script,
    Statement,
    commands_apart,
    concurrently,
    only_validates,
    read_script,
    sets,
)

__all__ = ["Item", "Piece", "cut", "one_by_one", "text_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """The author's statement with the comments above it, `number` from 0; or a safe step, with its own `undo`."""

    text: str
    number: int
    undo: tuple[str, ...] | None = None

    @property
    def authors(self) -> bool:
        return self.undo is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One file. `alone`: its one statement refuses a transaction."""

    items: tuple[Item, ...]
    alone: bool = False


def one_by_one(script: Script, text: str, lines: Container[int] | None = None) -> str:
    """The same script with each command of an ALTER TABLE in a statement of its own, each on a line of its own; only
    of those that begin on these lines, where some are named."""
    written = []
    for part in _parts(script, text):
        wanted = lines is None or part.statement.line in lines
        apart = commands_apart(part.statement) if wanted else (part.statement.text,)
        written.append(part.whole if len(apart) == 1 else part.replaced_by(apart))
    return "".join(written)


def cut(script: Script, text: str, remedies: Mapping[int, Remedy]) -> tuple[Piece, ...]:
    """The files, in order. `remedies` are by the number of the statement, from 0, that they take the place of."""
    cutter = _Cutter()
    for number, part in enumerate(_parts(script, text)):
        remedy = remedies.get(number)
        if remedy is None:
            cutter.keep(Item(text=part.whole, number=number))
        else:
            cutter.replace(number, part, remedy)
    return cutter.pieces()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A statement with the comments `above` it and what is left of its line `behind` it, to the byte."""

    above: str
    statement: Statement
    behind: str

    @property
    def whole(self) -> str:
        text = f"{self.above}{self.statement.text};{self.behind}"
        return text if text.endswith("\n") else f"{text}\n"

    def replaced_by(self, statements: Sequence[str]) -> str:
        comment = f"{self.behind.strip()}\n" if self.behind.strip() else ""
        return self.above + comment + "".join(f"{one};\n" for one in statements)


class _Cutter:
    """Takes statements in order. `later` are steps that wait for the transactions after the one being filled."""

    def __init__(self) -> None:
        self.done: list[Piece] = []
        self.current: list[Item] = []
        self.later: list[list[Item]] = []

    def keep(self, item: Item) -> None:
        if not all(_waits(one) for level in self.later for one in level):
            self.close()
        self.current.append(item)

    def replace(self, number: int, part: _Part, remedy: Remedy) -> None:
        files = list(remedy.files)
        steps = [
            Item(
                text=part.replaced_by(_statements(file)) if place == 0 else _terminated(_statements(file)),
                number=number,
                undo=file.undo,
            )
            for place, file in enumerate(files)
        ]
        if all(file.transaction for file in files):
            self.current.append(steps[0])
            for level, step in enumerate(steps[1:]):
                if level == len(self.later):
                    self.later.append([])
                self.later[level].append(step)
            return
        for file, step in zip(files, steps, strict=True):
            if file.transaction:
                self.keep(step)
                continue
            self.close()
            words = concurrently(part.statement) if len(files) == 1 else None  # the author's own, where one is for one
            item = step if words is None else replace(step, text=part.replaced_by((words,)))
            self.done.append(Piece(items=(item,), alone=True))

    def close(self) -> None:
        if not self.later and all(_only_sets(item) for item in self.current):
            return  # settings alone make no file: they go with the next one
        for level in (self.current, *self.later):
            if level:
                self.done.append(Piece(items=tuple(level)))
        self.current, self.later = [], []

    def pieces(self) -> tuple[Piece, ...]:
        self.close()
        if not self.current or not self.done:
            return (*self.done, *([Piece(items=tuple(self.current))] if self.current else []))
        # settings that no file needs any more; what was said above them stays
        said = "".join(f"{line}\n" for item in self.current for line in _comments(item.text))
        first = self.done[0]
        top = replace(first.items[0], text=said + first.items[0].text)
        return (replace(first, items=(top, *first.items[1:])), *self.done[1:])


def _statements(file: File) -> tuple[str, ...]:
    return tuple(one for one in file.statements if one != LOCK_TIMEOUT)


def _terminated(statements: Sequence[str]) -> str:
    return "".join(f"{one};\n" for one in statements)


def _only_sets(item: Item) -> bool:
    return all(sets(statement) is not None for statement in read_script(item.text).statements)


def _comments(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("--")]


def _waits(item: Item) -> bool:
    return all(only_validates(statement) for statement in read_script(item.text).statements)


def text_of(pieces: Sequence[Piece], number: int, *, local: bool) -> str:
    """What the file of a piece holds: the author's settings from the files before it, a lock_timeout where none of
    them has one, and its statements.

    `local`: the file is one transaction, so that a setting may end with it. Elsewhere the lock_timeout is taken back at
    the end, lest a CONCURRENTLY in the next file give up after two seconds and leave an invalid index behind.
    """
    piece = pieces[number]
    body = "".join(item.text for item in piece.items)
    if piece.alone:
        return body
    earlier = [
        f"{statement.text};\n"
        for before in pieces[:number]
        for item in before.items
        if item.authors
        for statement in read_script(item.text).statements
        if sets(statement) is not None
    ]
    own = [sets(statement) for statement in read_script("".join(earlier) + body).statements]
    if "lock_timeout" in own:
        return "".join(earlier) + body
    word = LOCK_TIMEOUT.replace("SET ", "SET LOCAL ", 1) if local else LOCK_TIMEOUT
    back = "" if local else "RESET lock_timeout;\n"
    return f"{word};\n{''.join(earlier)}{body}{back}"


def _parts(script: Script, text: str) -> Iterator[_Part]:
    """Each statement with its surroundings; comments below the last one are behind it."""
    start = len(text) - len(text.lstrip("\n"))
    for number, statement in enumerate(script.statements):
        end = statement.offset + len(statement.text)
        semicolon = text.find(";", end)
        behind = semicolon + 1 if semicolon >= 0 and not text[end:semicolon].strip() else end
        if number + 1 < len(script.statements):
            line_end = text.find("\n", behind)
            rest = text[behind:line_end].strip() if line_end >= 0 else ""
            stop = line_end + 1 if line_end >= 0 and (not rest or rest.startswith("--")) else behind
        else:
            stop = len(text)
        below = text[behind:stop]
        yield _Part(
            above=text[start : statement.offset],
            statement=statement,
            behind=below if below.strip() else below[: below.find("\n") + 1],
        )
        start = stop
