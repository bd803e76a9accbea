"""Which database is a piece of SQL for, and which plain SQL files are a schema?

A hint for finding only, never a judgement of SQL: folders say a database's name, other databases' files show
words that PostgreSQL does not have. Nothing is executed on the strength of it that a person has not seen named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from pgmason.products.projects import small_text
from pgmason.products.walk import Tree, for_tests, joined

__all__ = ["named_for_another", "sql_schemas", "written_for_another"]

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

    A schema is a file named schema.sql or structure.sql, or a folder `schema` of .sql files; where there is no such
    thing, the only .sql file of the repository. It must create a table.
    """
    covered = set(taken)
    found = []
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
    if not found and not covered and len(alone) == 1 and _creates(tree, alone, notes):
        found.append((alone[0], f"{alone[0]} is the only .sql file, and creates tables"))
    return found


def _within(path: str, other: str) -> bool:
    return other == "." or path == other or path.startswith(other + "/")


def _creates(tree: Tree, files: list[str], notes: list[str]) -> bool:
    """Whether the files create a table, and for PostgreSQL."""
    texts = [small_text(tree.root / file) or "" for file in files]
    if not any("CREATE TABLE" in text.upper() for text in texts):
        return False
    other = named_for_another(files[0]) or next(filter(None, map(written_for_another, texts)), None)
    if other is not None:
        notes.append(f"passed over, SQL for {other}: {files[0]}")
    return other is None
