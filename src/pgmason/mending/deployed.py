"""Which migrations are deployed already, so that nobody may edit them?

What the baseline records, and what stands on the main branch: whoever deploys takes it from there. Git is asked for the
first of origin/HEAD, main and master that it knows; without git the baseline alone speaks.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

from pgmason.formats.migration import Migration
from pgmason.rules.baseline import Baseline

__all__ = ["deployed_because"]

_MAIN = ("origin/HEAD", "origin/main", "origin/master", "main", "master")


def deployed_because(
    migrations: Iterable[Migration], baseline: Baseline | None, root: Path, *, branch: str | None = None
) -> Mapping[str, str]:
    """Why each of these migrations counts as deployed, by its name; those that do not are left out.

    `branch` is the main branch where somebody said which.
    """
    asked = tuple(migrations)
    known = baseline.migrations if baseline is not None else {}
    found = {one.name: "the baseline records it as deployed" for one in asked if one.name in known}
    main = next((ref for ref in ((branch, f"origin/{branch}") if branch else _MAIN) if _knows(root, ref)), None)
    if main is not None:
        for one in asked:
            if one.name not in found and _has(root, main, one.up):
                found[one.name] = f"it stands on {main}: what is deployed is never edited"
    return found


def _knows(root: Path, reference: str) -> bool:
    return not reference.startswith("-") and _git(root, "rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}")


def _has(root: Path, reference: str, file: Path) -> bool:
    return _git(file.parent if file.parent.is_dir() else root, "cat-file", "-e", f"{reference}:./{file.name}")


def _git(folder: Path, *arguments: str) -> bool:
    """Whether git says yes; no where there is no git, and no repository."""
    try:
        done = subprocess.run(["git", "-C", str(folder), *arguments], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0
