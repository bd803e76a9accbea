"""One number beside its baseline of the same run and its budget, and the table of them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.commands import Home, temporary_folder

__all__ = ["Budget", "Measurement", "on_corpus", "side_by_side", "table", "timed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """At most so much: of the ratio to the baseline, or of the value itself in the measurement's unit."""

    at_most: float
    of: str  # "ratio" or "value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """`value` and `baseline` are medians of `repeats` runs, in `unit`. Without a budget it is for information."""

    what: str
    value: float
    unit: str
    against: str
    baseline: float
    repeats: int
    budget: Budget | None = None

    @property
    def ratio(self) -> float:
        return self.value / self.baseline

    @property
    def met(self) -> bool | None:
        """Whether the budget is kept; None where there is none."""
        if self.budget is None:
            return None
        return (self.ratio if self.budget.of == "ratio" else self.value) <= self.budget.at_most

    def cells(self) -> tuple[str, ...]:
        """What, value, baseline, ratio, budget, verdict, as words."""
        limit = self.budget and f"<= {self.budget.at_most:g}" + (" x" if self.budget.of == "ratio" else f" {self.unit}")
        verdict = {None: "", True: "met", False: "**MISSED**"}[self.met]
        return (
            self.what,
            _amount(self.value, self.unit),
            f"{_amount(self.baseline, self.unit)} ({self.against})",
            f"{self.ratio:.2f} x",
            limit or "none",
            verdict,
        )


def _amount(value: float, unit: str) -> str:
    return (
        f"{value * 1000:.0f} ms"
        if unit == "s" and value < 1
        else f"{value:.2f} {unit}"
        if unit == "s"
        else f"{value:.0f} {unit}"
    )


def side_by_side(repeats: int, value: Callable[[], object], baseline: Callable[[], object]) -> tuple[float, float]:
    """Both in turn, so that a busy moment of the machine meets both alike; the median seconds of each."""
    values, baselines = [], []
    for _ in range(repeats):
        baselines.append(timed(baseline))
        values.append(timed(value))
    return median(values), median(baselines)


def timed(what: Callable[[], object]) -> float:
    """The seconds that it took, or that it gives itself, as a float, where only a part of it counts."""
    began = time.perf_counter()
    given = what()
    return given if isinstance(given, float) else time.perf_counter() - began


def table(measurements: Sequence[Measurement]) -> str:
    """The measurements as a Markdown table."""
    head = ("what", "value", "baseline", "ratio", "budget", "")
    rows = [head, ("---",) * len(head), *(one.cells() for one in measurements)]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def on_corpus(name: str, measure: Callable[[Home, Path, Path], Iterable[Measurement]]) -> int:
    """Measure with a home, a folder and PGMASON_CORPUS, and print the table: the exit code of one part of the bench.

    Skips by name where there is no corpus; 1 where a budget is missed.
    """
    corpus = os.environ.get("PGMASON_CORPUS")
    if not corpus or not Path(corpus).is_dir():
        print("skipped: PGMASON_CORPUS names no folder of real products")
        return 0
    with temporary_folder(name) as work:
        home = Home.made(work / "home")
        os.environ["PGMASON_HOME"] = str(home.folder)
        try:
            measured = list(measure(home, work, Path(corpus).absolute()))
        finally:
            home.stop()
    print(table(measured), end="")
    return 1 if any(one.met is False for one in measured) else 0
