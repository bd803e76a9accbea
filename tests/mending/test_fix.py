"""check --fix: what it writes is the same schema by pg_dump, runs as the tool runs it, and finds nothing any more."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from runners import down, dump, up

from pgmason.cli import main

if TYPE_CHECKING:
    from conftest import FreshDatabase

FIRST = """\
CREATE TABLE customers (id integer PRIMARY KEY);
CREATE TABLE orders (id integer PRIMARY KEY, customer_id integer, total numeric, note text, email text NOT NULL);
CREATE INDEX old_idx ON orders (total);
"""
FIRST_DOWN = "DROP TABLE orders;\nDROP TABLE customers;\n"

# each remedy that takes the place of its statement: UP, DOWN, how many files it takes
REMEDIES = {
    "create-index-blocks-writes": ("CREATE INDEX i ON orders (note);", "DROP INDEX i;", 1),
    "index-dropped-with-a-lock": ("DROP INDEX old_idx;", "CREATE INDEX old_idx ON orders (total);", 1),
    "constraint-added-with-a-scan": (
        "ALTER TABLE orders ADD CONSTRAINT c CHECK (total >= 0);",
        "ALTER TABLE orders DROP CONSTRAINT c;",
        2,
    ),
    "not-null-reads-the-table": (
        "ALTER TABLE orders ALTER COLUMN note SET NOT NULL;",
        "ALTER TABLE orders ALTER COLUMN note DROP NOT NULL;",
        3,
    ),
    "key-builds-its-index": (
        "ALTER TABLE orders ADD CONSTRAINT k UNIQUE (email) DEFERRABLE INITIALLY DEFERRED;",
        "ALTER TABLE orders DROP CONSTRAINT k;",
        2,
    ),
    "locks-without-a-timeout": (
        "ALTER TABLE orders ADD COLUMN state text;",
        "ALTER TABLE orders DROP COLUMN state;",
        1,
    ),
}
MANY = """\
-- all of it
CREATE TABLE notes (id integer PRIMARY KEY, order_id integer);

-- two commands of one statement
ALTER TABLE orders ADD COLUMN state text, ADD CONSTRAINT total_ok CHECK (total >= 0); -- never negative
/* words of the author's */ CREATE UNIQUE INDEX IF NOT EXISTS "Note" ON orders (note) WHERE state IS NOT NULL;
DROP INDEX old_idx;
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers (id);
ALTER TABLE "orders" ADD CONSTRAINT small CHECK (total < 1000000);
ALTER TABLE notes ADD FOREIGN KEY (order_id) REFERENCES orders (id)
"""
MANY_DOWN = """\
DROP TABLE notes;
ALTER TABLE orders DROP CONSTRAINT small, DROP CONSTRAINT orders_customer_id_fkey, DROP CONSTRAINT total_ok;
CREATE INDEX old_idx ON orders (total);
DROP INDEX "Note";
ALTER TABLE orders DROP COLUMN state;
"""


class Folder:
    """A product with one deployed migration, in git, and its tool's way to write files."""

    def __init__(self, root: Path, tool: str) -> None:
        self.root, self.tool = root, tool
        self.folder = root / ("prisma/migrations" if tool == "prisma" else "migrations")
        self.folder.mkdir(parents=True)
        self.before = self.write(1, "first", FIRST, FIRST_DOWN)
        if tool == "prisma":
            (self.folder / "migration_lock.toml").write_text('provider = "postgresql"\n')
            (root / "prisma/schema.prisma").write_text(
                'datasource db {\n  provider = "postgresql"\n  url = env("DATABASE_URL")\n}\n'
            )
        if tool == "golang-migrate":
            (root / "go.mod").write_text("module m\n\nrequire github.com/golang-migrate/migrate/v4 v4.17.0\n")
        git("init", "-q", "-b", "main")
        assert run("init", "--bare") == 0
        self.commit()

    def commit(self) -> None:
        git("add", "-A")
        git("-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "deployed")

    def write(self, number: int, name: str, up: str, down: str) -> str:
        """The files of one migration; its name."""
        match self.tool:
            case "prisma":
                files = {f"2026010{number}000000_{name}/migration.sql": up}
            case "diesel":
                files = {
                    f"2026-01-0{number}-000000_{name}/{way}.sql": text for way, text in (("up", up), ("down", down))
                }
            case "golang-migrate" | "updown":
                files = {f"{number:06}_{name}.{way}.sql": text for way, text in (("up", up), ("down", down))}
            case "numbered":
                files = {f"{number:03}_{name}.sql": up}
            case "dbmate":
                text = f"-- migrate:up\n{up.rstrip().rstrip(';')};\n\n-- migrate:down\n{down}"
                files = {f"2026010{number}000000_{name}.sql": text}
            case "goose":
                text = f"-- +goose Up\n{up.rstrip().rstrip(';')};\n\n-- +goose Down\n{down}"
                files = {f"0000{number}_{name}.sql": text}
            case "flyway":
                files = {f"V{number}__{name}.sql": up, f"U{number}__{name}.sql": down}
        for path, text in files.items():
            (self.folder / path).parent.mkdir(exist_ok=True)
            (self.folder / path).write_text(text)
        return next(iter(files)).split("/")[0].removesuffix(".sql").removesuffix(".up").removeprefix("V")

    def files(self) -> dict[str, str]:
        return {
            str(file.relative_to(self.folder)): file.read_text() for file in self.folder.rglob("*") if file.is_file()
        }


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Folder]:
    monkeypatch.chdir(tmp_path)
    return lambda tool: Folder(tmp_path, tool)


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], check=True, stdout=subprocess.DEVNULL)


