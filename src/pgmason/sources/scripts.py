"""What do the files of a history say, and what must be there before they run?

Each file is parsed when it is asked for, or while the server has something to do. The roles and extensions that a file
names and nobody has made are stood in for, on the server, before the file is sent.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING

from pgmason.errors import NextCommand, PgmasonError, StatementFailed, Unsupported
from pgmason.sources.units import Unit
from pgmason.statements import Script, ScriptError, extensions_created, read_script, roles_named

if TYPE_CHECKING:
    from pgmason.postgres.server import Server

__all__ = ["MENDED", "Scripts"]

MENDED = (NextCommand(command="pgmason check", why="when the file is mended: only it and what follows is replayed"),)


class Scripts:
    """The statements of each unit, parsed when they are asked for or while the server has something to do."""

    def __init__(self, units: Sequence[Unit]) -> None:
        self._units = units
        self._parsed: dict[int, Script] = {}
        self._named: dict[int, tuple[frozenset[str], tuple[str, ...]]] = {}
        self._ready: set[int] = set()  # those of which roles and extensions stand in

    def __getitem__(self, number: int) -> Script:
        """Raises StatementFailed or Unsupported, naming the file."""
        if number not in self._parsed:
            self._parsed[number] = _script(self._units[number])
        return self._parsed[number]

    def look_ahead(self, number: int) -> bool:
        """Parse that one, and say whether it could be; what is wrong with it is said when it is asked for."""
        try:
            self._names(number)
        except PgmasonError:
            return False
        return True

    def _names(self, number: int) -> tuple[frozenset[str], tuple[str, ...]]:
        """The roles that a script names, and the extensions that it makes."""
        if number not in self._named:
            script = self[number]
            self._named[number] = (frozenset(roles_named(script)), tuple(extensions_created(script)))
        return self._named[number]

    def stand_in(self, server: Server, number: int) -> None:
        """See to it that the roles and extensions that a script names are there."""
        from pgmason.postgres.scratch import offer_extensions, stand_in_roles

        if number not in self._ready:
            roles, extensions = self._names(number)
            stand_in_roles(server, roles)
            offer_extensions(server, extensions)
            self._ready.add(number)

    def all_stood_in(self, server: Server) -> bool:
        """Whether this was seen to for every script before; it is now, but for those that cannot be parsed."""
        missing = [number for number in range(len(self._units)) if number not in self._ready]
        for number in missing:
            with suppress(PgmasonError):
                self.stand_in(server, number)
            self._ready.add(number)
        return not missing

    def stood_in(self, server: Server, *, besides: Collection[str]) -> tuple[str, ...]:
        """What to say of it, for all scripts together, but for the roles that the platform has anyway."""
        from pgmason.postgres.scratch import offer_extensions, stand_in_roles

        named = [self._names(number) for number in range(len(self._units))]
        return (
            *stand_in_roles(server, {role for roles, _ in named for role in roles} - set(besides)),
            *offer_extensions(server, dict.fromkeys(name for _, extensions in named for name in extensions)),
        )


def _script(unit: Unit) -> Script:
    try:
        script = read_script(unit.text, file=unit.file)
    except ScriptError as exc:
        raise StatementFailed(
            file=unit.file, line=exc.line, statement=exc.near, message=exc.message, sqlstate="42601", next=MENDED
        ) from exc
    for refused in script.refused:
        raise Unsupported(
            f"a command of psql's own that is not followed: {refused.text.strip()}",
            where=f"{unit.file}:{refused.line}",
            fix="SQL alone is applied; take the command out, or export the schema with pg_dump -s",
        )
    return script
