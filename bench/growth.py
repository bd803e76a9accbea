"""python -m bench.growth: does a statement's time grow with its table as its effect claims? Writes bench/GROWTH.md.

Each form of growth_forms.toml is run at three sizes, in a database of its own each time, and timed while it holds its
locks: in a transaction, whose COMMIT is not timed, because files are removed after the locks are gone
(CommitTransaction, access/transam/xact.c); one that refuses a transaction is timed whole. The claim is read off the
effect that the witness saw at the smallest size. Resumable: what growth-results.json holds for the same form, schema
and server is not measured again (`--again` does). On 15 and on 18; `--only TEXT` takes the forms whose name has it,
`--major 15` one server.

The rule that decides what was measured, from the shortest time at each size (the others are the machine's noise):

    grows       the largest takes at least 10 times as long as the smallest, and 3 times as long as the one between
    constant    the largest takes less than 4 times as long as the smallest, or less than 10 ms more
    unclear     neither; told as a difference to be looked at

Between sizes there is a factor of 1,000 and of 10; work in proportion to rows is far above the first line, and work
that does not depend on them far below the second, however busy the machine. Exits 1 where a claim is not what was
measured.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.arguments import Arguments
from bench.machine import machine_line
from pgmason.effects.growth import Law, grows_with
from pgmason.effects.witness import watching
from pgmason.evidence import write_whole
from pgmason.names import ObjectId
from pgmason.postgres.scratch import has_template, scratch_database
from pgmason.postgres.server import Server, lease_server
from pgmason.samples import Wanted
from pgmason.samples.making import fill_tables
from pgmason.sources.units import Frame, Unit
from pgmason.statements import needs_own_transaction, read_script, transaction_control

if TYPE_CHECKING:
    from pgmason.postgres.scratch import Scratch

HERE = Path(__file__).parent
FORMS = HERE / "growth_forms.toml"
SCHEMA = HERE / "growth_schema.sql"
RESULTS = HERE / "growth-results.json"
PAGE = HERE / "GROWTH.md"
MAJORS = (15, 18)
SIZES = (1_000, 100_000, 1_000_000)
REPEATS = {1_000: 3, 100_000: 2, 1_000_000: 2}
SMALL = 100  # rows of the tables that do not grow


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """A statement form: what is applied first, what is measured, and which table grows."""

    name: str
    statement: str
    before: str = ""
    grows: str = "t"

    @property
    def digest(self) -> str:
        """What a kept result must agree with: the form, and the schema it is applied to."""
        about = "\0".join(
            ("2", self.statement, self.before, self.grows, SCHEMA.read_text(encoding="utf-8"), str(SIZES))
        )
        return hashlib.sha256(about.encode()).hexdigest()[:12]


def forms() -> tuple[Form, ...]:
    """The forms of the file, in its order."""
    return tuple(Form(**form) for form in tomllib.loads(FORMS.read_text(encoding="utf-8"))["form"])


@contextmanager
def sized(server: Server, rows: int) -> Iterator[Scratch]:
    """A database with the schema and that many rows in its large table, cloned from a template that is made once."""
    about = f"growth:{server.tree.name}:{rows}:{SMALL}:{SCHEMA.read_text(encoding='utf-8')}"
    digest = hashlib.sha256(about.encode()).hexdigest()
    if has_template(server, [digest]) is None:
        with scratch_database(server) as scratch:
            with scratch.session() as session:
                session.execute(SCHEMA.read_bytes())
                fill_tables(session, Wanted(rows=SMALL, of={("public", "t"): rows}))
                session.execute("ALTER TABLE t DROP CONSTRAINT only_for_rows; ANALYZE")
            scratch.keep(digest)
    with scratch_database(server, template=digest) as scratch:
        yield scratch


def claim_of(scratch: Scratch, form: Form) -> Law | None:
    """By which law the time grows with the form's table, as its effect says."""
    if form.before:
        with scratch.session() as session:
            session.execute(form.before.encode())
    unit = Unit(name=form.name, file=form.name, text=form.statement, frame=Frame.STATEMENTS)
    with watching(scratch) as witness:
        trace = witness.trace(unit, read_script(form.statement))
    if trace.failed:
        failed = next(effect.error for effect in trace.effects if effect.error is not None)
        raise AssertionError(f"{form.name}: {failed.message}")
    laws = [grows_with(effect, ObjectId("table", ("public", form.grows))) for effect in trace.effects]
    return next((law for law in laws if law is not None), None)


