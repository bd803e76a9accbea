"""Mermaid itself reads every diagram, in the versions that people have, and understands what was meant.

PGMASON_NPM=1 lets the tests fetch Mermaid with npm into a folder of their own; without it they are skipped.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from drawn_catalogs import catalog_of

from pgmason.docs.diagrams import Diagram, diagrams_of
from pgmason.docs.mermaid import Attribute, Edge, er_diagram
from pgmason.docs.model import Model

HERE = Path(__file__).parent
VERSIONS = ("10.9.3", "11.4.1", "11.17.2")
JSDOM = "29.1.1"


@pytest.fixture(scope="module", params=VERSIONS)
def read(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Callable[[list[str]], list[Any]]:
    """What a version of Mermaid understands of each diagram."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node and npm are not on this machine")
    if os.environ.get("PGMASON_NPM") != "1":
        pytest.skip("PGMASON_NPM=1 is not set, so Mermaid is not fetched")
    folder = tmp_path_factory.mktemp("mermaid")
    (folder / "package.json").write_text("{}", encoding="utf-8")
    packages = [f"mermaid@{request.param}", f"jsdom@{JSDOM}"]
    subprocess.run([npm, "install", "--no-audit", "--no-fund", *packages], cwd=folder, check=True, capture_output=True)
    script = folder / "read.mjs"
    script.write_text((HERE / "read_by_mermaid.mjs").read_text(encoding="utf-8"), encoding="utf-8")

    def understood(texts: list[str]) -> list[Any]:
        answer = subprocess.run(
            [node, str(script)], cwd=folder, input=json.dumps(texts), capture_output=True, text=True, check=True
        )
        found: list[Any] = json.loads(answer.stdout)
        return found

    return understood


def hold(diagrams: list[Diagram], answers: list[Any]) -> None:
    for diagram, answer in zip(diagrams, answers, strict=True):
        assert "error" not in answer, f"{answer['error']}\n{diagram.text}"
        assert len(answer["entities"]) == len(diagram.tables) + len(diagram.border)
        lines = [line for line in diagram.text.split("\n") if " : " in line and line.endswith('"')]
        assert len(answer["relationships"]) == len(lines)


def test_names_that_try_to_break_out_are_read_as_tables(
    read: Callable[[list[str]], list[Any]], fresh_database: Any
) -> None:
    database = fresh_database()
    database.execute((HERE / "torture.sql").read_text(encoding="utf-8"))
    diagrams = list(diagrams_of(Model(database.read_catalog(), ())))
    hold(diagrams, read([diagram.text for diagram in diagrams]))


def test_any_name_of_a_table_column_or_type_is_read(read: Callable[[list[str]], list[Any]]) -> None:
    chance = random.Random(20250101)
    pieces = [
        *"ab_-~\"'`|<>%#;&*\\[](){}!$.:,?/= \n\t\r🎉ßé字\u00a0\u200d\u202e0123",
        *("PK", "fk", "UK", "direction LR", "direction  tb", "%%", "%%{init: {}}%%", "#quot;", "end", "subgraph"),
        *(
            "erDiagram",
            "classDef",
            "style",
            "title",
            "accTitle:",
            "accDescr {",
            "to",
            "one",
            "many(0)",
            "||--o{",
            ":::x",
        ),
    ]

    def name() -> str:
        return "".join(chance.choice(pieces) for _ in range(chance.randint(1, 5)))

    texts, meant = [], []
    for _ in range(40):
        tables = list({("public", name()): None for _ in range(12)})
        entities = {
            table: [
                Attribute(
                    name=name(), type=chance.choice([name(), "numeric(10,2)", "character varying(20)[]"]), keys=keys
                )
                for keys in ((), ("PK",), ("PK", "FK"), ("FK", "UK"))
            ]
            for table in tables
        }
        edges = [
            Edge(
                child=chance.choice(tables),
                parent=chance.choice(tables),
                columns=(name(), name()),
                mandatory=chance.random() < 0.5,
                single=chance.random() < 0.5,
                identifying=chance.random() < 0.5,
            )
            for _ in range(12)
        ]
        texts.append(er_diagram(entities, edges))
        meant.append((tables, edges))
    for text, (tables, edges), answer in zip(texts, meant, read(texts), strict=True):
        assert "error" not in answer, f"{answer['error']}\n{text}"
        assert sorted(count for _, count in answer["entities"]) == [4] * len(tables)
        assert answer["relationships"] == [
            [
                "ONLY_ONE" if edge.mandatory else "ZERO_OR_ONE",
                "ZERO_OR_ONE" if edge.single else "ZERO_OR_MORE",
                "IDENTIFYING" if edge.identifying else "NON_IDENTIFYING",
            ]
            for edge in edges
        ]


def test_a_thousand_tables_are_read(read: Callable[[list[str]], list[Any]]) -> None:
    chance = random.Random(7)
    paths = [("public", f"table_{number:04}") for number in range(1000)]
    schema = {path: [chance.choice(paths) for _ in range(chance.randint(0, 3))] for path in paths}
    diagrams = list(diagrams_of(Model(catalog_of(schema, columns=10), ())))
    hold(diagrams, read([diagram.text for diagram in diagrams]))
