"""Which format is this folder of migrations, and what history does it hold?

A format is a file in this folder that defines `FORMAT`; `all_formats` finds it, and no list is edited. The format
is found by looking, never guessed: where none or several fit, the error says what was seen and what settles it.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from pgmason.errors import NextCommand, UnknownSource, Unsupported, WrongUse
from pgmason.formats.migration import Format, History, Migration, Transaction, listed_once, read_once
from pgmason.formats.unbuilt import UNBUILT, recognised
from pgmason.names import printable

__all__ = ["Format", "History", "Migration", "Transaction", "all_formats", "find_format", "read_history", "read_once"]


@cache
def all_formats() -> tuple[Format, ...]:
    """Every format that is read, sorted by name."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    found: list[Format] = [module.FORMAT for module in modules if hasattr(module, "FORMAT")]
    return tuple(sorted(found, key=lambda format: format.name))


def find_format(folder: Path, *, named: str | None = None) -> Format:
    """The format of a folder: the one `named` in the configuration, or the one that fits.

    Raises WrongUse where none or several fit, or the folder cannot be listed; Unsupported where the format is
    known and not read yet.
    """
    where = printable(str(folder))
    if named is not None:
        if (chosen := _format_named(named)) is not None:
            return chosen
        raise Unsupported(f"migrations in the format {named!r} are not read", where=where)
    built = {format.name: format for format in all_formats()}
    with listed_once():
        shown = recognised(folder)
        if shown is not None and shown[0].name not in built:
            raise Unsupported(f"looks like {shown[0].label} ({printable(shown[1])}): {shown[0].why}", where=where)
        fitting = [(format, evidence) for format in built.values() if (evidence := format.looks_like(folder))]
    refined = {name for format, _ in fitting for name in format.refines}
    fitting = [(format, evidence) for format, evidence in fitting if format.name not in refined]
    if len(fitting) == 1:
        return fitting[0][0]
    if fitting:
        seen = " and ".join(f"{format.name} ({evidence})" for format, evidence in fitting)
        raise WrongUse(
            f"could be {seen}",
            where=where,
            fix=f'say which in pgmason.toml: format = "{fitting[0][0].name}"',
        )
    inner = folder / "migrations"
    if inner.is_dir():
        raise UnknownSource(
            "holds no migrations itself",
            where=where,
            next=[NextCommand(command=f"pgmason schema show migrations:{inner}", why="the folder below it may")],
        )
    raise UnknownSource(
        "holds no migrations that are known here: no folders with migration.sql (Prisma), none with up.sql (diesel),"
        " no NUMBER_name.up.sql, not only NUMBER_name.sql; nor what marks "
        + ", ".join(name for name in _known() if name not in ("prisma", "updown")),
        where=where,
    )


def _format_named(name: str) -> Format | None:
    """The format of that name, its file alone imported: each is named for its format."""
    module = name.replace("-", "_")
    if module not in {one.name for one in iter_modules(__path__)}:
        return None
    found: Format | None = getattr(import_module(f"{__name__}.{module}"), "FORMAT", None)
    return found if found is not None and found.name == name else None


def read_history(folder: Path, *, named: str | None = None) -> History:
    """The history in a folder, its format found by looking where it is not `named`. Raises as `find_format` does."""
    with listed_once():
        return find_format(folder, named=named).read(folder)


def _known() -> tuple[str, ...]:
    """Every format that is recognised, read or not."""
    return tuple(dict.fromkeys([*(format.name for format in all_formats()), *(unbuilt.name for unbuilt in UNBUILT)]))
