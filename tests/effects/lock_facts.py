"""The measured facts that the witness is held to: one statement a line, with the locks, rewrites and scans it took.

The files lie beside the corpus; without them the tests that need them skip by name.
"""

from __future__ import annotations

import ast
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

PARTITION_BOUNDS = {"(10)": "(10000)", "(20)": "(20000)", "(30)": "(30000)", "(40)": "(40000)"}
# What a prefix of a row says is done first, in a committed transaction (the legend of the fixture).
FIRST = {
    "ALTER:validate ck_nv;": "ALTER TABLE t VALIDATE CONSTRAINT ck_nv",
    "PF ": "ALTER TABLE pt1 ADD CONSTRAINT pf FOREIGN KEY (id) REFERENCES p (id)",
    "CKP ": "ALTER TABLE pt1 ADD CONSTRAINT pc CHECK (id > 0)",
    "ATT ": "CREATE INDEX pt_id ON ONLY pt (id); CREATE INDEX pt1_id ON pt1 (id)",
    # The legend says a unique index. PostgreSQL attaches it to the parent's key only where a constraint stands on it
    # (DefineIndex, commands/indexcmds.c), and reads no rows only where that is a primary key.
    "UQ ": "ALTER TABLE pt1 ADD PRIMARY KEY (id, k)",
}
USES = {
    # measured where the tables were this role's already: an owner that changes locks the indexes, too
    "owner to postgres": "ALTER TABLE t OWNER TO postgres",
    "t_a_u": "CREATE UNIQUE INDEX t_a_u ON t (a)",
    "fk_def": "ALTER TABLE t ADD CONSTRAINT fk_def FOREIGN KEY (a) REFERENCES p (id)",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LockFact:
    """One row. `locks` has pg_locks' mode without its last word, by relation; `error` replaces all where it failed."""

    line: int
    first: tuple[str, ...]
    sql: str
    locks: dict[str, str]
    rewritten: frozenset[str]
    scanned: frozenset[str]
    error: str


def shared(name: str) -> str:
    named = os.environ.get("PGMASON_CORPUS")
    file = Path(named).parent / name if named else None
    if file is None or not file.is_file():
        pytest.skip(f"{name} does not lie beside the corpus")
    return file.read_text(encoding="utf-8")


def lock_facts() -> list[LockFact]:
    return [_fact(number, line) for number, line in enumerate(shared("lock-facts-pg15.txt").splitlines(), start=1)]


def _fact(number: int, line: str) -> LockFact:
    told = [part.strip() for part in line.split("|")]
    sql, first = told[0], []
    for prefix, before in FIRST.items():
        if sql.startswith(prefix):
            sql = sql.removeprefix(prefix)
            first.append(before)
    first += [before for name, before in USES.items() if name in sql]
    if " partition" in sql:
        for small, large in PARTITION_BOUNDS.items():
            sql = sql.replace(small, large)
    if told[1].startswith("ERR"):
        return LockFact(
            line=number, first=tuple(first), sql=sql, locks={}, rewritten=frozenset(), scanned=frozenset(),
            error=told[1].removeprefix("ERR "),
        )  # fmt: skip
    locks = dict(pair.split("=") for pair in told[1].split() if pair != "-")
    rewritten = told[2].removeprefix("rewrite=")
    scanned = told[3].removeprefix("scan=")
    return LockFact(
        line=number,
        first=tuple(first),
        sql=sql,
        locks=locks,
        rewritten=frozenset() if rewritten == "-" else frozenset(rewritten.split(",")),
        scanned=frozenset() if scanned == "-" else frozenset(ast.literal_eval(scanned)),
        error="",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class TypeChange:
    """One row of the matrix: what ALTER COLUMN ... TYPE does to the table and to an index over the column."""

    zone: str
    old: str
    new: str
    heap: str  # "keep", "REWRITE", or "" where it fails
    index: str  # "keep", "REBUILD", "n/a"
    using: bool
    error: str


def type_changes() -> list[TypeChange]:
    changes = []
    for line in shared("type-change-facts-pg15.txt").splitlines():
        zone, rest = line.split(None, 1)
        old, arrow, told = rest.partition("->")
        assert arrow
        if "ERROR" in told:
            new, _, error = told.partition("ERROR")
            heap = index = ""
            using = False
        else:
            new, _, told = told.partition("heap=")
            heap, index, *flags = told.replace("index=", "").split()
            using, error = "USING" in flags, ""
        changes.append(
            TypeChange(
                zone=zone, old=old.strip(), new=new.strip(), heap=heap, index=index, using=using, error=error.strip()
            )
        )
    return changes
