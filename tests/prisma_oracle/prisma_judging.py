"""Two ways to one schema, held against each other: by our reading of pg_catalog, and by pg_dump -s."""

from __future__ import annotations

import difflib
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from prisma_engine import PrismaEngine
from psycopg import sql

from pgmason.catalog.canonical import catalog_to_json
from pgmason.catalog.model import Catalog
from pgmason.catalog.reading import read_catalog
from pgmason.catalog.script import script_of
from pgmason.postgres.server import Server
from pgmason.sources import Context, read_source
from pgmason.sources.prisma import schema_of
from pgmason.sources.prisma.lowering import lower
from pgmason.sources.prisma.version import NEWEST
from pgmason.sources.prisma.writer import write_schema
from pgmason.statements import read_script

__all__ = ["Database", "difference", "empty_database", "same_databases", "same_statements", "written_anew"]

SHOWN = 60  # lines of a difference
_PUBLIC = 'CREATE SCHEMA IF NOT EXISTS "public"'  # which every database has


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A database of the judge's own, worked on as the superuser."""

    server: Server
    name: str

    @property
    def url(self) -> str:
        state = self.server.state
        return f"postgresql://pgmason:{state['password']}@127.0.0.1:{state['port']}/{self.name}"

    def apply(self, script: str) -> None:
        """Run a script as it stands. Raises psycopg.Error."""
        with self.server.connect(self.name) as connection:
            connection.execute("SET search_path = public")
            cursor = connection.execute(script)
            while cursor.nextset():
                pass

    def read(self) -> Catalog:
        with self.server.connect(self.name) as connection:
            return read_catalog(connection, unsaid=frozenset({"pgmason"}))  # nobody chose the judge as owner

    def dump(self) -> list[str]:
        """What pg_dump -s prints, less the key that is another each time (\\restrict, since 15.14)."""
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
        environment |= {"PGPASSWORD": self.server.state["password"]}
        program = self.server.choice.installation.bin / "pg_dump"
        command = [str(program), "-s", "-d", self.url]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return [line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


@contextmanager
def empty_database(server: Server) -> Iterator[Database]:
    """A database as CREATE DATABASE makes it."""
    name = server.next_name()
    server.admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    try:
        yield Database(server=server, name=name)
    finally:
        server.admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def difference(expected: Catalog | list[str], found: Catalog | list[str]) -> str:
    """The first lines that differ, "" where none do."""
    before, after = (one if isinstance(one, list) else catalog_to_json(one).splitlines() for one in (expected, found))
    lines = difflib.unified_diff(before, after, "the engine", "pgmason", lineterm="", n=4)
    return "\n".join(list(lines)[:SHOWN])


def same_statements(engine: str, path: Path) -> str:
    """Where our lowering of the files at `path` says another statement than the engine's script, "" where nowhere.

    White space apart: the same statements in the same order make the same database, and no server need be asked.
    """
    context = Context(base=path.parent, root=path.parent)
    lowered = lower(schema_of(path, context), NEWEST)
    expected = [_words(statement.text) for statement in read_script(engine).statements]
    found = [_words(statement.sql) for statement in lowered]
    expected, found = ([one for one in said if one != _PUBLIC] for said in (expected, found))
    return "" if expected == found else difference(expected, found)


def _words(statement: str) -> str:
    return " ".join(statement.split())


def same_databases(engine: str, path: Path, server: Server) -> str:
    """Where the files at `path`, read as a source, make another database than the engine's script; "" where none.

    Both the catalog and `pg_dump -s` are held against each other. Raises psycopg.Error where a script does not apply.
    """
    context = Context(base=path.parent, root=path.parent, major=server.choice.installation.major)
    ours = read_source(f"prisma:{path}", context).catalog
    with empty_database(server) as theirs, empty_database(server) as anew:
        theirs.apply(engine)
        differs = difference(theirs.read(), ours)
        if differs:
            return differs
        anew.apply(script_of(ours))
        return difference(theirs.dump(), anew.dump())


def written_anew(script: str, engine: PrismaEngine, server: Server) -> str:
    """What is wrong with the schema.prisma that is written of what a script makes, "" where nothing is.

    The engine must take it, find it laid out as it would itself, and make the same database of it.
    """
    with empty_database(server) as database:
        database.apply(script)
        catalog = database.read()
    files = {"schema.prisma": write_schema(catalog).text}
    faults = engine.faults(files)
    if faults:
        return f"{faults[0]}\n{files['schema.prisma']}"
    laid_out = difference(engine.formatted(files)["schema.prisma"].splitlines(), files["schema.prisma"].splitlines())
    if laid_out:
        return laid_out
    with empty_database(server) as database:
        database.apply(engine.create(files))
        return difference(catalog, database.read())
