"""The tour of the README is what the commands print, and each command that a page names exists."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md")), ROOT / "SECURITY.md", ROOT / "CONTRIBUTING.md"]
LONGEST = 24  # lines of an output that the README shows; the rest is counted

BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)


def run(command: str, folder: Path) -> str:
    """What a command of the README prints, with what changes by itself replaced."""
    environment = {
        **os.environ,
        "PGMASON_POSTGRES": "embedded",
        "PATH": f"{folder.parent}{os.pathsep}{os.environ['PATH']}",
    }
    done = subprocess.run(command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    out = re.sub(r"\b20\d\d-\d\d-\d\d\b", "2026-11-24", done.stdout)
    out = re.sub(r"PostgreSQL 18\.\d+", "PostgreSQL 18.6", out)
    lines = out.rstrip("\n").split("\n")
    if len(lines) > LONGEST:
        lines = [*lines[: LONGEST - 1], f"... and {len(lines) - LONGEST + 1} more lines"]
    return "\n".join(lines)


def retold(page: str, folder: Path) -> str:
    """The page with the output of each of its commands as it is now."""

    def block(found: re.Match[str]) -> str:
        commands = [line for line in found.group(1).split("\n") if line.startswith("$ ")]
        told = "\n".join(f"{command}\n{run(command.removeprefix('$ '), folder)}" for command in commands)
        return f"```console\n{told}\n```"

    head, tour, tail = re.split(r"(<!-- tour: .*?<!-- /tour -->)", page, flags=re.DOTALL)
    return head + BLOCK.sub(block, tour) + tail


def test_the_tour_is_pasted_from_a_run(tmp_path: Path) -> None:
    folder = tmp_path / "shop"
    shutil.copytree(ROOT / "examples" / "shop", folder)
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    script = tmp_path / "pgmason"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m pgmason "$@"\n')
    script.chmod(0o755)
    page = README.read_text(encoding="utf-8")
    now = retold(page, folder)
    if os.environ.get("PGMASON_UPDATE_PAGES"):
        README.write_text(now, encoding="utf-8")
        page = now
    assert page == now, "refresh it with: PGMASON_UPDATE_PAGES=1 pytest tests/cli/test_readme.py"


def shown_runs() -> list[tuple[Path, str, str]]:
    """(page, example, block) of each block between `<!-- runs: EXAMPLE -->` and `<!-- /runs -->`."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for example, inside in re.findall(r"<!-- runs: examples/(\w+) -->(.*?)<!-- /runs -->", text, flags=re.DOTALL):
            found += [(page, example, block) for block in BLOCK.findall(inside)]
    return found


@pytest.mark.parametrize(("page", "example", "block"), shown_runs(), ids=lambda one: getattr(one, "name", None) or "")
def test_what_a_page_shows_of_an_example_is_what_is_printed(
    page: Path, example: str, block: str, tmp_path: Path
) -> None:
    folder = tmp_path / example
    shutil.copytree(ROOT / "examples" / example, folder, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    subprocess.run(["git", "init", "-q", str(folder)], check=True)
    for name, words in (("pgmason", "-m pgmason"), ("python", "")):
        script = tmp_path / name
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" {words} "$@"\n')
        script.chmod(0o755)
    run("pgmason init --no-baseline", folder)
    told = []
    for command in re.findall(r"(?m)^\$ (.*(?:\n> .*)*)", block):
        typed = "\n".join(line.removeprefix("> ") for line in command.split("\n"))
        told.append(f"$ {command}\n{run(typed, folder)}")
    assert "\n".join(told) + "\n" == block


def commands_in(text: str) -> set[str]:
    return {match.group(1) for match in re.finditer(r"\bpgmason ([a-z]+)\b(?! import)", text)}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_each_command_that_a_page_names_exists(page: Path) -> None:
    from pgmason.cli import VERBS

    named = commands_in("\n".join(re.findall(r"`[^`]*`|```.*?```", page.read_text(encoding="utf-8"), flags=re.DOTALL)))
    assert named <= set(VERBS), named - set(VERBS)


def test_each_command_is_in_the_readme() -> None:
    from pgmason.cli import VERBS

    text = README.read_text(encoding="utf-8")
    for verb in VERBS:
        assert verb in text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target
