"""python -m bench.remedies: is the safe sequence that a rule shows safe on a large table?

For each migration rule whose finding on its bad example carries files to run instead: these files, and those of the
rule's good example, are measured one after the other as bench/blocking.py says, at 1,000 and 100,000 rows in what they
touch; so is the bad example, which shows that the measuring sees what it must not find in the others. Writes
bench/remedies-results.json after each rule, and bench/OUTAGES.md; a rule whose examples, whose sequence and whose
measuring are the same is not measured again, unless --again. Words that are left name rules. Exits 1 where a statement
of a safe sequence is an outage, or the server refuses one.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.arguments import Arguments
from bench.blocking import LARGE, MEASURING, SMALL, Measured, measure_file
from bench.commands import temporary_folder
from bench.machine import machine_line
from bench.outages_page import write_page
from pgmason.config import Product
from pgmason.evidence import write_whole
from pgmason.findings import Severity
from pgmason.formats import read_history
from pgmason.postgres.server import Server, lease_server
from pgmason.prove.pending import migration_inputs
from pgmason.remedies import files_of
from pgmason.rules import check_migration, migration_rules
from pgmason.rules.migration_rule import MigrationRule
from pgmason.sources import Context
from pgmason.sources.units import Frame, Unit

__all__ = ["RESULTS", "measure_files", "remedy_of"]

HERE = Path(__file__).parent
RESULTS = HERE / "remedies-results.json"
MAJOR = 15


def remedy_of(rule: MigrationRule, folder: Path, major: int) -> str | None:
    """The files that the rule shows in place of its bad example, as text; None where its fix is words, or none.

    The example is written into `folder` as a migration, on its schema as another.
    """
    migrations = folder / rule.name
    migrations.mkdir()
    (migrations / "1_schema.up.sql").write_text(rule.schema, encoding="utf-8")
    (migrations / "2_bad.up.sql").write_text(rule.bad, encoding="utf-8")
    product = Product(
        name=rule.name, root=folder, path=rule.name, migrations=".", postgres=str(major), down="none", criteria={}
    )
    history = read_history(migrations)
    (judged,) = migration_inputs(product, history, history.migrations[1:], what="bench.remedies")
    fixes = [one.fix for one in check_migration(judged) if one.rule == rule.name]
    shown = fixes[0] if fixes else None
    return shown if shown is not None and shown.startswith(("-- migration", "-- deploy first")) else None


def measure_files(server: Server, schema: str, text: str) -> tuple[tuple[Measured, ...], ...]:
    """Each file of a text in the form of `Remedy.text`, on what the schema and the files before it make."""
    context = Context(base=Path(), root=Path(), major=server.choice.installation.major, what="bench.remedies")
    units = [Unit(name="schema", file="schema.sql", text=schema, frame=Frame.STATEMENTS)] if schema.strip() else []
    told = []
    for number, file in enumerate(files_of(text), start=1):
        unit = Unit(
            name=str(number),
            file=f"{number}.sql",
            text="\n".join(file.statements),
            frame=Frame.TRANSACTION if file.transaction else Frame.STATEMENTS,
        )
        told.append(measure_file(server, units, unit, context).statements)
        units.append(unit)
    return tuple(told)


def main() -> int:
    arguments = Arguments()
    again, major = arguments.flag("--again"), arguments.number("--major", MAJOR)
    wanted = arguments.rest()
    results: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    with temporary_folder("remedies") as work:
        os.environ.setdefault("PGMASON_HOME", str(work / "home"))
        with lease_server(major, what="bench.remedies") as server:
            of_server = results.setdefault(
                f"PostgreSQL {server.choice.installation.version}", {"machine": machine_line(), "rules": {}}
            )
            rules = [rule for rule in migration_rules() if major in rule.majors]
            known = of_server["rules"]
            for rule in rules:
                if wanted and rule.name not in wanted:
                    continue
                remedy = remedy_of(rule, work, major)
                if remedy is None:
                    known.pop(rule.name, None)
                    continue
                mark = _mark(rule, remedy)
                if again or known.get(rule.name, {}).get("of") != mark:
                    print(f"{rule.name} ...", file=sys.stderr)
                    known[rule.name] = {
                        "of": mark,
                        "severity": str(rule.severity),
                        "bad": _told(measure_files(server, rule.schema, rule.bad)),
                        "remedy": _told(measure_files(server, rule.schema, remedy)),
                        "good": _told(measure_files(server, rule.schema, rule.good)),
                    }
                    write_whole(RESULTS, json.dumps(results, indent=1) + "\n")
            names = [rule.name for rule in rules]
            of_server["rules"] = {name: known[name] for name in names if name in known}
    write_whole(RESULTS, json.dumps(results, indent=1) + "\n")
    write_page()
    faults = list(faults_of(results))
    print(
        f"{sum(len(one['rules']) for one in results.values())} safe sequences, {len(faults)} faults",
        *faults,
        sep="\n  ",
    )
    return 1 if faults else 0


def _mark(rule: MigrationRule, remedy: str) -> str:
    about = "\0".join((rule.schema, rule.bad, rule.good, remedy, MEASURING, str(SMALL), str(LARGE)))
    return hashlib.sha256(about.encode()).hexdigest()[:16]


def _told(files: Sequence[Sequence[Measured]]) -> list[dict[str, Any]]:
    """Each statement that others wait for: its file, its form, its locks, and work and time at both sizes."""
    return [
        {
            "file": number,
            "line": one.line,
            "form": one.form,
            "locks": sorted(set(one.large.blocked.values())),
            "work": [one.small.work, one.large.work],
            "ms": [round(one.small.ms, 2), round(one.large.ms, 2)],
            "outage": one.outage,
            "refused": one.small.error or one.large.error,
        }
        for number, file in enumerate(files, start=1)
        for one in file
        if one.large.blocked or one.small.error or one.large.error
    ]


def faults_of(results: dict[str, Any]) -> list[str]:
    """What must not be, a line each."""
    faults = []
    for server, of_server in results.items():
        for name, one in of_server["rules"].items():
            for which in ("remedy", "good"):
                for statement in one[which]:
                    if statement["outage"] or statement["refused"]:
                        told = statement["refused"] or f"{statement['form']} is an outage, {statement['ms']} ms"
                        faults.append(f"{server}, {name}, {which}, file {statement['file']}: {told}")
            if one["severity"] == Severity.OUTAGE and not any(statement["outage"] for statement in one["bad"]):
                faults.append(f"{server}, {name}: its bad example is no outage")
    return faults


if __name__ == "__main__":
    sys.exit(main())
