"""What `init` writes for people, agents and CI: once, beside what is there, and true."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from pgmason.config import Product
from pgmason.instructions.agents import agents_text, write_agents
from pgmason.instructions.protocols import PAGES, write_protocols
from pgmason.instructions.setups import SETUP, write_setup
from pgmason.instructions.workflows import github_workflow, gitlab_job, write_workflows
from pgmason.instructions.written import Outcome, put_block, write_once
from pgmason.products.suites import Suite, container_starts, suites_of
from pgmason.renderings import COMMENT_MARK

PRODUCT = Path(__file__).parents[1] / "n_plus_one" / "product"


def product(root: Path, name: str = "shop", path: str = ".") -> Product:
    return Product(name=name, root=root.resolve(), path=path, migrations="migrations", criteria={})


def put(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def test_a_file_is_written_once_and_never_again(tmp_path: Path) -> None:
    assert write_once(tmp_path, "a/b.md", "ours\n").outcome is Outcome.WROTE
    assert write_once(tmp_path, "a/b.md", "newer\n").outcome is Outcome.KEPT
    assert (tmp_path / "a" / "b.md").read_text(encoding="utf-8") == "ours\n"
    (tmp_path / "nowhere").symlink_to("missing")
    assert write_once(tmp_path, "nowhere", "ours\n").outcome is Outcome.KEPT


def test_a_block_leaves_the_rest_of_a_file_alone_and_is_renewed_unless_somebody_edited_it(tmp_path: Path) -> None:
    file = tmp_path / "AGENTS.md"
    file.write_text("# Rules\n\nBe kind.\n", encoding="utf-8")
    assert put_block(tmp_path, "AGENTS.md", "one\n").outcome is Outcome.ADDED
    first = file.read_text(encoding="utf-8")
    assert first.startswith("# Rules\n\nBe kind.\n\n<!-- pgmason: begin ")
    assert put_block(tmp_path, "AGENTS.md", "one\n").outcome is Outcome.KEPT
    file.write_text(first + "\nMore of theirs.\n", encoding="utf-8")
    assert put_block(tmp_path, "AGENTS.md", "two\n").outcome is Outcome.ADDED
    second = file.read_text(encoding="utf-8")
    assert second.startswith("# Rules\n\nBe kind.\n")
    assert second.endswith("<!-- pgmason: end -->\n\nMore of theirs.\n")
    assert "\ntwo\n" in second
    assert "\none\n" not in second
    edited = second.replace("\ntwo\n", "\ntwo, and mine\n")
    file.write_text(edited, encoding="utf-8")
    assert put_block(tmp_path, "AGENTS.md", "three\n").outcome is Outcome.KEPT
    assert file.read_text(encoding="utf-8") == edited


@pytest.mark.parametrize(
    ("there", "written"),
    [((), {"AGENTS.md"}), (("CLAUDE.md",), {"CLAUDE.md"}), (("AGENTS.md", "CLAUDE.md"), {"AGENTS.md", "CLAUDE.md"})],
)
def test_agents_are_told_where_they_look(tmp_path: Path, there: tuple[str, ...], written: set[str]) -> None:
    put(tmp_path, **dict.fromkeys(there, "theirs\n"))
    assert {one.path for one in write_agents(tmp_path, [product(tmp_path)], ())} == written
    assert {file.name for file in tmp_path.iterdir()} == written


def test_a_link_between_both_files_is_written_once(tmp_path: Path) -> None:
    put(tmp_path, **{"AGENTS.md": "theirs\n"})
    (tmp_path / "CLAUDE.md").symlink_to("AGENTS.md")
    assert len(write_agents(tmp_path, [product(tmp_path)], ())) == 1
    assert (tmp_path / "AGENTS.md").read_text(encoding="utf-8").count("pgmason: begin") == 1
    assert (tmp_path / "CLAUDE.md").is_symlink()


def test_every_command_that_agents_and_protocols_name_exists(tmp_path: Path) -> None:
    from pgmason.cli import VERBS

    write_protocols(tmp_path)
    suite = Suite(product="shop", runner="jest", command="npx jest", folder="apps/api", said="package.json")
    texts = [agents_text([product(tmp_path)], [suite])]
    texts += [(tmp_path / ".claude" / "protocols" / page).read_text(encoding="utf-8") for page in PAGES]
    named = {match for text in texts for match in re.findall(r"`pgmason ([a-z]+)", text)}
    assert {"gate", "docs", "scratch", "check", "init", "explain"} <= named <= set(VERBS)


def test_a_protocol_that_is_there_is_kept(tmp_path: Path) -> None:
    put(tmp_path, **{".claude/protocols/direct-delivery.md": "theirs\n"})
    outcomes = {one.path.rpartition("/")[2]: one.outcome for one in write_protocols(tmp_path)}
    assert outcomes["direct-delivery.md"] is Outcome.KEPT
    assert outcomes["anti-rationalization.md"] is Outcome.WROTE
    assert (tmp_path / ".claude" / "protocols" / "direct-delivery.md").read_text(encoding="utf-8") == "theirs\n"


@pytest.mark.parametrize(
    ("files", "written"),
    [
        ({}, [".github/workflows/pgmason.yml"]),
        ({".gitlab-ci.yml": "test: {}\n"}, [".gitlab/pgmason.yml"]),
        ({".git/config": '[remote "o"]\n\turl = git@gitlab.example.org:a/b.git\n'}, [".gitlab/pgmason.yml"]),
        ({".git/config": '[remote "o"]\n\turl = https://github.com/gitlab/b\n'}, [".github/workflows/pgmason.yml"]),
        (
            {".gitlab-ci.yml": "", ".github/dependabot.yml": ""},
            [".github/workflows/pgmason.yml", ".gitlab/pgmason.yml"],
        ),
    ],
)
def test_the_forge_of_the_repository_is_told_by_what_is_there(
    tmp_path: Path, files: dict[str, str], written: list[str]
) -> None:
    put(tmp_path, **files)
    assert [one.path for one in write_workflows(tmp_path, [product(tmp_path)])] == written


def test_the_workflows_are_yaml_and_read_the_branch_from_the_environment_alone() -> None:
    yaml = pytest.importorskip("yaml")
    job = yaml.safe_load(github_workflow([15, 17]))["jobs"]["gate"]
    scripts = [step["run"] for step in job["steps"] if "run" in step]
    assert "pgmason server install 17" in scripts
    # a branch's name is text of other people: pasted into a script it would be run
    assert not [script for script in scripts if "${{" in script]
    gitlab = yaml.safe_load(gitlab_job([16]))["pgmason"]
    assert "pgmason server install 16" in gitlab["script"]
    assert gitlab["artifacts"]["reports"] == {"junit": "gate.xml"}
    for script in (*scripts, *gitlab["script"], *gitlab["after_script"]):
        subprocess.run(["sh", "-n"], input=script, text=True, check=True)


GH = """#!/bin/sh
echo "$@" >> "$CALLS"
case "$*" in *--paginate*) [ -n "$OURS" ] && echo "$OURS"; esac
exit 0
"""


@pytest.mark.parametrize(
    ("ours", "call"), [("", "issues/7/comments --field"), ("41\n42", "--method PATCH repos/a/b/issues/comments/41 ")]
)
def test_the_comment_on_github_is_written_once_and_then_kept_current(tmp_path: Path, ours: str, call: str) -> None:
    yaml = pytest.importorskip("yaml")
    put(tmp_path, **{"bin/gh": GH, "gate.md": f"{COMMENT_MARK}\nfine\n"})
    (tmp_path / "bin" / "gh").chmod(0o755)
    steps = yaml.safe_load(github_workflow([15]))["jobs"]["gate"]["steps"]
    script = next(step["run"] for step in steps if "comment" in step.get("name", ""))
    environment = {
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "GH_REPO": "a/b", "NUMBER": "7", "OURS": ours,
        "CALLS": str(tmp_path / "calls"),
    }  # fmt: skip
    subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=tmp_path, env=environment, check=True)
    calls = (tmp_path / "calls").read_text(encoding="utf-8").splitlines()
    assert len(calls) == 2
    assert call in calls[1]
    assert "body=@gate.md" in calls[1]


@contextmanager
def notes_server(notes: list[dict[str, object]]) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """A server that answers as GitLab's API of notes does, and what it was asked: (method, path, body)."""
    asked: list[tuple[str, str, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = parse_qs(self.rfile.read(length).decode()).get("body", [""])[0]
            asked.append((self.command, self.path, body))
            text = json.dumps(notes if self.command == "GET" else {}).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = answer  # noqa: N815  # the names of the standard library

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.mark.parametrize("there", [False, True])
def test_the_comment_on_gitlab_is_written_once_and_then_kept_current(tmp_path: Path, there: bool) -> None:
    yaml = pytest.importorskip("yaml")
    text = f"{COMMENT_MARK}\nfine & well\n"
    put(tmp_path, **{"gate.md": text})
    notes: list[dict[str, object]] = [{"id": 3, "body": "somebody's"}]
    notes += [{"id": 5, "body": f"{COMMENT_MARK}\nolder"}] if there else []
    (script,) = yaml.safe_load(gitlab_job([15]))["pgmason"]["after_script"]
    (tmp_path / "python").symlink_to(sys.executable)
    with notes_server(notes) as (url, asked):
        environment = {
            "PATH": f"{tmp_path}:{os.environ['PATH']}", "PGMASON_COMMENT_TOKEN": "t", "CI_API_V4_URL": url,
            "CI_PROJECT_ID": "1", "CI_MERGE_REQUEST_IID": "2",
        }  # fmt: skip
        subprocess.run(["sh", "-c", script], cwd=tmp_path, env=environment, check=True)
    path = "/projects/1/merge_requests/2/notes"
    assert asked == [
        ("GET", f"{path}?per_page=100", ""),
        ("PUT", f"{path}/5", text) if there else ("POST", path, text),
    ]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"api/package.json": '{"scripts": {"test": "jest --ci"}}'}, ("jest", "npx jest", "api")),
        (
            {"api/package.json": '{"devDependencies": {"vitest": "3"}}', "pnpm-lock.yaml": ""},
            ("vitest", "pnpm exec vitest run", "api"),
        ),
        (
            {"api/pyproject.toml": '[dependency-groups]\ndev = ["pytest"]\n', "uv.lock": ""},
            ("pytest", "uv run pytest", "api"),
        ),
        ({"requirements-dev.txt": "pytest==8\n"}, ("pytest", "pytest", ".")),
        ({"api/package.json": "{broken"}, None),
    ],
)
def test_how_a_products_tests_are_run_is_read_from_its_files(
    tmp_path: Path, files: dict[str, str], expected: tuple[str, str, str] | None
) -> None:
    (tmp_path / "api").mkdir()
    put(tmp_path, **files)
    found = [(suite.runner, suite.command, suite.folder) for suite in suites_of(product(tmp_path, path="api"))]
    assert found == ([expected] if expected else [])


