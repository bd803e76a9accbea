"""What was typed after `python -m bench...`: a few flags and counts, nothing more."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["Arguments"]


class Arguments:
    """The words of a command line, taken one flag at a time; `done()` refuses what is left."""

    def __init__(self, words: Sequence[str] | None = None) -> None:
        self.words = list(sys.argv[1:] if words is None else words)

    def flag(self, name: str) -> bool:
        """Whether `--name` was given."""
        given = name in self.words
        if given:
            self.words.remove(name)
        return given

    def text(self, name: str, default: str) -> str:
        """The word after `--name`, or the default."""
        if name not in self.words:
            return default
        at = self.words.index(name)
        value = self.words[at + 1 : at + 2]
        if not value:
            sys.exit(f"{name} needs a value")
        del self.words[at : at + 2]
        return value[0]

    def number(self, name: str, default: int) -> int:
        """The whole number after `--name`, or the default."""
        text = self.text(name, str(default))
        if not text.isdecimal():
            sys.exit(f"{name} needs a number, not {text!r}")
        return int(text)

    def rest(self) -> tuple[str, ...]:
        """What is not a flag; ends the program where an unknown one is left."""
        for word in self.words:
            if word.startswith("-"):
                sys.exit(f"unknown option {word}")
        return tuple(self.words)

    def done(self) -> None:
        """Ends the program where something is left over."""
        if self.rest():
            sys.exit(f"not understood: {' '.join(self.rest())}")
