"""How is a file edited by its lines, so that what is not touched stays to the letter?

Edits are noted against the text as it was: pieces replaced within a line, lines taken out, lines put in behind others.
A blank line that would be left before a closing brace goes too. Pure.
"""

from __future__ import annotations

__all__ = ["Lines"]


class Lines:
    """One file and the edits noted so far; lines are counted from 1, offsets are of the whole text."""

    __slots__ = ("_deleted", "_end", "_inserted", "_replaced", "_starts", "lines", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self._end = "\r\n" if "\r\n" in text else "\n"
        self.lines = text.splitlines()
        self._starts = [0]
        for line in text.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._deleted: set[int] = set()
        self._inserted: dict[int, list[str]] = {}
        self._replaced: list[tuple[int, int, str]] = []

    def start_of(self, line: int) -> int:
        """The offset at which a line begins."""
        return self._starts[line - 1]

    def line_at(self, offset: int) -> int:
        """The line of an offset."""
        return self.text.count("\n", 0, offset) + 1

    def replace(self, start: int, end: int, text: str) -> None:
        """Put `text` in the place of a piece of one line."""
        self._replaced.append((start, end, text))

    def delete(self, first: int, last: int | None = None) -> None:
        """Take out a line, or all from one to another."""
        self._deleted.update(range(first, (last or first) + 1))

    def is_deleted(self, line: int) -> bool:
        return line in self._deleted

    def insert(self, after: int, *lines: str) -> None:
        """Put lines in behind one; behind what was put in there before."""
        self._inserted.setdefault(after, []).extend(lines)

    def comments_above(self, line: int, sign: str = "//") -> int:
        """The first of the comment lines that stand directly above a line; the line itself where none does."""
        while line > 1 and self.lines[line - 2].strip().startswith(sign):
            line -= 1
        return line

    @property
    def changed(self) -> bool:
        return bool(self._deleted or self._inserted or self._replaced)

    def edited(self) -> str:
        """The text with all edits."""
        if not self.changed:
            return self.text
        text = list(self.lines)
        for start, end, piece in sorted(self._replaced, key=lambda one: one[:2], reverse=True):
            number = self.line_at(start)
            base = self.start_of(number)
            text[number - 1] = text[number - 1][: start - base] + piece + text[number - 1][end - base :]
        kept: list[str] = list(self._inserted.get(0, ()))
        dropping = False
        for number, line in enumerate(text, start=1):
            if number in self._deleted:
                dropping = True
            else:
                if dropping and line.strip() in ("}", "") and kept and not kept[-1].strip():
                    kept.pop()  # the blank line that parted what is gone
                dropping = False
                kept.append(line.rstrip() if line != self.lines[number - 1] else line)
            if number in self._inserted:
                kept += self._inserted[number]
                dropping = False
        while kept and not kept[-1].strip():
            kept.pop()
        return self._end.join(kept) + self._end