def test_a_container_that_tests_start_is_shown_with_its_line_and_the_move(tmp_path: Path) -> None:
    put(
        tmp_path,
        **{
            "package.json": '{"devDependencies": {"@testcontainers/postgresql": "11"}}',
            "test/db.ts": "\n\nconst box = await new PostgreSqlContainer('postgres:16').start();\n",
            "node_modules/x/a.ts": "new PostgreSqlContainer()",
        },
    )
    (start,) = container_starts(product(tmp_path))
    assert (start.file, start.line) == ("test/db.ts", 3)
    assert "process.env.DATABASE_URL ??" in start.move
    (tmp_path / "package.json").write_text("{}", encoding="utf-8")
    assert container_starts(product(tmp_path)) == ()


def test_the_set_up_of_jest_and_vitest_lends_a_database_that_goes_with_the_process(tmp_path: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not on this machine")
    shutil.copytree(PRODUCT, tmp_path / "product")
    root = tmp_path / "product"
    suite = Suite(product="shop", runner="jest", command="npx jest", folder=".", said="package.json")
    assert write_setup(root, suite).outcome is Outcome.WROTE
    put(tmp_path, **{"bin/pgmason": f'#!/bin/sh\nexec "{sys.executable}" -m pgmason "$@"\n'})
    (tmp_path / "bin" / "pgmason").chmod(0o755)
    worker = "process.stdout.write(process.env.PGDATABASE + '\\n')"
    script = f"""
        import setup from "./{SETUP}";
        import {{ execFileSync }} from "node:child_process";
        await setup();
        console.log(process.env.DATABASE_URL.startsWith("postgresql://"));
        for (const id of ["1", "2"]) {{
          const env = {{ ...process.env, JEST_WORKER_ID: id }};
          process.stdout.write(execFileSync(process.execPath, ["-e", {json.dumps(worker)}], {{ env }}));
        }}
    """
    put(root, **{"run.mjs": script})
    done = subprocess.run(
        ["node", "run.mjs"], cwd=root, env={**os.environ, "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    works, one, two = done.stdout.split()
    assert works == "true"
    assert one.startswith("s_")
    assert one != two