def run(*arguments: str) -> int:
    try:
        main(list(arguments))
    except SystemExit as exc:
        return int(exc.code or 0)
    return 0


def fixed(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, Any]]:
    """The exit code, and what was told of the one product."""
    capsys.readouterr()
    code = run("check", "--fix", "--format", "json", *arguments)
    said = capsys.readouterr()
    assert said.out, said.err
    (product,) = json.loads(said.out)["products"].values()
    return code, product


def still_found(capsys: pytest.CaptureFixture[str]) -> set[str]:
    """The rules over migrations that find something new; the schema has debts of its own."""
    capsys.readouterr()
    run("check", "--format", "json")
    found = json.loads(capsys.readouterr().out)["findings"]
    other = ("locks-without-a-timeout", "down-does-not-restore", "index-dropped-with-a-lock")
    return {
        one["code"]
        for one in found
        if one["standing"] == "new" and (one["severity"] in ("outage", "break", "loss") or one["code"] in other)
    }


def proven(of: Folder, capsys: pytest.CaptureFixture[str], fresh_database: Callable[[], FreshDatabase]) -> list[str]:
    """Fix it, and hold the result against the files before by pg_dump: at the end, and after each way back."""
    was = fresh_database()
    up(was, of.folder, of.tool)
    code, told = fixed(capsys)
    assert (code, [one["why"] for one in told["left"]]) == (0, [])
    assert told["fixes"]
    now = fresh_database()
    up(now, of.folder, of.tool)
    assert dump(now) == dump(was)
    assert still_found(capsys) == set()
    assert fixed(capsys) == (0, {"fixes": [], "left": []}), "a second run has nothing to do"

    stages = fresh_database()
    names = up(stages, of.folder, of.tool)
    if of.tool not in ("prisma", "numbered"):
        for place in range(len(names) - 1, 0, -1):
            down(stages, of.folder, of.tool, names[place])
            reached = fresh_database()
            up(reached, of.folder, of.tool, only=names[:place])
            assert sorted(dump(stages).splitlines()) == sorted(dump(reached).splitlines()), names[place]
    return names[1:]


@pytest.mark.parametrize("rule", REMEDIES)
def test_each_remedy_that_is_the_same_is_written(
    rule: str,
    folder: Callable[[str], Folder],
    capsys: pytest.CaptureFixture[str],
    fresh_database: Callable[[], FreshDatabase],
) -> None:
    one, back, files = REMEDIES[rule]
    of = folder("golang-migrate")
    of.write(2, "change", f"{one}\n", f"{back}\n")
    assert rule in still_found(capsys) or rule == "locks-without-a-timeout"
    assert len(proven(of, capsys, fresh_database)) == files


@pytest.mark.parametrize(
    "tool", ["prisma", "diesel", "golang-migrate", "updown", "numbered", "dbmate", "goose", "flyway"]
)
def test_a_migration_that_does_many_things_is_written_in_each_format(
    tool: str,
    folder: Callable[[str], Folder],
    capsys: pytest.CaptureFixture[str],
    fresh_database: Callable[[], FreshDatabase],
) -> None:
    of = folder(tool)
    of.write(2, "many", MANY, MANY_DOWN)
    names = proven(of, capsys, fresh_database)
    assert len(names) == 6
    text = "".join(of.files().values())
    for words in (
        "-- all of it",
        "-- two commands of one statement",
        "-- never negative",
        "/* words of the author's */",
    ):
        assert words in text, "what the author said stays"
    assert 'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "Note" ON orders (note)' in text
