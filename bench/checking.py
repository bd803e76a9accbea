"""How long does `pgmason check` take for one new migration after a long history, with all before it known?

`python -m bench.checking` measures it on PGMASON_CORPUS and prints the table; `make bench` has it with the rest.
"""

from __future__ import annotations

import subprocess
import sys
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

    def check_new() -> float:
        edited()
        return check()

    check_new()  # the state before it is known from now on, with its rows
    for what, measured in (
        (f"`check` of one new migration after {PRODUCT}'s {files - 2}", check_new),
        ("the same again with nothing changed", check),
    ):
        value, baseline = side_by_side(
            REPEATS, measured, lambda: subprocess.run([sys.executable, "-c", "pass"], check=True)
        )
        yield Measurement(
            what=what, value=value, unit="s", against="python -c pass", baseline=baseline, repeats=REPEATS,
            budget=Budget(at_most=0.6, of="value"),
        )  # fmt: skip


def main() -> int:
    Arguments().done()
    return on_corpus("checking", measure_checking)


if __name__ == "__main__":
    sys.exit(main())
