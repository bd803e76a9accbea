"""python -m bench.squawk: squawk beside our rules, on the same files, held against the same measured outages.

squawk (PyPI: squawk-cli) reads the text of a file; it is run in its best light: told PostgreSQL's major, and that a
transaction is around each file where the product's runner puts one, which also tells it which tables are new. Of its
rules those count that claim reads or writes to be blocked for as long as a table is large (CLAIMS); what it says of
timeouts, names and types is no claim of an outage and counts neither for it nor against it. A claim belongs to the
statement that its line is in, and is counted once a statement.

What was measured is read from outages-results.json (run bench.outages first). Time: one squawk process for each file,
and for all files of the product at once; beside it our rules on the last three migrations, in a process that runs
already, with the state before each known, which is what tracing costs. Writes bench/squawk-results.json and
bench/OUTAGES.md; skips by name where squawk is not installed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from bench.arguments import Arguments
from bench.commands import temporary_folder
from bench.machine import machine_line
from bench.outages import LAST, MAJOR, outage_product
from bench.outages_page import write_page
from bench.trace_corpus import FOLDERS, history_of
from pgmason.evidence import write_whole
from pgmason.postgres.server import lease_server
from pgmason.prove.pending import migration_inputs
from pgmason.rules import check_migration
from pgmason.sources.migrations import units_of_history
from pgmason.sources.product import product_context
from pgmason.sources.units import Frame, Unit
from pgmason.statements import read_script

__all__ = ["CLAIMS", "RESULTS", "claims_of", "program"]

HERE = Path(__file__).parent
RESULTS = HERE / "squawk-results.json"
# squawk's rules whose text says that a table is scanned, rewritten or locked while an index is built (2.70).
CLAIMS = frozenset({
    "adding-field-with-default", "adding-foreign-key-constraint", "adding-not-nullable-field",
    "adding-serial-primary-key-field", "ban-alter-domain-with-add-constraint", "changing-column-type",
    "constraint-missing-not-valid", "disallowed-unique-constraint", "prefer-repack",
    "require-concurrent-index-creation", "require-concurrent-reindex",
})  # fmt: skip
TIMED = 3


def program() -> Path | None:
    """squawk beside this Python, or on the path."""
    beside = Path(sysconfig.get_path("scripts")) / "squawk"
    found = str(beside) if beside.exists() else shutil.which("squawk")
    return Path(found) if found else None


def claims_of(squawk: Path, unit: Unit, *, major: int = MAJOR) -> dict[int, list[str]]:
    """By the line where a statement begins: the rules that claim an outage there."""
    starts = [statement.line for statement in read_script(unit.text, file=unit.file).statements]
    claimed: dict[int, list[str]] = {}
    for one in _run(squawk, unit.text, in_transaction=unit.frame is not Frame.STATEMENTS, major=major):
        if one["rule_name"] in CLAIMS:
            line = max((start for start in starts if start <= one["line"] + 1), default=0)  # its lines begin at 0
            rules = claimed.setdefault(line, [])
            if one["rule_name"] not in rules:
                rules.append(one["rule_name"])
    return claimed


def _run(squawk: Path, text: str, *, in_transaction: bool, major: int) -> Sequence[Mapping[str, Any]]:
    command = [str(squawk), "--reporter", "json", "--pg-version", str(major), "--stdin-filepath", "migration.sql"]
    command.append("--assume-in-transaction" if in_transaction else "--no-assume-in-transaction")
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    found: Sequence[Mapping[str, Any]] = json.loads(done.stdout)
    return found


def main() -> int:
    arguments = Arguments()
    major = arguments.number("--major", MAJOR)
    arguments.done()
    squawk, named = program(), os.environ.get("PGMASON_CORPUS")
    if squawk is None or not named:
        print("skipped: " + ("PGMASON_CORPUS names no folder" if squawk else "squawk-cli is not installed"))
        return 0
    corpus = Path(named).absolute()
    version = subprocess.run([squawk, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    results: dict[str, Any] = {"squawk": version, "products": {}}
    with temporary_folder("squawk") as work:
        os.environ.setdefault("PGMASON_HOME", str(work / "home"))
        results["machine"] = machine_line()
        with lease_server(major, what="bench.squawk"):
            for folder in FOLDERS:
                if not folder.startswith("samples/"):
                    name, told = _product(squawk, corpus, folder, major)
                    results["products"][name] = told
                    print(name, {key: value for key, value in told.items() if key != "migrations"}, file=sys.stderr)
    write_whole(RESULTS, json.dumps(results, indent=1, ensure_ascii=False) + "\n")
    write_page()
    return 0


def _product(squawk: Path, corpus: Path, folder: str, major: int) -> tuple[str, dict[str, Any]]:
    """What squawk claims of each migration, and how long both take."""
    history = history_of(corpus, folder)
    product = outage_product(corpus, folder, history, major)
    units = units_of_history(history, product_context(product, what="bench.squawk"))[-LAST:]
    claims, seconds = {}, []
    for unit in units:
        began = time.perf_counter()
        claims[unit.name] = sorted(claims_of(squawk, unit, major=major).items())
        seconds.append(time.perf_counter() - began)
    command = [
        str(squawk),
        "--reporter",
        "json",
        "--pg-version",
        str(major),
        *(str(corpus / unit.file) for unit in units),
    ]
    began = time.perf_counter()
    subprocess.run(command, capture_output=True, check=False)
    together = time.perf_counter() - began
    ours = []
    for migration in history.migrations[-TIMED:]:
        for again in (False, True):
            began = time.perf_counter()
            for one in migration_inputs(product, history, [migration], what="bench.squawk"):
                check_migration(one)
            if again:
                ours.append(time.perf_counter() - began)
    return product.name, {
        "seconds_a_file": round(median(seconds), 3),
        "seconds_all": round(together, 3),
        "our_seconds_a_file": round(median(ours), 3),
        "migrations": {name: [[line, *rules] for line, rules in found] for name, found in claims.items() if found},
    }


if __name__ == "__main__":
    sys.exit(main())
