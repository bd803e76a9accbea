"""python -m bench.trace_corpus: every migration of every product of PGMASON_CORPUS, traced from its own predecessor.

One scratch database a product; each migration is traced on what the ones before it left. Held: each statement of each
file has its effect and is done, none for want of a privilege; what the witness knows at the end of each file, put
together from the differences that it told, is what the server says when all of it is read anew. Writes
bench/trace-corpus-results.json after each product; a product whose result is of the code that decides it (COVERED) is
skipped, unless --again. Words that are left name products. Exits 1 where something was not so.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bench.arguments import Arguments
from bench.commands import temporary_folder
from bench.machine import code_digest, machine_line, today
from bench.products import PRODUCTS
from pgmason.effects.model import Effect, Outcome, Trace
from pgmason.effects.observe import read_states
from pgmason.effects.witness import watching
from pgmason.evidence import write_whole
from pgmason.formats import History, read_history
from pgmason.postgres.extensions import create_extensions
from pgmason.postgres.scratch import offer_extensions, scratch_database, stand_in_roles
from pgmason.postgres.server import Server, lease_server
from pgmason.sources import Context
from pgmason.sources.migrations import units_of_history
from pgmason.sources.sql import units_of_files
from pgmason.sources.units import Unit
from pgmason.statements import extensions_created, read_script, roles_named

__all__ = ["fault_of", "history_of", "traces", "units_of"]

HERE = Path(__file__).parent
RESULTS = HERE / "trace-corpus-results.json"
# What decides a trace and the order of a product's files; what else changes in the package makes no result stale.
COVERED = (
    "locks.py",
    "names.py",
    "postgres/standins/*",
    *(f"effects/{name}" for name in ("[!egt]*.py", "elevated.py", "execution.py", "traced_session.py", "*.sql")),
    *(f"{room}/**/*.py" for room in ("formats", "statements")),
    *(f"postgres/{name}.py" for name in ("extensions", "scratch", "sending", "server", "tree")),
    *(f"sources/{name}.py" for name in ("migrations", "sql", "units")),
)
# Product -> what an administrator creates beforehand, by its own documentation.
BEFOREHAND = {product.name: tuple(product.beforehand) for product in PRODUCTS}
FOLDERS = (
    "prisma/umami", "prisma/hoppscotch", "prisma/langfuse", "prisma/trigger", "updown/cratesio", "updown/chirpstack",
    "updown/concourse", "alembic-rendered/open-assistant", "samples/chinook", "samples/pagila",
)  # fmt: skip


def units_of(corpus: Path, folder: str) -> list[Unit]:
    """The files of a product in the order and the frame of its runner."""
    context = Context(base=corpus, root=corpus)
    if folder.startswith("samples/"):
        return units_of_files(f"{folder}/*.sql", context)
    return units_of_history(history_of(corpus, folder), context)


def history_of(corpus: Path, folder: str) -> History:
    """The migrations of a product."""
    inner = corpus / folder / "migrations"
    return read_history(inner if inner.is_dir() else corpus / folder)


def traces(
    server: Server, units: Sequence[Unit], beforehand: Sequence[str] = (), *, compare_every: int = 1
) -> Iterator[tuple[Unit, Trace, bool]]:
    """Each unit's trace, and whether what the witness then knows is what the server says (asked now and then)."""
    offer_extensions(server, beforehand)
    with scratch_database(server) as scratch:
        if beforehand:
            create_extensions(server, scratch.name, tuple(beforehand))
        with watching(scratch) as witness:
            for number, unit in enumerate(units, start=1):
                script = read_script(unit.text, file=unit.file)
                stand_in_roles(server, roles_named(script))
                offer_extensions(server, extensions_created(script))
                trace = witness.trace(unit, script)
                assert len(trace.effects) == len(script.statements), unit.file
                if number % compare_every == 0 or number == len(units):
                    anew = read_states(witness.observer, None, unsaid=scratch.unsaid)
                    yield unit, trace, anew == witness.known
                    witness.known = anew
                else:
                    yield unit, trace, True


