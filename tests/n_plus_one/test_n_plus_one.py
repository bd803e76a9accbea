"""Small programs written to be hard: whoever loops over the rows of a query is found, and nobody else is accused.

Each program says in its first comment what it is: `innocent`, or `guilty:` and the tables that it asks row by row. They
run unchanged, on a clone, overheard. Those on Prisma's client need npm: PGMASON_NPM=1 lets the tests fetch it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from pgmason.config import read_workspace
from pgmason.errors import NoServer
from pgmason.lending.hearing import listen
from pgmason.lending.lender import Lender, lending
from pgmason.lending.variables import variables
from pgmason.postgres.installations import choose
from pgmason.traffic.telling import as_text

HERE = Path(__file__).parent
PROGRAMS = sorted(path for path in (HERE / "programs").iterdir() if path.name.startswith(("guilty", "innocent")))
PRISMA = ["@prisma/client@6.19.0", "@prisma/adapter-pg@6.19.0", "prisma@6.19.0"]


@pytest.fixture(scope="module")
def lender() -> Iterator[Lender]:
    product = read_workspace(HERE / "product" / "pgmason.toml").product(None)
    try:
        choose(product.major)
    except NoServer as exc:
        pytest.skip(exc.what)
    with lending(product, what="tests") as lender:
        yield lender


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Prisma's real client, generated from the product's schema.prisma, and the programs."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        pytest.skip("node and npm are not on this machine")
    if os.environ.get("PGMASON_NPM") != "1":
        pytest.skip("PGMASON_NPM=1 is not set, so Prisma's client is not fetched")
    folder = tmp_path_factory.mktemp("prisma")
    (folder / "package.json").write_text("{}", encoding="utf-8")
    subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", *PRISMA],
        cwd=folder, check=True, capture_output=True,
    )  # fmt: skip
    shutil.copy(HERE / "product" / "schema.prisma", folder / "schema.prisma")
    # the client runs on WebAssembly and a driver of Node's: no native engine is needed, so none is fetched
    native = dict.fromkeys(("PRISMA_QUERY_ENGINE_LIBRARY", "PRISMA_SCHEMA_ENGINE_BINARY"), "/bin/true")
    subprocess.run(
        ["npx", "prisma", "generate", "--schema", "schema.prisma"],
        cwd=folder, check=True, capture_output=True, env={**os.environ, **native},
    )  # fmt: skip
    for program in (HERE / "programs").glob("*.mjs"):
        shutil.copy(program, folder / program.name)
    return folder


def sentence_on(program: Path) -> set[str] | None:
    """The tables that the program asks row by row, as it says itself; None where it is innocent."""
    said = re.search(r"\b(innocent|guilty: (.+))$", program.read_text(encoding="utf-8"), re.MULTILINE)
    assert said is not None, f"{program.name} does not say what it is"
    return set(said[2].split()) if said[2] else None


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_who_asks_row_by_row_is_found_and_nobody_else(
    program: Path, lender: Lender, request: pytest.FixtureRequest
) -> None:
    if program.suffix == ".mjs":
        command = ["node", str(request.getfixturevalue("node") / program.name)]
    else:
        if "shop_models" in program.read_text(encoding="utf-8") and find_spec("sqlalchemy") is None:
            pytest.skip("SQLAlchemy is not installed")
        command = [sys.executable, str(program)]
    clone = lender.borrow()
    with listen(lender) as hearing:
        hearing.proxy.serve()
        environment = {**os.environ, **variables(replace(clone, port=hearing.proxy.port))}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
    lender.give_back(clone)
    assert done.returncode == 0, done.stderr
    assert hearing.watch.statements > 5, "nothing was overheard"
    loops = hearing.watch.loops()
    told = as_text(loops, hearing.watch.repetitions(), hearing.watch.statements)
    assert not re.search(r"example\.org|customer 1\b|SKU-|[0-9a-f]{8}-[0-9a-f]{4}-", told), "a value is told"
    accused = {found[1] for loop in loops if (found := re.search(r"FROM (?:\"public\"\.)?\"?(\w+)", loop.statement))}
    assert accused == (sentence_on(program) or set()), as_text(loops, (), hearing.watch.statements)
