"""python -m bench.downs: every hand-written DOWN of real products: does it bring the schema back, and what is lost?

The result of each goes into bench/downs.json at once; those that are there already, of the same code, are not run
again unless --again. `pg_dump -s` before the UP and after the DOWN is the independent witness: where it says the same
and we do not, or the other way round, the run fails.

    PGMASON_CORPUS=... python -m bench.downs [--again]
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.arguments import Arguments
from bench.commands import Home, temporary_folder
from bench.machine import code_digest, machine_line, today
from pgmason.evidence import write_whole
from pgmason.formats import read_history
from pgmason.prove.down import Outcome, prove_down
from pgmason.sources import Context
from pgmason.sources.migrations import units_of_history
from pgmason.sources.replay import replay
from pgmason.sources.sql import shown
from pgmason.sources.units import Unit

HERE = Path(__file__).parent
RESULTS = HERE / "downs.json"
PRODUCTS = ("cratesio", "concourse", "chirpstack")
MAJOR = 15
# What a proof depends on: reading files, running them, reading and comparing catalogs. Half an hour is not lost for a
# rule or a page.
COVERED = (
    "prove/down.py",
    "sources/*.py",
    *(f"{room}/**/*.py" for room in ("catalog", "formats", "plan", "postgres", "statements")),
)


def main() -> int:
    arguments = Arguments()
    again = arguments.flag("--again")
    arguments.done()
    corpus = os.environ.get("PGMASON_CORPUS")
    if not corpus:
        print("PGMASON_CORPUS names no folder of real products", file=sys.stderr)
        return 2
    code = code_digest(only=COVERED)
    results: dict[str, Any] = {"of": code, "downs": {}}
    if RESULTS.exists() and not again:
        kept = json.loads(RESULTS.read_text(encoding="utf-8"))
        results = kept if kept.get("of") == code else results
    with temporary_folder("downs") as work:
        home = Home.made(work / "home")
        os.environ["PGMASON_HOME"] = str(home.folder)
        results |= {"machine": machine_line(), "on": today()}
        try:
            for product in PRODUCTS:
                _product(Path(corpus) / "updown" / product, results)
        finally:
            home.stop()
    return _summary(results)


def _product(folder: Path, results: dict[str, Any]) -> None:
    found = [one for one in (folder, folder / "migrations") if (one / "README.md").exists() or one.is_dir()]
    history = None
    for one in reversed(found):
        try:
            history = read_history(one)
            break
        except Exception:  # another folder holds them
            continue
    assert history is not None, folder
    context = Context(base=folder, root=folder, major=MAJOR, what="bench")
    units = units_of_history(history, context)
    for number, migration in enumerate(history.migrations, start=1):
        key = f"{folder.name}/{migration.name}"
        text = migration.down_text()
        if key in results["downs"] or text is None:
            continue
        file = shown(migration.down or migration.up, context)
        down = Unit(name=f"{migration.name} down", file=file, text=text, frame=units[number - 1].frame)
        proof = prove_down(units[:number], down, context)
        entry: dict[str, Any] = {"outcome": proof.outcome.value, "lost": [_short(line) for line in proof.lost]}
        if proof.outcome is not Outcome.FAILS:
            entry["pg_dump"] = _dumped(units[: number - 1], context) == _dumped([*units[:number], down], context)
        results["downs"][key] = entry
        write_whole(RESULTS, json.dumps(results, indent=1, ensure_ascii=False) + "\n")


def _short(line: str) -> str:
    return line if len(line) <= 300 else line[:297] + "..."


def _dumped(units: Sequence[Unit], context: Context) -> str:
    """What pg_dump -s says of the state that the units make, without what differs by itself."""
    from pgmason.postgres.scratch import scratch_database
    from pgmason.postgres.server import lease_server

    with lease_server(context.major, what="bench") as server:
        template = replay(units, context, anew=True).template if units else None
        with scratch_database(server, template=template, read_only=True) as scratch:
            command = [str(server.choice.installation.bin / "pg_dump"), "-s", "-h", "127.0.0.1",
                       "-p", str(server.state["port"]), "-U", "pgmason", "-d", scratch.name]  # fmt: skip
            environment = {**os.environ, "PGPASSWORD": server.state["password"]}
            done = subprocess.run(command, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return "\n".join(line for line in done.stdout.splitlines() if not line.startswith(("--", "\\")))


def _summary(results: dict[str, Any]) -> int:
    wrong = 0
    for product in PRODUCTS:
        mine = {key: one for key, one in results["downs"].items() if key.startswith(f"{product}/")}
        counts = Counter(one["outcome"] for one in mine.values())
        print(f"{product}: {len(mine)} DOWNs: {', '.join(f'{what} {count}' for what, count in sorted(counts.items()))}")
        for key, one in mine.items():
            if "pg_dump" in one and one["pg_dump"] != (one["outcome"] in ("restores", "not again")):
                wrong += 1
                print(f"  pg_dump says {'the same' if one['pg_dump'] else 'another'} schema of {key}: {one['outcome']}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
