"""How long does `pgmason check` take for one new migration after a long history, with all before it known?

At a desk some seconds pass between two commands, in which the server takes the clones that the next one wants; right
behind another run it has to make them.

`python -m bench.checking` measures it on PGMASON_CORPUS and prints the table; `make bench` has it with the rest.
"""

from __future__ import annotations

import functools
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from bench.arguments import Arguments
from bench.commands import Home
from bench.measurement import Budget, Measurement, on_corpus, side_by_side
from bench.products import PRODUCTS

__all__ = ["measure_checking"]

REPEATS = 5
PRODUCT = "trigger"
PAUSE_SECONDS = 3.0  # between two commands at a desk: the server's clones for the next one are taken meanwhile


def measure_checking(home: Home, work: Path, corpus: Path) -> Iterator[Measurement]:
    """A migration that is written anew before each command, and then the same command with nothing changed."""
    product = next(one for one in PRODUCTS if one.name == PRODUCT)
    root = product.checkout(corpus, work / "checked" / PRODUCT)
    home.run(root, "init").holds()
    new = next(root.rglob("migrations")) / "29990101000000_new" / "migration.sql"
    new.parent.mkdir()
    files = sum(1 for _ in new.parents[1].iterdir())
    edits = count()

    def edited() -> None:
        new.write_text(f'ALTER TABLE "TaskRun" ADD COLUMN "checked_{next(edits)}" TEXT;\n', encoding="utf-8")

    def check() -> float:
        done = home.run(root, "check", "--format", "json").holds(1)
        places = [one["place"]["file"] for one in done.json()["findings"] if one["place"]]
        assert any(place.endswith("29990101000000_new/migration.sql") for place in places), "it was not judged"
        return done.seconds

    def check_new(pause: float) -> float:
        time.sleep(pause)
        edited()
        return check()

    for _ in range(2):  # the state before it is known from now on, with its rows, and was cloned twice
        check_new(0)
    for what, measured, budget in (
        (
            f"`check` of one new migration after {PRODUCT}'s {files - 2}",
            functools.partial(check_new, PAUSE_SECONDS),
            Budget(at_most=0.6, of="value"),
        ),
        ("the same, right behind another run", functools.partial(check_new, 0.0), None),
        ("the same again with nothing changed", check, Budget(at_most=0.6, of="value")),
    ):
        value, baseline = side_by_side(
            REPEATS, measured, lambda: subprocess.run([sys.executable, "-c", "pass"], check=True)
        )
        yield Measurement(
            what=what, value=value, unit="s", against="python -c pass", baseline=baseline, repeats=REPEATS,
            budget=budget,
        )  # fmt: skip


def main() -> int:
    Arguments().done()
    return on_corpus("checking", measure_checking)


if __name__ == "__main__":
    sys.exit(main())
