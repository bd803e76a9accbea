"""What does it cost to watch a statement, and to trace one new file after a long history?

`python -m bench.tracing` measures both on PGMASON_CORPUS and prints the table; `make bench` has them with the rest.
"""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from bench.arguments import Arguments
from bench.commands import Home, repository, temporary_folder
from bench.measurement import Budget, Measurement, side_by_side, table
from bench.trace_corpus import units_of
from pgmason.effects.execution import send
from pgmason.effects.witness import watching
from pgmason.postgres.scratch import scratch_database
from pgmason.postgres.server import Server, lease_server
from pgmason.statements import read_script

__all__ = ["measure_tracing"]

MAJOR = 15
REPEATS = 3
PAUSE_SECONDS = 3.0  # between two commands at a desk: the server's clone for the next one is taken meanwhile


def measure_tracing(home: Home, work: Path, corpus: Path) -> Iterator[Measurement]:
    """PGMASON_HOME must be `home`, in this process too."""
    with lease_server(MAJOR, what="bench.tracing") as server:
        yield _a_statement(server, corpus)
    yield from _a_file(home, work, corpus)


def _a_statement(server: Server, corpus: Path) -> Measurement:
    """umami's statements, watched, against the same ones sent one by one in the same transactions, each file in a
    session of its own as it is when it is watched."""
    units = [(unit, read_script(unit.text)) for unit in units_of(corpus, "prisma/umami")]
    count = sum(len(script.statements) for _, script in units)
    watched, bare = [], []
    for _ in range(REPEATS):
        with scratch_database(server) as scratch:
            began = time.perf_counter()
            for _, script in units:
                with scratch.session() as session:
                    session.execute("BEGIN")
                    for statement in script.statements:
                        assert send(session, statement.text) is None
                    session.execute("COMMIT")
            bare.append((time.perf_counter() - began) * 1000 / count)
        with scratch_database(server) as scratch, watching(scratch) as witness:
            began = time.perf_counter()
            for unit, script in units:
                assert not witness.trace(unit, script).failed
            watched.append((time.perf_counter() - began) * 1000 / count)
    return Measurement(
        what=f"one of umami's {count} statements, watched",
        value=median(watched), unit="ms", against="the same, only sent", baseline=median(bare), repeats=REPEATS,
        budget=Budget(at_most=median(bare) + 2.5, of="value"),
    )  # fmt: skip


def _a_file(home: Home, work: Path, corpus: Path) -> Iterator[Measurement]:
    """A new migration of trigger's, traced by a command with everything warm, against an empty Python."""
    root = work / "trigger"
    shutil.copytree(corpus / "prisma" / "trigger" / "migrations", root / "migrations")
    repository(root)
    new = root / "migrations" / "29990101000000_new"
    new.mkdir()
    (new / "migration.sql").write_text('ALTER TABLE "TaskRun" ADD COLUMN "traced" TEXT;\n', encoding="utf-8")
    words = ("trace", "migrations/29990101000000_new/migration.sql", "--on", "migrations:migrations")

    def after(seconds: float) -> float:
        time.sleep(seconds)
        return home.run(root, *words).holds().seconds

    for _ in range(2):  # the state is made, and cloned for the first time
        after(0)
    for pause, what, budget in (
        (PAUSE_SECONDS, "`pgmason trace` of a new file after trigger's 820", Budget(at_most=0.5, of="value")),
        (0.0, "the same, right behind another run", None),
    ):
        value, baseline = side_by_side(
            5,
            functools.partial(after, pause),
            lambda: subprocess.run([sys.executable, "-c", "pass"], check=True),
        )
        yield Measurement(
            what=what, value=value, unit="s", against="`python -c pass`", baseline=baseline, repeats=5, budget=budget
        )


def main() -> int:
    Arguments().done()
    named = os.environ.get("PGMASON_CORPUS")
    if not named or not Path(named).is_dir():
        print("skipped: PGMASON_CORPUS names no folder of real products")
        return 0
    with temporary_folder("tracing") as work:
        home = Home.made(work / "home")
        os.environ["PGMASON_HOME"] = str(home.folder)
        try:
            measured = list(measure_tracing(home, work, Path(named).absolute()))
        finally:
            home.stop()
    print(table(measured), end="")
    return 1 if any(one.met is False for one in measured) else 0


if __name__ == "__main__":
    sys.exit(main())
