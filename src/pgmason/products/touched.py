"""Which products does a branch touch?

Told by git: what differs from where the branch left REF, what is not committed, and new files. A file belongs to the
product whose folder holds it, the innermost one; a document or a baseline to its product wherever it lies;
pgmason.toml, and a file that lies in a folder above a product without belonging to another, such as a lock file, to
every product below. Text in Markdown above a product touches none.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

from pgmason.config import Product
from pgmason.errors import NextCommand, OutOfReach, WrongUse

__all__ = ["changed_files", "touched_products"]


def changed_files(root: Path, since: str) -> tuple[str, ...]:
    """The files that the working tree changes against where it left a branch, from the root, sorted.

    Raises WrongUse where git does not know the branch, or the repository; OutOfReach where there is no git.
    """
    top = Path(_git(root, "rev-parse", "--show-toplevel").strip())
    reference = next((ref for ref in (since, f"origin/{since}") if _knows(root, ref)), None)
    if reference is None:
        raise WrongUse(
            f"git knows no commit {since!r}",
            where=str(root),
            next=[NextCommand(command=f"git fetch origin {since}", why="fetches the branch to compare with")],
        )
    base = _run(root, "merge-base", reference, "HEAD")
    if base.returncode:
        raise WrongUse(
            f"{reference} and this branch have no common commit here",
            where=str(root),
            fix="a shallow clone leaves it out: git fetch --unshallow, or fetch-depth: 0 in GitHub Actions",
        )
    names = _git(root, "diff", "--name-only", "-z", "--no-renames", base.stdout.strip()).split("\0")
    names += _git(top, "ls-files", "--others", "--exclude-standard", "-z").split("\0")
    below = (PurePosixPath(top / name) for name in names if name)
    resolved = PurePosixPath(root.resolve())
    return tuple(sorted({str(path.relative_to(resolved)) for path in below if path.is_relative_to(resolved)}))


def touched_products(products: Mapping[str, Product], changed: Iterable[str]) -> frozenset[str]:
    """The names of the products that these files, told from the workspace's root, belong to."""
    homes = {name: PurePosixPath(product.path) for name, product in products.items()}
    touched: set[str] = set()
    for text in changed:
        path = PurePosixPath(text)
        if text == "pgmason.toml":
            return frozenset(products)
        if path.parts[:1] == (".pgmason",):
            touched.update(name for name in products if path.parts[1:2] == (name,))
            continue
        touched.update(name for name, product in products.items() if path == PurePosixPath(product.docs))
        inside = [name for name, home in homes.items() if path.is_relative_to(home) or home == PurePosixPath(".")]
        if inside:
            deepest = max(len(homes[name].parts) for name in inside)
            touched.update(name for name in inside if len(homes[name].parts) == deepest)
        if path.suffix != ".md":
            above = [name for name, home in homes.items() if path.parent != home and home.is_relative_to(path.parent)]
            touched.update(name for name in above if name not in inside)
    return frozenset(touched)


def _knows(root: Path, reference: str) -> bool:
    if reference.startswith("-"):
        return False
    return _run(root, "rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}").returncode == 0


def _git(root: Path, *arguments: str) -> str:
    done = _run(root, *arguments)
    if done.returncode:
        raise WrongUse(f"git refused: {done.stderr.strip()}", where=str(root))
    return done.stdout


def _run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            ["git", "-C", str(root), *arguments],
            capture_output=True,
            text=True,
            check=False,
            encoding="utf-8",
            errors="surrogateescape",
        )
    except OSError as exc:
        raise OutOfReach("git is not on this machine, and --since asks it what was changed") from exc
