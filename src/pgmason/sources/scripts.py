"""What do the files of a history say, and what must be there before they run?

Each file is parsed when its statements are asked for, or while the server has something to do; what it names is told
without that where the same text was parsed before (said.py). The roles and extensions that a file names and nobody has
made are stood in for, on the server, before the file is sent.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pgmason.errors import NextCommand, PgmasonError, StatementFailed, Unsupported
from pgmason.sources.said import Named, Said, keep_said, recall_said, said_by
from pgmason.sources.units import Unit, content_digest
from pgmason.statements import Script, ScriptError, read_script

if TYPE_CHECKING:
    from pgmason.postgres.server import Server

__all__ = ["MENDED", "Scripts"]

MENDED = (NextCommand(command="pgmason check", why="when the file is mended: only it and what follows is replayed"),)


class Scripts:
    """The statements of each unit, parsed when they are asked for or while the server has something to do."""

    def __init__(self, units: Sequence[Unit], root: Path) -> None:
        """`root` is the repository that they lie in."""
        self._units = units
        self._root = root
        self._parsed: dict[int, Script] = {}
        self._contents = [content_digest(unit) for unit in units]
        self._said: dict[str, Said] = recall_said(units, root)
        self._known = sum(content in self._said for content in self._contents)
        self._ready: set[int] = set()  # those of which roles and extensions stand in

    def __getitem__(self, number: int) -> Script:
        """Raises StatementFailed or Unsupported, naming the file."""
        if number not in self._parsed:
            self._parsed[number] = _script(self._units[number])
        return self._parsed[number]

    def look_ahead(self, number: int) -> bool:
        """Parse that one, and say whether it could be; what is wrong with it is said when it is asked for."""
        try:
            self[number]
        except PgmasonError:
            return False
        return True

    def named(self) -> dict[str, tuple[Named, ...]]:
        """The objects that each file names, by file, in the order applied; what was parsed for it is kept. Raises as
        a script does."""
        named = {unit.file: self._says(number).named for number, unit in enumerate(self._units)}
        keep_said(
            self._units, self._root, {content: self._said[content] for content in self._contents}, known=self._known
        )
        return named

    def _says(self, number: int) -> Said:
        """What a script says of roles, extensions and objects."""
        content = self._contents[number]
        if content not in self._said:
            self._said[content] = said_by(self[number])
        return self._said[content]

    def stand_in(self, server: Server, number: int) -> None:
        """See to it that the roles and extensions that a script names are there."""
        from pgmason.postgres.scratch import offer_extensions, stand_in_roles

        if number not in self._ready:
            said = self._says(number)
            stand_in_roles(server, said.roles)
            offer_extensions(server, said.extensions)
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

        said = [self._says(number) for number in range(len(self._units))]
        return (
            *stand_in_roles(server, {role for one in said for role in one.roles} - set(besides)),
            *offer_extensions(server, dict.fromkeys(name for one in said for name in one.extensions)),
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
