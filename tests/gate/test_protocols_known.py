"""The protocols are known where their pages are there and what agents read first names them: tried on files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from gate_input import Given

from pgmason.config import Product
from pgmason.evidence import Status
from pgmason.gate.criteria.protocols_known import ProtocolsKnown
from pgmason.instructions.agents import write_agents
from pgmason.instructions.protocols import FOLDER, PAGES, protocols_in, write_protocols


def told(root: Path, product: Product) -> tuple[Status, str, list[str]]:
    verdict = ProtocolsKnown().judge(Given(product=product, protocols_=protocols_in(root)))
    return verdict.status, verdict.why, [failure.subject for failure in verdict.failing]


def test_what_init_writes_proves_it(tmp_path: Path, product: Callable[..., Product]) -> None:
    assert told(tmp_path, product()) == (
        Status.NOT_PROVEN,
        f"3 pages of 3 missing in {FOLDER}/",
        [*(f"{FOLDER}/{page}" for page in PAGES), "AGENTS.md or CLAUDE.md"],
    )
    write_protocols(tmp_path)
    assert told(tmp_path, product())[1] == "AGENTS.md or CLAUDE.md neither is there"
    write_agents(tmp_path, [product()], [])
    assert told(tmp_path, product()) == (Status.PROVEN, f"3 pages in {FOLDER}/, named in AGENTS.md", [])


@pytest.mark.parametrize("text", [f"Read `{FOLDER}/` first.", "Read " + ", ".join(PAGES)])
def test_pages_and_instructions_of_the_repositorys_own_are_as_good(
    tmp_path: Path, product: Callable[..., Product], text: str
) -> None:
    (tmp_path / FOLDER).mkdir(parents=True)
    for page in PAGES:
        (tmp_path / FOLDER / page).write_text("Our own words.\n", encoding="utf-8")
    (tmp_path / "CLAUDE.md").write_text("# Rules\n", encoding="utf-8")
    assert told(tmp_path, product())[2] == ["CLAUDE.md"]
    (tmp_path / "CLAUDE.md").write_text(text, encoding="utf-8")
    assert told(tmp_path, product())[0] is Status.PROVEN


def test_an_empty_page_is_none(tmp_path: Path, product: Callable[..., Product]) -> None:
    write_protocols(tmp_path)
    write_agents(tmp_path, [product()], [])
    (tmp_path / FOLDER / PAGES[1]).write_text("\n", encoding="utf-8")
    assert told(tmp_path, product())[2] == [f"{FOLDER}/{PAGES[1]}"]