def fault_of(unit: Unit, trace: Trace, same: bool) -> str | None:
    """What must not be; None where all is well."""
    failed = next((effect for effect in trace.effects if effect.outcome is not Outcome.DONE), None)
    if failed is not None:
        error = failed.error
        told = f"{error.sqlstate} {error.message}" if error else failed.outcome.value
        return f"{unit.file}:{failed.statement.line}: {told}"
    if any(one.commit_error for one in trace.transactions):
        return f"{unit.file}: COMMIT failed"
    return None if same else f"{unit.file}: what is known differs from what is there"


def main() -> int:
    arguments = Arguments()
    again, wanted = arguments.flag("--again"), arguments.rest()
    named = os.environ.get("PGMASON_CORPUS")
    if not named or not Path(named).is_dir():
        print("skipped: PGMASON_CORPUS names no folder of real products")
        return 0
    corpus = Path(named).absolute()
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"products": {}}
    with temporary_folder("trace") as work:
        work.chmod(0o755)
        os.environ.setdefault("PGMASON_HOME", str(work / "home"))
        results["machine"] = machine_line()
        code = code_digest([HERE / "trace_corpus.py"], only=COVERED)
        for major in (15, 18):
            with lease_server(major, what="bench.trace_corpus") as server:
                for folder in FOLDERS:
                    key = f"{folder} on {major}"
                    known = results["products"].get(key, {})
                    if (wanted and folder.split("/")[1] not in wanted) or (not again and known.get("code") == code):
                        continue
                    print(f"{key} ...", file=sys.stderr)
                    results["products"][key] = {"code": code, "on": today(), **_proof(server, corpus, folder)}
                    write_whole(RESULTS, json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    faults = [f"{name}: {fault}" for name, one in results["products"].items() for fault in one["faults"]]
    print("\n".join(f"{name}: {_line(one)}" for name, one in results["products"].items()))
    print("\n".join(f"FAULT  {fault}" for fault in faults))
    return 1 if faults else 0


def _line(one: dict[str, Any]) -> str:
    return (
        f"{one['files']} files, {one['statements']} statements, {one['ms_a_statement']} ms each and what the file costs"
        f" more than its own {one['own_ms_a_statement']} ms; {one['refused_in_frame']} files refused in their frame"
    )


def _proof(server: Server, corpus: Path, folder: str) -> dict[str, Any]:
    units = units_of(corpus, folder)
    faults: list[str] = []
    refused: list[str] = []
    effects: list[Effect] = []
    seconds, files = 0.0, 0
    started = time.perf_counter()
    for unit, trace, same in traces(server, units, BEFOREHAND.get(folder.split("/")[1], ()), compare_every=20):
        seconds += time.perf_counter() - started
        files += 1
        fault = fault_of(unit, trace, same)
        faults += [fault] if fault else []
        effects += trace.effects
        if trace.frame_error is not None:
            refused.append(f"{unit.file}: {trace.frame_error[1].sqlstate}")
        started = time.perf_counter()
    own_ms = sum(effect.elapsed_ms for effect in effects)
    count = max(len(effects), 1)
    return {
        "server": str(server),
        "files": files,
        "statements": len(effects),
        "own_ms_a_statement": round(own_ms / count, 2),
        "ms_a_statement": round((seconds * 1000 - own_ms) / count, 2),
        "locks": dict(sorted(Counter(mode.sql for effect in effects for mode in effect.locks.values()).items())),
        "rewrites": dict(sorted(Counter(one.kind.value for effect in effects for one in effect.rewrites).items())),
        "incomplete": sum(effect.locks_incomplete is not None for effect in effects),
        "basis": dict(sorted(Counter(effect.basis.value for effect in effects).items())),
        "refused_in_frame": len(refused),
        "refused": refused,
        "faults": faults,
    }


if __name__ == "__main__":
    sys.exit(main())
