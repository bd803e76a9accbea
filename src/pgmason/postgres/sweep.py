"""Drops what commands left on a scratch server, killed or in haste, and makes the clones that they asked for.

Run by the supervisor: python -m pgmason.postgres.sweep FOLDER [TEMPLATE ...]
"""

from __future__ import annotations

import contextlib
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from pgmason.postgres.scratch import drop_left_over, evict_templates, tidy
from pgmason.postgres.server import Control, connect, read_state
from pgmason.postgres.spares import make_spares

__all__ = ["sweep"]


class _Living:
    """The leases that live at the moment of the question: what was listed a moment ago may belong to a new one."""

    def __init__(self, control: Control) -> None:
        self.control = control

    def __contains__(self, lease: object) -> bool:
        return lease in self.control.ask("alive")["alive"]


def sweep(folder: Path, ahead: Sequence[str] = ()) -> None:
    """Sweep the running server of that folder, and only that one: a sweep starts nothing. Then a clone of each of the
    templates `ahead` is taken."""
    state = read_state(folder)
    if state is None:
        return
    control = Control.open(state)
    with contextlib.closing(control.connection), connect(state, "postgres") as admin:
        living = _Living(control)
        drop_left_over(admin, living)
        for desk in sorted((folder / "desks").glob("*")):  # where the workers of a killed `scratch` fetched databases
            if desk.name not in living:
                shutil.rmtree(desk, ignore_errors=True)
        evict_templates(admin)
        if ahead:
            make_spares(admin, ahead)
            tidy(admin)


if __name__ == "__main__":
    sweep(Path(sys.argv[1]), sys.argv[2:])
