"""python -m bench.random_schemas: thousands of schemas at random, each exported, made anew, and held against the first.

The schemas are those of tests/catalog/drawn_schemas.py, in batches with a seed each, half of them on PostgreSQL 15 and
half on 18. The result of each batch goes into bench/random-schemas.json at once; batches of the same code that are
there already are not run again, unless --again. Exits 1 where a schema was not the same.

    python -m bench.random_schemas [--random 2000] [--again]
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
from pgmason.errors import NoServer
from pgmason.evidence import write_whole

HERE = Path(__file__).parent
TESTS = HERE.parent / "tests" / "catalog"
RESULTS = HERE / "random-schemas.json"
BATCH = 50
MAJORS = (15, 18)


def main() -> int:
    arguments = Arguments()
    again, wanted = arguments.flag("--again"), arguments.number("--random", 2000)
    arguments.done()
    code = code_digest([TESTS / "drawn_schemas.py", TESTS / "round_trip.py"], only=("catalog/**/*.py", "names.py"))
    results: dict[str, Any] = {"of": code, "batches": []}
    if RESULTS.exists() and not again:
        kept = json.loads(RESULTS.read_text(encoding="utf-8"))
        results = kept if kept.get("of") == code else results
    with temporary_folder("random") as work:
        home = Home.made(work / "home")
        os.environ["PGMASON_HOME"] = str(home.folder)
        results |= {"machine": machine_line(), "on": today()}
        done = {(one["major"], one["seed"]) for one in results["batches"]}
        try:
            for number in range(-(-wanted // BATCH)):
                major, seed = MAJORS[number % len(MAJORS)], number // len(MAJORS)
                if (major, seed) not in done:
                    results["batches"].append(_batch(major, seed))
                    _write(results)
        finally:
            home.stop()
    schemas = sum(one["schemas"] for one in results["batches"])
    faults = [one for one in results["batches"] if one["fault"]]
    print(f"{schemas} schemas, {sum(one['statements'] for one in results['batches'])} statements accepted")
    for one in faults:
        print(f"FAULT  PostgreSQL {one['major']}, seed {one['seed']}: {one['fault']}")
    return 1 if faults else 0


def _batch(major: int, seed: int) -> dict[str, Any]:
    """One batch: how many schemas were the same, and what the first that was not says, with its statements."""
    sys.path.insert(0, str(TESTS))
    from drawn_schemas import ROLES, scripts  # type: ignore[import-not-found]
    from hypothesis import HealthCheck, Phase, given, settings
    from hypothesis import seed as seeded
    from round_trip import make_roles, round_trip  # type: ignore[import-not-found]

    from pgmason.plan.diff import diff
    from pgmason.postgres.server import lease_server

    began, counted = time.monotonic(), {"schemas": 0, "statements": 0}
    fault = None
    try:
        with lease_server(major, what="random schemas") as server:
            if server.choice.substitute:
                return _told(major, seed, 0.0, counted, "this major is not on the machine")
            make_roles(server, ROLES)

            @seeded(seed)
            @settings(
                max_examples=BATCH, deadline=None, database=None, phases=[Phase.generate],
                suppress_health_check=list(HealthCheck), print_blob=False,
            )  # fmt: skip
            @given(script=scripts(major))
            def holds(script: list[str]) -> None:
                trip = round_trip(server, script)
                trip.require_the_same()
                assert diff(trip.before, trip.after) == (), "diff is not empty"
                counted["schemas"] += 1
                counted["statements"] += trip.accepted

            holds()
    except NoServer as exc:
        fault = exc.what
    except Exception as exc:  # whatever a schema brings about is a fault, and is told
        fault = f"{type(exc).__name__}: {exc}\n{''.join(getattr(exc, '__notes__', ()))}"[:6000]
    print(
        f"PostgreSQL {major}, seed {seed}: {counted['schemas']} schemas, {time.monotonic() - began:.0f} s",
        file=sys.stderr,
    )
    return _told(major, seed, time.monotonic() - began, counted, fault)


def _told(major: int, seed: int, seconds: float, counted: dict[str, int], fault: str | None) -> dict[str, Any]:
    return {"major": major, "seed": seed, "seconds": round(seconds, 1), **counted, "fault": fault}


def _write(results: dict[str, Any]) -> None:
    results["batches"].sort(key=lambda one: (one["major"], one["seed"]))
    write_whole(RESULTS, json.dumps(results, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    sys.exit(main())
