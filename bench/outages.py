"""python -m bench.outages: which statements of real products stop reads or writes, and do the rules say so?

The last 60 migrations (all where there are fewer) of each product of PGMASON_CORPUS that has some, each on the state
before it, measured by bench/blocking.py at 1,000 and 100,000 rows: what an outage is, and by what it is decided, stands
there. Beside it what the migration rules find in the same migration, as `pgmason check` finds it, with its three rows
in every table. Held against each other statement by statement:

    missed   an outage was measured, and no finding that calls itself one stands at the statement
    false    such a finding stands at a statement, and no outage was measured there

A statement that PostgreSQL refuses on the rows, and what stands behind it in its file, is counted as not measured.
Writes bench/outages-results.json after each migration, and bench/OUTAGES.md. What was measured is kept while the
file, what stands before it and the way of measuring stay the same (--again measures anew); what the rules find, while
the rooms that decide it do. Words that are left name products. Exits 1 where an outage is missed, or more than 2 % of
the findings are false.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.arguments import Arguments
from bench.blocking import LARGE, MEASURING, SMALL, Measured, measure_file
from bench.commands import temporary_folder
from bench.machine import code_digest, machine_line
from bench.outages_page import ours, scored, write_page
from bench.trace_corpus import FOLDERS, history_of
from pgmason.config import Product
from pgmason.evidence import write_whole
from pgmason.findings import Severity
from pgmason.formats import History
from pgmason.postgres.server import Server, lease_server
from pgmason.prove.pending import migration_inputs
from pgmason.rules import check_migration
from pgmason.sources.migrations import units_of_history
from pgmason.sources.product import product_context
from pgmason.sources.units import chain_digests

__all__ = ["LAST", "MAJOR", "RESULTS", "outage_product"]

HERE = Path(__file__).parent
RESULTS = HERE / "outages-results.json"
LAST = 60
MAJOR = 15
# what a finding is decided in
JUDGING = ("locks.py", *(f"{room}/**/*.{of}" for room in ("effects", "prove", "rules", "samples", "statements")
                         for of in ("py", "sql")))  # fmt: skip


def main() -> int:
    arguments = Arguments()
    again, major = arguments.flag("--again"), arguments.number("--major", MAJOR)
    wanted = arguments.rest()
    named = os.environ.get("PGMASON_CORPUS")
    if not named or not Path(named).is_dir():
        print("skipped: PGMASON_CORPUS names no folder of real products")
        return 0
    results: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    with temporary_folder("outages") as work:
        os.environ.setdefault("PGMASON_HOME", str(work / "home"))
        with lease_server(major, what="bench.outages") as server:
            of_server = results.setdefault(
                f"PostgreSQL {server.choice.installation.version}", {"machine": machine_line(), "products": {}}
            )
            for folder in FOLDERS:
                if not folder.startswith("samples/") and (not wanted or folder.split("/")[1] in wanted):
                    for _ in _product(server, Path(named).absolute(), folder, of_server["products"], again=again):
                        write_whole(RESULTS, _text(results))
    write_page()
    return _summary(results)


def _product(server: Server, corpus: Path, folder: str, products: dict[str, Any], *, again: bool) -> Iterator[None]:
    """Each of its last migrations, measured and judged; yields where something new is known."""
    history = history_of(corpus, folder)
    product = outage_product(corpus, folder, history, server.choice.installation.major)
    context = product_context(product, what="bench.outages")
    units = tuple(units_of_history(history, context))
    digests = chain_digests(f"{MEASURING}:{SMALL}:{LARGE}", units)
    code = code_digest(only=JUDGING)
    known = products.setdefault(product.name, {})
    for number in range(max(len(units) - LAST, 0), len(units)):
        unit = units[number]
        one = known.setdefault(unit.name, {})
        if again or one.get("of") != digests[number + 1][:16]:
            measured = measure_file(server, units[:number], unit, context)
            one.clear()
            one |= {"of": digests[number + 1][:16], **_told(measured.statements, measured.thin)}
            yield
        if one.get("code") != code:
            one["code"] = code
            one["statements"], one["findings"] = _findings(product, history, number)
            print(product.name, unit.name, one["findings"], file=sys.stderr)
            yield
    for gone in set(known) - {unit.name for unit in units[-LAST:]}:
        del known[gone]


def outage_product(corpus: Path, folder: str, history: History, major: int) -> Product:
    """A product of the corpus as it would be configured; its DOWNs are another proof (bench/downs.py)."""
    return Product(
        name=folder.split("/")[1],
        root=corpus,
        path=folder,
        migrations=str(history.folder.relative_to(corpus / folder)),
        postgres=str(major),
        down="none",
        criteria={},
    )


def _told(measured: Sequence[Measured], thin: Sequence[str]) -> dict[str, Any]:
    """What was measured of the statements that others wait for; in full where it is an outage."""
    refused = next((f"{m.line}: {s.error}" for m in measured for s in (m.small, m.large) if s.error), "")
    return {
        "outages": [[*_numbers(one), dict(one.large.blocked)] for one in measured if one.outage],
        "constant": [_numbers(one) for one in measured if one.large.blocked and not one.outage],
        "refused": refused,
        "thin": list(thin),
    }


def _numbers(one: Measured) -> list[Any]:
    return [one.line, one.form, one.small.work, one.large.work, round(one.small.ms, 2), round(one.large.ms, 2)]


def _findings(product: Product, history: History, number: int) -> tuple[int, list[list[Any]]]:
    """How many statements the migration has, and the findings that call themselves an outage."""
    (judged,) = migration_inputs(product, history, [history.migrations[number]], what="bench.outages")
    found = check_migration(replace(judged, text=""))
    return len(judged.trace.effects), [
        [one.rule, one.place.line if one.place else 0, str(one.object or "")]
        for one in found
        if one.severity is Severity.OUTAGE
    ]


def _text(results: Mapping[str, Any]) -> str:
    """As JSON, a line a list of plain values."""
    return json.dumps(results, indent=1, ensure_ascii=False) + "\n"


def _summary(results: Mapping[str, Any]) -> int:
    wrong = 0
    for server, of_server in results.items():
        for product, migrations in of_server["products"].items():
            scores = {name: scored(one, ours(one)) for name, one in migrations.items()}
            missed = [f"missed {name}:{line}" for name, score in scores.items() for line in score.missed]
            false = [f"false {name}:{line} {words}" for name, score in scores.items() for line, words in score.false]
            findings = sum(len(one["findings"]) for one in migrations.values())
            print(
                f"{server}, {product}: {sum(score.found for score in scores.values())} outages found,"
                f" {len(missed)} missed; {findings} findings, {len(false)} false",
                *missed,
                *false,
                sep="\n  ",
            )
            wrong += bool(missed) or len(false) * 50 > max(findings, 1)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
