"""python -m bench.corpus: init, gate, docs, gate and check on every product of PGMASON_CORPUS, cold, against the truth.

Each product is a copy under a git repository of its own, with a PGMASON_HOME of its own. What pgmason counts is held
against what PostgreSQL counts (`truth.py`). Writes bench/corpus-results.json and bench/CORPUS.md after each product;
a product whose files and whose pgmason are already in the results is skipped, unless --again. Words that are left
name products. Exits 1 where a count differs without an explanation, a command fails, or a cold path takes over 60 s.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench.arguments import Arguments
from bench.commands import Done, Home, git, temporary_folder
from bench.machine import code_digest, machine_line, today
from bench.plain_server import PlainServer, plain_server
from bench.products import PRODUCTS, RealProduct
from bench.truth import compared, truth_of
from pgmason.evidence import write_whole

HERE = Path(__file__).parent
RESULTS, PAGE = HERE / "corpus-results.json", HERE / "CORPUS.md"
COLD_SECONDS = 60.0
STEPS = ("init", "gate", "docs", "gate", "check")
# What pgmason may write into a repository.
WRITTEN = (
    *(".pgmason/", "pgmason.toml", "docs/"),
    *(".claude/protocols/", "AGENTS.md", ".github/workflows/pgmason.yml"),  # what `init` says it wrote
)


def main() -> int:
    arguments = Arguments()
    again, wanted = arguments.flag("--again"), arguments.rest()
    named = os.environ.get("PGMASON_CORPUS")
    if not named or not Path(named).is_dir():
        print("skipped: PGMASON_CORPUS names no folder of real products")
        return 0
    corpus = Path(named).absolute()
    code = code_digest([HERE / "truth.py", HERE / "products.py", HERE / "corpus.py"])
    results = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {"products": {}}
    with temporary_folder("corpus") as work:
        os.environ["PGMASON_HOME"] = str(Home.made(work / "own").folder)
        results["machine"] = machine_line()
        with plain_server(work / "plain") as server:
            for product in PRODUCTS:
                known = results["products"].get(product.name, {})
                mark = {"files": product.digest(corpus), "code": code}
                if (wanted and product.name not in wanted) or (not again and known.get("of") == mark):
                    continue
                print(f"{product.name} ...", file=sys.stderr)
                results["products"][product.name] = {"of": mark, "on": today(), **_proof(product, corpus, work, server)}
                _write(results, work)
    print(PAGE.read_text(encoding="utf-8"), end="")
    faults = [f"{name}: {fault}" for name, one in results["products"].items() for fault in one["faults"]]
    print("\n".join(f"FAULT  {fault}" for fault in faults))
    return 1 if faults else 0


def _proof(product: RealProduct, corpus: Path, work: Path, server: PlainServer) -> dict[str, Any]:
    """Everything about one product, ready for the result file."""
    server.make(product.name, product.sql_files(corpus), extensions=product.beforehand)
    truth = truth_of(server, product.name)
    folder = work / "products" / product.name
    variables = {"DATABASE_URL": server.reader(product.name)} if product.live else {}
    home = Home.made(folder / "home", variables)
    root = product.checkout(corpus, folder / product.name)
    try:
        done = [home.run(root, *step.split(), "--format", "json") for step in STEPS]
        shown = home.run(root, "schema", "show", "--format", "json")
    finally:
        home.stop()
    init, gate, check = done[0], done[3], done[4]
    comparisons = (
        compared(truth, check.json()["findings"], shown.json()) if check.code in (0, 1) and shown.code == 0 else ()
    )
    changed = [
        line
        for line in git(root, "status", "--porcelain", "--untracked-files=all").splitlines()
        if not line[3:].startswith(WRITTEN)
    ]
    told = {
        "server": server.version if product.live else _server(init),
        "commands": [{"command": one.arguments[0], "exit": one.code, "seconds": round(one.seconds, 2)} for one in done],
        "errors": [_error(one) for one in done if one.code not in (0, 1) or '"error"' in one.out[:60]],
        "verdicts": _verdicts(gate),
        "findings": dict(sorted(Counter(finding["code"] for finding in _findings(check)).items())),
        "notes": sorted(_notes(init)),
        "unread": dict(sorted(Counter(item[0] for item in shown.json()["unread"]).items())) if shown.code == 0 else {},
        "truth": [asdict(one) for one in comparisons],
    }
    return {**told, "faults": list(_faults(told, done, changed))}


def _faults(told: Mapping[str, Any], done: Sequence[Done], changed: Sequence[str]) -> Iterator[str]:
    """What must not be, a line each."""
    for one in done:
        if one.raised or one.code not in (0, 1):
            yield f"{one.arguments[0]} exited {one.code}: {_one_line(one.raised or _error(one))}"
            return  # what follows it can only say the same again
    cold = sum(one.seconds for one in done[:3])
    if cold > COLD_SECONDS:
        yield f"init, gate and docs took {cold:.0f} s cold, over {COLD_SECONDS:.0f} s"
    if not told["truth"]:
        yield "nothing was compared with the truth"
    for one in told["truth"]:
        yield from (f"{one['what']}: {line}" for line in one["unexplained"])
    yield from (f"written where pgmason has no business: {line}" for line in changed)


def _server(init: Done) -> str:
    products = init.json().get("products") or [{}]
    return str(products[0].get("server") or "none")


def _error(done: Done) -> str:
    try:
        error = done.json()["error"]
    except (AssertionError, KeyError, TypeError):
        return f"{done.arguments[0]}: {done.err.strip()[-300:]}"
    return f"{done.arguments[0]}: {error['code']}: {error['where']}: {error['what']}"


def _verdicts(gate: Done) -> dict[str, int]:
    criteria = [one for product in gate.json().get("products", ()) for one in product["criteria"] if one["built"]]
    counted = Counter(one["status"] + (f" ({one['gap']})" if one["gap"] else "") for one in criteria)
    return dict(sorted(counted.items()))


def _findings(check: Done) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = check.json().get("findings", ())
    return found


def _notes(init: Done) -> set[str]:
    return {note for product in init.json().get("products", ()) for note in product["notes"]}


def _write(results: dict[str, Any], work: Path) -> None:
    """Both files, products in the order of the list, without the paths of this machine."""
    order = {product.name: rank for rank, product in enumerate(PRODUCTS)}
    products = results["products"]
    results["products"] = {name: products[name] for name in sorted(products, key=lambda name: order.get(name, 99))}
    text = json.dumps(results, indent=1, ensure_ascii=False).replace(str(work), "WORK")
    write_whole(RESULTS, text + "\n")
    write_whole(PAGE, _page(json.loads(text)))


_HEAD = (
    "product", "init, gate, docs (cold)", "gate again", "check", "exits", "tables", "without key", "keys without index",
    "timestamps without zone", "verdicts of what is built",
)  # fmt: skip


def _page(results: Mapping[str, Any]) -> str:
    """The table, then what stands behind it."""
    lines = [
        "# Real products",
        "",
        f"Written by `make corpus` from corpus-results.json. {results['machine']}. Each product cold, in a home",
        "of its own. Counts are PostgreSQL's by SQL of bench/truth.py, and pgmason's; a bare number is given by both.",
        "",
        f"| {' | '.join(_HEAD)} |",
        f"|{'---|' * len(_HEAD)}",
    ]
    for name, one in results["products"].items():
        seconds = [command["seconds"] for command in one["commands"]]
        exits = " ".join(str(command["exit"]) for command in one["commands"])
        counts = [_count(item) for item in one["truth"]] or ["?"] * 4
        verdicts = ", ".join(f"{count} {verdict}" for verdict, count in one["verdicts"].items())
        cells = [name, f"{' + '.join(f'{s:.1f}' for s in seconds[:3])} s", f"{seconds[3]:.2f} s", f"{seconds[4]:.2f} s"]
        lines.append(f"| {' | '.join([*cells, exits, *counts, verdicts])} |")
    for heading, key in (("Faults", "faults"), ("Errors that commands told", "errors"), ("Notes of init", "notes")):
        lines += ["", f"## {heading}", ""]
        told = [f"- {name}: {_one_line(text)}" for name, one in results["products"].items() for text in one[key]]
        lines += told or ["None."]
    lines += ["", "## Differences that are explained", ""]
    differences = [
        f"- {name}, {item['what']}: {line}"
        for name, one in results["products"].items()
        for item in one["truth"]
        for line in item["explained"]
    ]
    lines += differences or ["None."]
    lines += ["", "## Findings per rule", ""]
    for name, one in results["products"].items():
        lines.append(f"- {name}: " + (", ".join(f"{rule} {n}" for rule, n in one["findings"].items()) or "none"))
    return "\n".join(lines) + "\n"


def _count(item: Mapping[str, Any]) -> str:
    unit = " tables" if item["what"].startswith("tables with timestamp") and item["postgresql"] else ""
    if item["postgresql"] == item["pgmason"] and not item["unexplained"]:
        return f"{item['pgmason']}{unit}"
    state = "**differs**" if item["unexplained"] else "explained"
    return f"{item['postgresql']} / {item['pgmason']}{unit} ({state})"


def _one_line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    sys.exit(main())
