"""How do proven files come into the product's folder: all of them, or none?

Each is written whole beside its place and renamed. New files come first and the migration's own last: whoever is
killed in between leaves a history that fails aloud (an index that is made twice), never one that lost a statement. A
file that was edited while the proof ran is not overwritten.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress

from pgmason.errors import NextCommand, WrongUse
from pgmason.evidence import write_whole
from pgmason.formats.migration import read_text
from pgmason.mending.mend import FileChange, Fix
from pgmason.names import printable

__all__ = ["write_fixes"]

_AGAIN = NextCommand(command="pgmason check --fix", why="looks at it as it is now")


def write_fixes(fixes: Iterable[Fix]) -> None:
    """Write every file of the fixes. Raises WrongUse, with everything as it was, where a file has changed or cannot be
    written."""
    changes = [change for fix in fixes for change in fix.files]
    for change in changes:
        there = read_text(change.path) if change.path.exists() else None
        if there != change.before or change.path.is_symlink():
            raise WrongUse(
                "was changed while the fix was proven: nothing was written",
                where=printable(str(change.path)),
                next=[_AGAIN],
            )
    done: list[FileChange] = []
    try:
        for change in changes:
            done.append(change)
            write_whole(change.path, change.after)
    except BaseException as failure:
        for change in reversed(done):
            _take_back(change)
        if isinstance(failure, OSError):
            where = printable(str(done[-1].path))
            raise WrongUse(f"cannot be written: {failure.strerror}; nothing was changed", where=where) from failure
        raise


def _take_back(change: FileChange) -> None:
    if change.before is not None:
        write_whole(change.path, change.before)
        return
    with suppress(OSError):  # it may be the one that could not be written; a folder may have been there before
        change.path.unlink(missing_ok=True)
        change.path.parent.rmdir()
