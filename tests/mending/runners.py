"""Runners of migration folders, as small as the tools' own: what judges a fix is not what made it.

Each sends the files of a folder as its tool does (the tools' documentation is named in `pgmason/formats`), to a
database of the test's own, and pg_dump says what came of it.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

if TYPE_CHECKING:
    from conftest import FreshDatabase

__all__ = ["down", "dump", "up"]


def up(database: FreshDatabase, folder: Path, tool: str, *, only: Collection[str] | None = None) -> list[str]:
    """Apply every migration, or these, in order; the names of those that were applied."""
    applied = []
    with psycopg.connect(database.url, autocommit=True) as session:
        for name, text, transaction in _steps(folder, tool, "up"):
            if only is None or name in only:
                _send(session, text, transaction=transaction)
                applied.append(name)
    return applied


def down(database: FreshDatabase, folder: Path, tool: str, name: str) -> None:
    """Undo one migration."""
    text, transaction = next((text, alone) for one, text, alone in _steps(folder, tool, "down") if one == name)
    with psycopg.connect(database.url, autocommit=True) as session:
        _send(session, text, transaction=transaction)


def _send(session: psycopg.Connection, text: str, *, transaction: bool) -> None:
    """In one simple query; between BEGIN and COMMIT where the tool does so."""
    for part in ("BEGIN", text, "COMMIT") if transaction else (text,):
        result = session.pgconn.exec_(part.encode())
        if result.status not in (psycopg.pq.ExecStatus.COMMAND_OK, psycopg.pq.ExecStatus.EMPTY_QUERY,
                                 psycopg.pq.ExecStatus.TUPLES_OK):  # fmt: skip
            raise AssertionError(f"{result.error_message.decode()} in:\n{text}")


def _steps(folder: Path, tool: str, way: str) -> Iterator[tuple[str, str, bool]]:
    """Each migration's name, its text, and whether the tool puts it into a transaction."""
    for entry in sorted(folder.iterdir()):
        if tool == "prisma" and entry.is_dir() and way == "up":
            yield entry.name, (entry / "migration.sql").read_text(), False
        elif tool == "diesel" and entry.is_dir():
            metadata = entry / "metadata.toml"
            alone = metadata.exists() and "run_in_transaction = false" in metadata.read_text()
            yield entry.name, (entry / f"{way}.sql").read_text(), not alone
        elif tool in ("golang-migrate", "updown") and entry.name.endswith(f".{way}.sql"):
            yield entry.name.removesuffix(f".{way}.sql"), entry.read_text(), False
        elif tool == "numbered" and entry.suffix == ".sql":
            yield entry.stem, entry.read_text(), False
        elif tool == "dbmate" and entry.suffix == ".sql":
            head, mark, rest = entry.read_text().partition("-- migrate:down")
            alone = "transaction:false" in head.split("\n")[0]
            yield entry.stem, head if way == "up" else f"--{mark}{rest}", not alone
        elif tool == "goose" and entry.suffix == ".sql":
            text = entry.read_text()
            head, _, rest = text.partition("-- +goose Down")
            yield entry.stem, head if way == "up" else rest, "NO TRANSACTION" not in text
        elif tool == "flyway" and entry.name.startswith("V" if way == "up" else "U") and entry.suffix == ".sql":
            conf = entry.with_name(f"{entry.name}.conf")
            yield entry.stem[1:], entry.read_text(), not conf.exists()


def dump(database: FreshDatabase) -> str:
    """The schema as pg_dump of the same major says it, without the lines that are new each time."""
    server = database.scratch.server
    program = server.tree.installation.bin / "pg_dump"
    if not program.exists():
        pytest.skip(f"{server.tree.installation} has no pg_dump")
    said = subprocess.run(
        [program, "--schema-only", "--no-owner", database.url],
        env={**os.environ, "PGPASSWORD": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 0, said.stderr
    return re.sub(r"(?m)^\\(un)?restrict .*\n", "", said.stdout)
