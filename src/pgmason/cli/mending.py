"""How is a fix of pending migrations shown and written: the difference first, then the files, then what stays?

One value for text and JSON. What can be mended, and the proof, are `mending/`'s; nothing is decided here.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pgmason.cli.options import Output, write_outputs
from pgmason.errors import NextCommand, WrongUse
from pgmason.findings import Severity
from pgmason.names import printable
from pgmason.rules.enumerating import counted

if TYPE_CHECKING:
    from pgmason.gate.product_run import ProductRun
    from pgmason.mending import Fix, Left, Mending
    from pgmason.mending.mend import FileChange

__all__ = ["fix_products"]


def fix_products(runs: Sequence[ProductRun], places: Sequence[Output], *, branch: str | None, dry_run: bool) -> int:
    """Mend what can be mended in each product's pending migrations; 1 where a failing finding of one stays.

    Raises Unsupported for a format that is not rewritten, WrongUse where a file changed meanwhile.
    """
    from pgmason.mending import write_fixes

    found = {run.product.name: _mending(run, branch) for run in runs}
    roots = {run.product.name: run.product.root for run in runs}
    write_outputs(places, lambda wanted: _told(found, roots, wanted, dry_run=dry_run))
    if not dry_run:
        write_fixes(fix for mending in found.values() for fix in mending.fixes)
    return 1 if any(mending.left or (dry_run and mending.fixes) for mending in found.values()) else 0


def _mending(run: ProductRun, branch: str | None) -> Mending:
    from pgmason.mending import Left, Mending, mend
    from pgmason.mending.deployed import deployed_because
    from pgmason.rules.judging import judge

    history, known = run.history(), run.baseline()
    if history is None:
        return Mending(fixes=(), left=())
    if known is None and run.only is None:
        raise WrongUse(
            f"nothing says which migrations of {run.product.name} are pending: there is no baseline",
            next=[
                NextCommand(command="pgmason init", why="records what is deployed"),
                NextCommand(command="pgmason check --fix --since main", why="takes what this branch changed"),
            ],
        )
    pending = run.pending()
    programs = [one for one in history.programs if known is None or one.name not in known.migrations]
    if not pending:
        why = "is {}, which only the product's own tool can run: --fix rewrites SQL"
        return Mending(fixes=(), left=tuple(Left(migration=one.name, why=why.format(one.language)) for one in programs))
    return mend(
        run.product,
        history,
        pending,
        deployed=deployed_because(pending, run.baseline(), run.product.root, branch=branch),
        judge=lambda findings: judge(findings, run.product, run.baseline(), run.today, report_waivers=False),
        what="check --fix",
        statistics=run.statistics,
    )


def _told(found: Mapping[str, Mending], roots: Mapping[str, Path], wanted: str, *, dry_run: bool) -> str:
    if wanted == "json":
        products = {name: _data(mending, roots[name]) for name, mending in found.items()}
        return json.dumps({"version": 1, "written": not dry_run, "products": products}, indent=2) + "\n"
    return "\n".join(
        line for name, mending in found.items() for line in _lines(name, mending, roots[name], dry_run)
    ) + ("\n")


def _lines(name: str, mending: Mending, root: Path, dry_run: bool) -> Iterator[str]:
    verb = "can be written safely" if dry_run else "written safely"
    fixed, left = counted(len(mending.fixes), "migration"), counted(len(mending.left), "finding")
    yield f"{printable(name)}: {fixed} {verb}, {left} left"
    for fix in mending.fixes:
        yield ""
        yield from _fix_lines(fix, root)
    if mending.left:
        yield ""
        yield "left as it is:"
        yield from (line for left in mending.left for line in _left_lines(left))
    yield ""
    if mending.fixes and dry_run:
        yield "next: pgmason check --fix   # writes it"
    else:
        yield "next: pgmason check   # judges what is there now"


def _fix_lines(fix: Fix, root: Path) -> Iterator[str]:
    yield printable(fix.migration)
    yield from (f"  mends {finding.rule}: {printable(finding.told)}" for finding in fix.mended)
    for change in sorted(fix.files, key=lambda change: change.path):
        yield from (f"  {printable(line)}" for line in _difference(change, root))
    yield from (f"  proven: {printable(line)}" for line in fix.proof)


def _left_lines(left: Left) -> Iterator[str]:
    if left.finding is None:
        yield f"  {printable(left.migration)}: {printable(left.why)}"
        return
    place = f"{left.finding.place}" if left.finding.place is not None else left.migration
    yield f"  {left.finding.severity}  {left.finding.rule}  {printable(place)}"
    yield f"    {printable(left.finding.told)}"
    yield f"    {printable(left.why)}"


def _difference(change: FileChange, root: Path) -> list[str]:
    name = _from_root(change.path, root)
    old = "/dev/null" if change.before is None else f"a/{name}"
    before = (change.before or "").splitlines()
    return list(difflib.unified_diff(before, change.after.splitlines(), old, f"b/{name}", lineterm=""))


def _from_root(path: Path, root: Path) -> str:
    return path.resolve().relative_to(root.resolve()).as_posix()


def _data(mending: Mending, root: Path) -> dict[str, Any]:
    return {
        "fixes": [
            {
                "migration": fix.migration,
                "mended": [{"code": one.rule, "message": one.message} for one in fix.mended],
                "files": [
                    {
                        "file": _from_root(change.path, root),
                        "new": change.before is None,
                        "content": change.after,
                        "difference": "\n".join(_difference(change, root)),
                    }
                    for change in fix.files
                ],
                "proof": list(fix.proof),
            }
            for fix in mending.fixes
        ],
        "left": [
            {
                "migration": left.migration,
                "code": left.finding.rule if left.finding is not None else None,
                "severity": str(left.finding.severity if left.finding is not None else Severity.NOTE),
                "message": left.finding.message if left.finding is not None else None,
                "why": left.why,
            }
            for left in mending.left
        ],
    }