def measure(server: Server, form: Form, rows: int) -> float:
    """The milliseconds that the form takes at that size."""
    alone = any(
        needs_own_transaction(one) or transaction_control(one) for one in read_script(form.statement).statements
    )
    with sized(server, rows) as scratch, scratch.session() as session:
        if form.before:
            session.execute(form.before.encode())
        session.execute("SELECT 1" if alone else "BEGIN")
        began = time.perf_counter()
        session.execute(form.statement.encode())
        took_ms = (time.perf_counter() - began) * 1000
        session.execute("SELECT 1" if alone else "COMMIT")
        return took_ms


def verdict(times_ms: Mapping[int, float]) -> str:
    """grows, constant or unclear, by the rule above; `times_ms` by size."""
    small, middle, large = (times_ms[size] for size in SIZES)
    if large >= 10 * small and large >= 3 * middle:
        return "grows"
    if large < 4 * small or large - small < 10:
        return "constant"
    return "unclear"


def main() -> int:
    arguments = Arguments()
    again, only = arguments.flag("--again"), arguments.text("--only", "")
    major = arguments.number("--major", 0)
    arguments.done()
    results = _kept()
    for one in (major,) if major else MAJORS:
        _all_measured(one, results, only, again=again)
    write_whole(PAGE, page(results))
    wrong = [f"{server}: {name}" for server, name, _ in differences(results)]
    print(f"{len(wrong)} claims are not what was measured", *wrong, sep="\n  ")
    return 1 if wrong else 0


def _all_measured(major: int, results: dict[str, Any], only: str, *, again: bool) -> None:
    """Measure every form on one server, and read its claim; the results are written after each."""
    with lease_server(major, what="bench growth") as server:
        of_server: dict[str, Any] = results["servers"].setdefault(
            f"PostgreSQL {server.choice.installation.version}", {"machine": machine_line(), "forms": {}}
        )
        if again and not only:
            of_server["machine"] = machine_line()
        for form in forms():
            if only not in form.name:
                continue
            kept = of_server["forms"].get(form.name)
            with sized(server, SIZES[0]) as scratch:
                claimed = claim_of(scratch, form)
            if again or kept is None or kept["digest"] != form.digest:
                times = {size: [measure(server, form, size) for _ in range(REPEATS[size])] for size in SIZES}
                kept = {"digest": form.digest, "times_ms": {str(k): [round(t, 2) for t in v] for k, v in times.items()}}
            best = {size: min(kept["times_ms"][str(size)]) for size in SIZES}
            kept |= {"statement": form.statement, "claimed": str(claimed) if claimed else "constant"}
            kept["measured"] = verdict(best)
            of_server["forms"][form.name] = kept
            print(f"{form.name}: {best}  claimed {kept['claimed']}, measured {kept['measured']}", file=sys.stderr)
            write_whole(RESULTS, json.dumps(results, indent=1) + "\n")
        names = [form.name for form in forms()]
        of_server["forms"] = {name: of_server["forms"][name] for name in names if name in of_server["forms"]}
    write_whole(RESULTS, json.dumps(results, indent=1) + "\n")


def _kept() -> dict[str, Any]:
    try:
        kept: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8"))
        return kept
    except (OSError, ValueError):
        return {"servers": {}}


def differences(results: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Server, form and result where the claim is not what was measured."""
    for server, of_server in results["servers"].items():
        for name, one in of_server["forms"].items():
            if one["measured"] != ("constant" if one["claimed"] == "constant" else "grows"):
                yield server, name, one


def page(results: Mapping[str, Any]) -> str:
    """The table of every form."""
    lines = [
        "# How long does it block?",
        "",
        "Written by `python -m bench.growth` from growth-results.json; the rule is in bench/growth.py. The shortest",
        "time of each form at three sizes of the table that grows, in ms, and the law that its effect claims.",
    ]
    for server, of_server in results["servers"].items():
        wrong = [name for of, name, _ in differences(results) if of == server]
        lines += [
            "",
            f"## {server}",
            "",
            f"{of_server['machine']}. {len(of_server['forms'])} forms, {len(wrong)} measured otherwise than claimed.",
            "",
            f"| form | {' | '.join(f'{size:,} rows' for size in SIZES)} | claimed: grows | measured |",
            "|---|" + "---|" * (len(SIZES) + 2),
        ]
        for name, one in of_server["forms"].items():
            best = [f"{min(one['times_ms'][str(size)]):.1f}" for size in SIZES]
            told = f"**{one['measured']}**" if name in wrong else one["measured"]
            lines.append(f"| {name} | {' | '.join(best)} | {one['claimed']} | {told} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
