"""python -m bench.fill_corpus: rows for every table of every real product in PGMASON_CORPUS, counted by PostgreSQL.

On each major at hand, with 3 and with 200 rows a table. Held: every table that can hold rows holds some, or is named by
the row maker; and it names only partitioned tables that have no partition, which no row can be in. Writes
bench/fill-corpus-results.json after each product; one whose files and whose pgmason are already there is skipped,
unless --again. Words that are left name folders. Exits 1 where something was not so.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from psycopg import sql

from bench.arguments import Arguments
from bench.commands import Home, temporary_folder
from bench.machine import code_digest, machine_line
from bench.trace_corpus import FOLDERS, units_of
from pgmason.effects.before import clone_of
from pgmason.errors import NoServer
from pgmason.evidence import write_whole
from pgmason.postgres.server import Server, lease_server
from pgmason.samples import Wanted
from pgmason.samples.making import fill_tables
from pgmason.sources import Context

__all__ = ["fill_product"]

RESULTS = Path(__file__).with_name("fill-corpus-results.json")
ROWS = (3, 200)
_TABLES = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname NOT IN ('pg_catalog', 'information_schema')
  AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.objid = c.oid AND e.classid = c.tableoid AND e.deptype = 'e')"""
_WITHOUT_PARTITION = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'p' AND NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhparent = c.oid)"""


def fill_product(server: Server, corpus: Path, folder: str, rows: int) -> dict[str, Any]:
    """What became of the tables of one product: counts, seconds of filling, notes, and what is not as it must be."""
    context = Context(base=corpus, root=corpus, major=server.choice.installation.major)
    with clone_of(server, tuple(units_of(corpus, folder)), context) as clone:
        with clone.scratch.session() as session:
            began = time.perf_counter()
            filled = fill_tables(session, Wanted(rows=rows))
            seconds = time.perf_counter() - began
        with clone.scratch.observer() as observer:
            tables = observer.execute(_TABLES).fetchall()
            hopeless = set(observer.execute(_WITHOUT_PARTITION).fetchall())
            empty = [
                path
                for path in tables
                if not observer.execute(sql.SQL("SELECT 1 FROM {} LIMIT 1").format(sql.Identifier(*path))).fetchall()
            ]
    faults = [f"{one}, though it could be" for one in filled.unfilled if one.path not in hopeless]
    faults += [f"{'.'.join(path)} is empty and not named" for path in empty if path not in _named(filled.unfilled)]
    untold = {*tables, *hopeless} - {*_named(filled.tables), *_named(filled.unfilled)}
    faults += [f"{'.'.join(path)} is not told of" for path in sorted(untold)]
    return {
        "tables": len(tables),
        "filled": len(tables) - len(empty),
        "named": [str(one) for one in filled.unfilled],
        "notes": [str(one) for one in filled.tables if one.note],
        "seconds": round(seconds, 2),
        "faults": faults,
    }


def _named(each: Any) -> set[tuple[str, str]]:
    return {one.path for one in each}


def main() -> int:
    arguments = Arguments()
    again, chosen = arguments.flag("--again"), arguments.rest()
    named = os.environ.get("PGMASON_CORPUS")
    if not named:
        sys.exit("PGMASON_CORPUS names no folder of real products")
    corpus = Path(named).absolute()
    results: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    with temporary_folder("fill") as work:
        home = Home.made(work / "home")
        os.environ["PGMASON_HOME"] = str(home.folder)
        code = code_digest()
        try:
            for major in (15, 18):
                try:
                    with lease_server(major, what="bench fill_corpus") as server:
                        _fill_all(server, corpus, chosen, again, code, results)
                except NoServer as exc:
                    print(f"PostgreSQL {major}: {exc}", file=sys.stderr)
        finally:
            home.stop()
    every = [one for server in results.values() for one in server["products"].values()]
    faulty = [fault for one in every for fault in one["faults"]]
    print(
        f"{len(every)} runs, {sum(one['filled'] for one in every)} of {sum(one['tables'] for one in every)} tables"
        f" filled, {len(faulty)} faults",
        *faulty,
        sep="\n  ",
    )
    return 1 if faulty else 0


def _fill_all(
    server: Server, corpus: Path, chosen: tuple[str, ...], again: bool, code: str, results: dict[str, Any]
) -> None:
    of_server = results.setdefault(f"PostgreSQL {server.choice.installation.version}", {"products": {}})
    of_server["machine"] = machine_line()
    for folder in FOLDERS:
        for rows in ROWS:
            key = f"{folder}, {rows} rows"
            kept = of_server["products"].get(key)
            if (chosen and folder not in chosen) or (kept and kept["code"] == code and not again):
                continue
            of_server["products"][key] = {"code": code, **fill_product(server, corpus, folder, rows)}
            print(key, of_server["products"][key], file=sys.stderr)
            write_whole(RESULTS, json.dumps(results, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())
