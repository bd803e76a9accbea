"""python -m bench.prisma_schemas: a thousand schema.prisma at random, each held against Prisma's own engine.

The schemas are those of tests/prisma_oracle/drawn_prisma.py, in batches of seeds. Of each that the engine takes, our
SQL is the engine's, statement for statement, or makes the same catalog and the same `pg_dump -s`; every tenth is asked
of PostgreSQL in any case, and written anew from its catalog. One that the engine refuses must be refused. The small
schemas of tests/sources/prisma_cases are held so too, all of them. The result of each batch goes into
bench/prisma-schemas.json at once; batches of the same code that are there already are not run again, unless --again.
Exits 1 where one was not the same. Needs Node and npm.

    python -m bench.prisma_schemas [--random 1000] [--again]
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from bench.arguments import Arguments
from bench.commands import Home, temporary_folder
from bench.machine import code_digest, machine_line, today
from pgmason.errors import PgmasonError
from pgmason.evidence import write_whole
from pgmason.postgres.server import Server, lease_server

HERE = Path(__file__).parent
ORACLE = HERE.parent / "tests" / "prisma_oracle"
CASES = HERE.parent / "tests" / "sources" / "prisma_cases" / "accepted"
RESULTS = HERE / "prisma-schemas.json"
BATCH = 50
EVERY = 10  # of these one is asked of PostgreSQL
MAJOR = 15
# What a schema's reading, lowering, applying and writing depend on. An hour is not lost for a rule or a page.
COVERED = (
    *(f"{room}/**/*.py" for room in ("catalog", "postgres", "statements", "sources/prisma")),
    *(f"sources/{name}.py" for name in ("applying", "places", "replay", "scripts", "sql", "units")),
)

sys.path.insert(0, str(ORACLE))

from drawn_prisma import drawn  # type: ignore[import-not-found]  # noqa: E402
from prisma_engine import PrismaEngine, files_of  # type: ignore[import-not-found]  # noqa: E402
from prisma_judging import same_databases, same_statements, written_anew  # type: ignore[import-not-found]  # noqa: E402


def main() -> int:
    arguments = Arguments()
    again, wanted = arguments.flag("--again"), arguments.number("--random", 1000)
    arguments.done()
    code = code_digest([*ORACLE.glob("*.py"), *ORACLE.glob("*.mjs")], only=COVERED)
    results: dict[str, Any] = {"of": code, "batches": []}
    if RESULTS.exists() and not again:
        kept = json.loads(RESULTS.read_text(encoding="utf-8"))
        results = kept if kept.get("of") == code else results
    with temporary_folder("prisma") as work:
        home = Home.made(work / "home")
        os.environ["PGMASON_HOME"] = str(home.folder)
        results |= {"machine": machine_line(), "on": today()}
        try:
            with lease_server(MAJOR, what="prisma schemas") as server:
                url = f"postgresql://pgmason:{server.state['password']}@127.0.0.1:{server.state['port']}/postgres"
                with PrismaEngine(url) as engine:
                    _run(results, wanted, engine, server, work)
        finally:
            home.stop()
    accepted = sum(one["same"] for one in results["batches"])
    refused = sum(one["refused"] for one in results["batches"])
    faults = [fault for one in results["batches"] for fault in one["faults"]]
    asked = sum(one["asked"] for one in results["batches"])
    print(
        f"{accepted} schemas the same as the engine's ({asked} of them asked of PostgreSQL), {refused} refused by both"
    )
    for fault in faults:
        print(f"FAULT  {fault}")
    return 1 if faults else 0


def _run(results: dict[str, Any], wanted: int, engine: PrismaEngine, server: Server, work: Path) -> None:
    done = {one["batch"] for one in results["batches"]}
    if "cases" not in done:
        found = _Batch("cases", engine, server)
        for position, case in enumerate(sorted(CASES.iterdir())):
            found.hold(case.stem, case, ask=position % EVERY == 0)
        _keep(results, found)
    number = 0
    while sum(one["same"] for one in results["batches"] if one["batch"] != "cases") < wanted:
        if number not in done:
            found = _Batch(number, engine, server)
            for seed in range(number * BATCH, (number + 1) * BATCH):
                folder = work / f"schema{seed}"
                for name, text in drawn(seed).items():
                    file = folder / name
                    file.parent.mkdir(parents=True, exist_ok=True)
                    file.write_text(text, encoding="utf-8")
                found.hold(f"seed {seed}", folder, ask=seed % EVERY == 0)
            _keep(results, found)
        number += 1


class _Batch:
    """Schemas held against the engine, and what was found of them."""

    def __init__(self, name: str | int, engine: PrismaEngine, server: Server) -> None:
        self.engine, self.server, self.began = engine, server, time.monotonic()
        self.told: dict[str, Any] = {"batch": name, "same": 0, "asked": 0, "refused": 0, "faults": []}

    def hold(self, name: str, path: Path, *, ask: bool) -> None:
        """One schema; `ask`: PostgreSQL is asked whatever the statements are."""
        try:
            fault = self._fault(path, ask=ask)
        except Exception as exc:  # whatever a schema brings about is a fault, and is told
            fault = f"{type(exc).__name__}: {exc}"
        if fault:
            self.told["faults"].append(f"{name}: {fault}"[:4000])

    def _fault(self, path: Path, *, ask: bool) -> str:
        files = files_of(path)
        if self.engine.faults(files):
            try:
                same_statements("", path)
            except PgmasonError:
                self.told["refused"] += 1
                return ""
            return "the engine refuses it, and the reader does not"
        script = self.engine.create(files)
        differs = same_statements(script, path)
        if ask or differs:
            self.told["asked"] += 1
            differs = same_databases(script, path, self.server)
        if ask and not differs:
            differs = written_anew(script, self.engine, self.server)
        self.told["same"] += not differs
        return str(differs)


def _keep(results: dict[str, Any], batch: _Batch) -> None:
    seconds = round(time.monotonic() - batch.began, 1)
    results["batches"].append({**batch.told, "seconds": seconds})
    write_whole(RESULTS, json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    told = batch.told
    print(f"{told['batch']}: {told['same']} same, {told['refused']} refused, {seconds} s", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
