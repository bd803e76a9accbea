"""How is a new migration written into a folder, as its runner expects it?

The names and numbers that formats have in common; what stands in the files is each format's own affair. Nothing is
written here: a format says which files there would be, and who asked writes them. Pure but for reading the history.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pgmason.errors import WrongUse
from pgmason.formats.migration import History, NewMigration
from pgmason.names import printable

__all__ = ["file_name", "number_after", "number_after_as_text", "refuse_down", "terminated"]

_LONG = 8  # digits from which a number is a moment, not a count


def file_name(name: str) -> str:
    """A name fit for a file: lower case, words joined by underscores."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return plain[:80] or "migration"


def number_after(history: History, new: NewMigration, prefixes: Iterable[str]) -> str:
    """The next number in the manner of those before it: one more, as wide, where they count; else the moment.

    `prefixes` are the digits that the names in the folder begin with. A moment is YYYYMMDDHHMMSS in UTC, and one more
    than the last where that is later already.
    """
    known = [prefix for prefix in prefixes if prefix.isdecimal()]
    moment = f"{new.at:%Y%m%d%H%M%S}"
    if not known:
        return moment if not history.migrations else "1"
    last = max(known, key=int)
    if len(last.lstrip("0")) < _LONG:
        return str(int(last) + 1).zfill(len(last))
    return moment if int(moment) > int(last) else str(int(last) + 1)


def number_after_as_text(history: History, new: NewMigration) -> str:
    """As `number_after`, by the versions, for a runner that orders versions as text.

    Raises WrongUse where that number would not come last: 10 comes before 9, and 2026 does, too.
    """
    number = number_after(history, new, (migration.version for migration in history.migrations))
    later = [migration for migration in history.migrations if migration.version >= number]
    if later:
        raise WrongUse(
            f"{history.format} orders versions as text, so {number} would run before {printable(later[-1].name)}",
            where=printable(str(history.folder)),
            fix="give all versions as many digits (0009, 0010); what is deployed keeps its name in the ledger",
        )
    return number


def terminated(sql: str) -> str:
    """The text with one newline at its end."""
    return sql.rstrip() + "\n"


def refuse_down(history: History, new: NewMigration) -> None:
    """Raise WrongUse where a DOWN is given to a format that has no place for one."""
    if new.down is not None:
        raise WrongUse(
            f"{history.format} has no place for a DOWN",
            where=printable(str(history.folder)),
            fix='it can be left to a later migration, and the gate told: down = "none"',
        )
