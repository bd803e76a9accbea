"""A schema made anew from its own script: read, exported, applied to an empty database, and read again.

PostgreSQL is asked twice whether both are the same: by our reading of pg_catalog, and by pg_dump of the same major.
"""

from __future__ import annotations

import difflib
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg import Connection, sql

from pgmason.catalog.canonical import catalog_to_json, digest
from pgmason.catalog.model import Catalog
from pgmason.catalog.ordering import Work, in_order
from pgmason.catalog.reading import read_catalog
from pgmason.catalog.script import script_of
from pgmason.postgres.server import Server

__all__ = ["RoundTrip", "drop_subscriptions", "make_roles", "round_trip", "skip_what_the_server_lacks"]

SHOWN = 60  # lines of a difference


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundTrip:
    """Both sides of it; `accepted` counts the texts of the source that the server took."""

    accepted: int
    script: str
    before: Catalog
    after: Catalog
    dump_before: list[str]
    dump_after: list[str]

    def require_the_same(self) -> None:
        """Raises AssertionError with the first differing lines, of the catalog or of pg_dump."""
        if digest(self.before) != digest(self.after):
            was, is_ = catalog_to_json(self.before).splitlines(), catalog_to_json(self.after).splitlines()
            raise AssertionError("the catalog differs:\n" + _difference(was, is_))
        before, after = self.dump_before, self.dump_after
        if any(making.work is Work.BEGIN for _, _, making in in_order(self.before)):
            # pg_dump puts what stands in a circle in the order in which it was made (repairDependencyLoop,
            # pg_dump_sort.c), so there the same entries may come in another order.
            before, after = _entries(before), _entries(after)
        if before != after:
            raise AssertionError("pg_dump -s differs:\n" + _difference(before, after))


def round_trip(server: Server, source: str | Sequence[str]) -> RoundTrip:
    """Apply SQL as the superuser to an empty database, export it, apply that to another.

    `source` is a script, or a list of statements of which those are left out that the server refuses. Raises
    AssertionError where the export does not apply.
    """
    with _database(server) as first, _database(server) as second:
        with server.connect(first) as connection:
            _apply(connection, "SET search_path = public;")
            accepted = 0
            for text in [source] if isinstance(source, str) else source:
                try:
                    _apply(connection, text)
                    accepted += 1
                except psycopg.Error:
                    if isinstance(source, str):
                        raise
        with server.connect(first) as connection:
            before = read_catalog(connection)
        script = script_of(before)
        with server.connect(second) as connection:
            try:
                _apply(connection, script)
            except psycopg.Error as exc:
                around = script[: int(exc.diag.statement_position or 0)].count("\n")
                lines = "\n".join(script.splitlines()[max(0, around - 12) : around + 8])
                raise AssertionError(f"the script does not apply: {exc}\n{lines}") from exc
        with server.connect(second) as connection:
            after = read_catalog(connection)
        return RoundTrip(
            accepted=accepted,
            script=script,
            before=before,
            after=after,
            dump_before=_dump(server, first),
            dump_after=_dump(server, second),
        )


def catalog_of(server: Server, text: str) -> Catalog:
    """The catalog of an empty database to which the superuser applied a script."""
    with _database(server) as name, server.connect(name) as connection:
        _apply(connection, "SET search_path = public;\n" + text)
        with server.connect(name) as reader:
            return read_catalog(reader)


def make_roles(server: Server, names: Sequence[str]) -> None:
    """Roles that schemas name as owners and grantees; they stay until the server goes."""
    for name in names:
        with suppress(psycopg.errors.DuplicateObject, psycopg.errors.UniqueViolation):
            server.admin.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(name)))


def skip_what_the_server_lacks(server: Server, text: str) -> None:
    """A script's first lines say what it needs: `-- needs: 17` (a major), `-- needs: icu`, `-- needs: lz4`."""
    needs = {line.removeprefix("-- needs: ").strip() for line in text.splitlines() if line.startswith("-- needs: ")}
    have = {
        "icu": "SELECT EXISTS (SELECT FROM pg_catalog.pg_collation WHERE collname = 'de-x-icu')",
        "lz4": "SELECT 'lz4' = ANY (enumvals) FROM pg_catalog.pg_settings WHERE name = 'default_toast_compression'",
    }
    for need in sorted(needs):
        if need.isdecimal():
            there = server.choice.installation.major >= int(need)
        else:
            [(there,)] = server.admin.execute(have[need]).fetchall()  # type: ignore[arg-type]
        if not there:
            pytest.skip(f"PostgreSQL {server.choice.installation.version} lacks {need}")


@contextmanager
def _database(server: Server) -> Iterator[str]:
    """A database as CREATE DATABASE makes it, without anything of pgmason's."""
    name = server.next_name()
    server.admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    try:
        yield name
    finally:
        drop_subscriptions(server, name)
        server.admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def drop_subscriptions(server: Server, database: str) -> None:
    """A database with subscriptions cannot be dropped, and one with a slot would ask the publisher."""
    with server.connect(database) as connection:
        for (name,) in connection.execute(
            "SELECT subname FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database WHERE datname = %s)",
            [database],
        ).fetchall():
            subscription = sql.Identifier(name)
            connection.execute(sql.SQL("ALTER SUBSCRIPTION {} SET (slot_name = NONE)").format(subscription))
            connection.execute(sql.SQL("DROP SUBSCRIPTION {}").format(subscription))


def _apply(connection: Connection[Any], text: str) -> None:
    cursor = connection.execute(text)  # type: ignore[call-overload]
    while cursor.nextset():
        pass


def _dump(server: Server, database: str) -> list[str]:
    """What pg_dump -s prints, less the key that is another each time (\\restrict, since 15.14)."""
    environment = {
        **{key: value for key, value in os.environ.items() if not key.startswith("PG") or key.startswith("PGMASON")},
        "PGHOST": "127.0.0.1",
        "PGPORT": str(server.state["port"]),
        "PGUSER": "pgmason",
        "PGPASSWORD": server.state["password"],
    }
    program = server.choice.installation.bin / "pg_dump"
    done = subprocess.run([program, "-s", "-d", database], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return [line for line in done.stdout.splitlines() if not line.startswith(("\\restrict", "\\unrestrict"))]


def _entries(dump: list[str]) -> list[str]:
    """The entries of a dump, sorted; without the settings between them, which go with their order."""
    text = "\n".join(line for line in dump if not line.startswith("SET default_"))
    return sorted(entry.strip() for entry in text.split("\n--\n-- Name: "))


def _difference(before: list[str], after: list[str]) -> str:
    return "\n".join(list(difflib.unified_diff(before, after, "before", "after", lineterm="", n=5))[:SHOWN])
