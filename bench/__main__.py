"""python -m bench: every measurement, as a ratio to a baseline of the same run; writes bench/RESULTS.md.

Exits 1 where a budget is missed. With PGMASON_CORPUS the longest real history is measured too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from bench.arguments import Arguments
from bench.checking import measure_checking
from bench.commands import Home, temporary_folder
from bench.machine import code_digest, machine_line, today
from bench.measurement import Measurement, table
from bench.plain_server import plain_server
from bench.prisma_reading import measure_prisma_reading
from bench.reading import measure_reading
from bench.scratch import measure_scratch
from bench.tracing import measure_tracing
from bench.walk import measure_walk
from pgmason.evidence import write_whole

RESULTS = Path(__file__).with_name("RESULTS.md")

HOW = """\
Each number is a median of several runs, in turn with its baseline, so that a busy machine slows both. Only ratios say
anything on another machine, and budgets in seconds are for a quiet one: see what `python -c pass` took. Cold: no
catalog on disk and no template, on a server that runs. `gate` with nothing changed was run after `pgmason server stop`,
and afterwards no server ran and none had been started. Commands run as those of an installed package, with their
bytecode kept. A new file is traced with seconds between the runs, as at a desk, while a clone for it is taken ahead;
and right behind another run, when that is not there yet.
"""


def main() -> int:
    Arguments().done()
    named = os.environ.get("PGMASON_CORPUS")
    corpus = Path(named).absolute() if named else None
    with temporary_folder("bench") as work:
        home = Home.made(work / "home")
        os.environ["PGMASON_HOME"] = str(home.folder)
        machine = machine_line()
        measured = []
        try:
            for one in _measurements(home, work, corpus):
                print(" | ".join(one.cells()), file=sys.stderr)
                measured.append(one)
        finally:
            home.stop()
    skipped = (
        ""
        if corpus
        else "\nSkipped: trigger's history of 820 files and tracing, because PGMASON_CORPUS names no corpus.\n"
    )
    text = (
        f"# Measurements\n\nWritten by `make bench` on {today()}, code {code_digest()}. {machine}.\n\n"
        f"{table(measured)}{skipped}\n{HOW}"
    )
    write_whole(RESULTS, text)
    print(text, end="")
    return 1 if any(one.met is False for one in measured) else 0


def _measurements(home: Home, work: Path, corpus: Path | None) -> Iterator[Measurement]:
    yield from measure_walk(home, work, corpus)
    yield from measure_prisma_reading()
    yield from measure_scratch(home, work)
    if corpus is not None:
        yield from measure_tracing(home, work / "tracing", corpus)
        yield from measure_checking(home, work, corpus)
    with plain_server(work / "plain") as server:
        yield from measure_reading(server, work)


if __name__ == "__main__":
    sys.exit(main())
