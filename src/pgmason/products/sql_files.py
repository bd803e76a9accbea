"""Which database is a piece of SQL for, and which plain SQL files are a schema?

A hint for finding only, never a judgement of SQL: folders say a database's name, other databases' files show
words that PostgreSQL does not have. Nothing is executed on the strength of it that a person has not seen named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pgmason.products.projects import opening_text
from pgmason.products.walk import Tree, for_tests, joined

__all__ = ["dumped_major", "named_for_another", "sql_schemas", "written_for_another"]

_OTHERS = frozenset(
    {"mysql", "mariadb", "sqlite", "sqlite3", "libsql", "clickhouse", "cassandra", "scylla", "cockroach", "cockroachdb"}
    | {"mssql", "sqlserver", "spanner", "duckdb", "bigquery", "snowflake", "redshift", "tidb", "planetscale"}
)
# Words of a CREATE TABLE elsewhere, as they stand in upper case with single spaces.
_TELLTALES = {
    "AUTO_INCREMENT": "MySQL",
    "ENGINE=INNODB": "MySQL",
    "ENGINE = INNODB": "MySQL",
    "AUTOINCREMENT": "SQLite",
    "PRAGMA ": "SQLite",
    "MERGETREE": "ClickHouse",
    "NVARCHAR(": "SQL Server",
}
_SCHEMA_FILES = ("schema.sql", "structure.sql")
# What pg_dump writes first (pg_backup_archiver.c); a cluster's dump by pg_dumpall begins otherwise.
_DUMP = "-- PostgreSQL database dump"
_DUMPED_FROM = re.compile(r"^-- Dumped from database version (\d+)", re.MULTILINE)


def named_for_another(path: str) -> str | None:
    """The other database that one of a path's last three parts names, or None."""
    near = "/".join(path.lower().split("/")[-3:])
    return next((word for word in re.split(r"[/._-]", near) if word in _OTHERS), None)


def written_for_another(text: str) -> str | None:
    """The other database whose words a text shows, or None."""
    upper = " ".join(text[:200_000].upper().split())
    return next((database for word, database in _TELLTALES.items() if word in upper), None)


def sql_schemas(tree: Tree, taken: Iterable[str], notes: list[str]) -> list[tuple[str, str]]:
    """(path or pattern below the root, the reason) of each plain SQL schema outside the folders `taken`.

    A schema is a file named schema.sql or structure.sql, a folder `schema` of .sql files, or what pg_dump wrote, under
    any name; where there is no such thing, the only .sql file of the repository. It must create a table.
    """
    covered = set(taken)
    found: list[tuple[str, str]] = []
    alone = []
    for folder in tree.folders.values():
        scripts = [name for name in folder.files if name.endswith(".sql")]
        if not scripts or for_tests(folder.path) or any(_within(folder.path, other) for other in covered):
            continue
        alone += [joined(folder.path, name) for name in scripts]
        if folder.path.rpartition("/")[2] == "schema" and len(scripts) > 1:
            if _creates(tree, [joined(folder.path, name) for name in scripts], notes):
                found.append((joined(folder.path, "*.sql"), f"{len(scripts)} .sql files in {folder.path}"))
            continue
        for name in scripts:
            if name in _SCHEMA_FILES and _creates(tree, [joined(folder.path, name)], notes):
                found.append((joined(folder.path, name), f"{joined(folder.path, name)} creates tables"))
        if not any(path.rpartition("/")[0] == (folder.path if folder.path != "." else "") for path, _ in found):
            found += _dump(tree, [joined(folder.path, name) for name in scripts], notes)
    if not found and not covered and len(alone) == 1 and _creates(tree, alone, notes):
        found.append((alone[0], f"{alone[0]} is the only .sql file, and creates tables"))
    return found


def _dump(tree: Tree, files: list[str], notes: list[str]) -> list[tuple[str, str]]:
    """The file of a folder that pg_dump wrote; none where there are several, of which nothing tells the newest."""
    dumps = [file for file in files if _DUMP in opening_text(tree.root / file, 200)]
    if len(dumps) > 1:
        notes.append(f"passed over, {len(dumps)} files that pg_dump wrote: {dumps[0]} and others; --schema names one")
        return []
    return [(file, f"{file} is what pg_dump wrote") for file in dumps if _creates(tree, [file], notes)]


def dumped_major(tree: Tree, file: str) -> str | None:
    """The major version of the database that pg_dump read, where a file is what it wrote."""
    opening = opening_text(tree.root / file, 500)
    said = _DUMPED_FROM.search(opening) if _DUMP in opening else None
    return said[1] if said else None


def _within(path: str, other: str) -> bool:
    return other == "." or path == other or path.startswith(other + "/")


def _creates(tree: Tree, files: list[str], notes: list[str]) -> bool:
    """Whether the files create a table, and for PostgreSQL."""
    texts = [opening_text(tree.root / file) for file in files]
    if not any("CREATE TABLE" in text.upper() for text in texts):
        return False
    other = named_for_another(files[0]) or next(filter(None, map(written_for_another, texts)), None)
    if other is not None:
        notes.append(f"passed over, SQL for {other}: {files[0]}")
    return other is None
