"""check --fix: what it writes is the same schema by pg_dump, runs as the tool runs it, and finds nothing any more."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from runners import down, dump, up

from pgmason.cli import main
from pgmason.errors import Unsupported, WrongUse
from pgmason.mending import Fix, write_fixes
from pgmason.mending.layout import refuse_format
from pgmason.mending.mend import FileChange

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
    "constraint-added-with-a-scan with its column": (
        "ALTER TABLE orders ADD age integer DEFAULT 1 NOT NULL CHECK (age > 0), ADD boss integer REFERENCES customers;",
        "ALTER TABLE orders DROP COLUMN age, DROP COLUMN boss;",
        2,
    ),
    "key-builds-its-index with its column": (
        "ALTER TABLE orders ADD COLUMN code integer UNIQUE;",
        "ALTER TABLE orders DROP COLUMN code;",
        3,
    ),
    "locks-without-a-timeout": (
        "ALTER TABLE orders ADD COLUMN state text;",
        "ALTER TABLE orders DROP COLUMN state;",
        1,
    ),
}
EVENTS = """\
CREATE TABLE events (id bigint NOT NULL, at date NOT NULL, kind text) PARTITION BY RANGE (at);
CREATE TABLE events_2020 PARTITION OF events FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');
CREATE TABLE events_2021 PARTITION OF events FOR VALUES FROM ('2021-01-01') TO ('2022-01-01');
CREATE TABLE events_old (id bigint NOT NULL, at date NOT NULL, kind text);
CREATE TABLE kinds (name text PRIMARY KEY);
CREATE TABLE lots (at date NOT NULL, note text) PARTITION BY RANGE (at);
CREATE TABLE lots_rest PARTITION OF lots DEFAULT;
CREATE TABLE lots_old (at date NOT NULL, note text);
CREATE TABLE sold (id integer, day date NOT NULL, code varchar(10), total numeric, email text,
  CONSTRAINT coded CHECK (code <> ''));
CREATE UNIQUE INDEX sold_email ON sold (email);
"""
# the same for remedies that need more than one plain table
MORE_REMEDIES = {
    "partition-attached-with-a-scan": (
        "ALTER TABLE events ATTACH PARTITION events_old FOR VALUES FROM ('2000-01-01') TO ('2010-01-01');",
        "ALTER TABLE events DETACH PARTITION events_old;",
        3,
    ),
    "partition-created-under-a-lock": (
        "CREATE TABLE events_2026 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
        "DROP TABLE events_2026;",
        1,
    ),
    "partition-detached-with-a-lock": (
        "ALTER TABLE events DETACH PARTITION events_2020;",
        "ALTER TABLE events ATTACH PARTITION events_2020 FOR VALUES FROM ('2020-01-01') TO ('2021-01-01');",
        2,
    ),
    "default-partition-read-whole": (
        "CREATE TABLE lots_2026 PARTITION OF lots FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');",
        "DROP TABLE lots_2026;",
        3,
    ),
    "create-index-blocks-writes of a partitioned table": (
        "CREATE INDEX by_kind ON events (kind);",
        "DROP INDEX by_kind;",
        4,
    ),
    "constraint-added-with-a-scan of a partitioned table": (
        "ALTER TABLE events ADD CONSTRAINT of_kind FOREIGN KEY (kind) REFERENCES kinds (name);",
        "ALTER TABLE events DROP CONSTRAINT of_kind;",
        5,
    ),
    "key-builds-its-index of a partitioned table": (
        "ALTER TABLE events ADD CONSTRAINT once UNIQUE (id, at);",
        "ALTER TABLE events DROP CONSTRAINT once;",
        4,
    ),
    "key-builds-its-index from an index that is there": (
        "ALTER TABLE sold ADD CONSTRAINT sold_key PRIMARY KEY USING INDEX sold_email;",
        """ALTER TABLE sold DROP CONSTRAINT sold_key, ALTER COLUMN email DROP NOT NULL;
CREATE UNIQUE INDEX sold_email ON sold (email);""",
        4,
    ),
    "type-change-rewrites-the-table beside a CHECK": (
        "ALTER TABLE sold ALTER COLUMN code TYPE varchar(20);",
        """ALTER TABLE sold DROP CONSTRAINT coded;
ALTER TABLE sold ALTER COLUMN code TYPE varchar(10);
ALTER TABLE sold ADD CONSTRAINT coded CHECK (code <> '');""",
        2,
    ),
    "rows-copied-in-one-transaction": (
        "CREATE MATERIALIZED VIEW days AS SELECT day, sum(total) AS total FROM sold GROUP BY day;",
        "DROP MATERIALIZED VIEW days;",
        2,
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

    def __init__(self, root: Path, tool: str, first: str = FIRST) -> None:
        self.root, self.tool = root, tool
        self.folder = root / ("prisma/migrations" if tool == "prisma" else "migrations")
        self.folder.mkdir(parents=True)
        self.before = self.write(1, "first", first, FIRST_DOWN)
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
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Folder]:
    monkeypatch.chdir(tmp_path)
    return lambda tool, first=FIRST: Folder(tmp_path, tool, first)


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


def told(capsys: pytest.CaptureFixture[str]) -> set[str]:
    """The rules of all that is new and fails the command."""
    capsys.readouterr()
    run("check", "--format", "json")
    found = json.loads(capsys.readouterr().out)["findings"]
    return {one["code"] for one in found if one["standing"] == "new" and one["severity"] != "note"}


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
    assert rule.partition(" ")[0] in still_found(capsys)
    assert len(proven(of, capsys, fresh_database)) == files


ALL = pytest.mark.skipif(
    os.environ.get("PGMASON_ALL_PRODUCTS") != "1",
    reason="PGMASON_ALL_PRODUCTS=1 is not set: two formats and half of the remedies stand for all",
)


@pytest.mark.parametrize(
    "rule", [pytest.param(rule, marks=ALL if n % 2 else ()) for n, rule in enumerate(MORE_REMEDIES)]
)
def test_each_remedy_of_partitions_views_and_taken_over_indexes_is_written(
    rule: str,
    folder: Callable[..., Folder],
    capsys: pytest.CaptureFixture[str],
    fresh_database: Callable[[], FreshDatabase],
) -> None:
    one, back, files = MORE_REMEDIES[rule]
    of = folder("golang-migrate", FIRST + EVENTS)
    of.write(2, "change", f"{one}\n", f"{back}\n")
    found = told(capsys)
    assert rule.partition(" ")[0] in found
    assert len(proven(of, capsys, fresh_database)) == files


@pytest.mark.parametrize(
    "tool",
    [
        "prisma",
        "diesel",
        *(
            pytest.param(tool, marks=ALL)
            for tool in ("golang-migrate", "updown", "numbered", "dbmate", "goose", "flyway")
        ),
    ],
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
    assert 'CREATE UNIQUE INDEX CONCURRENTLY "Note" ON orders (note)' in text
    if tool in ("goose", "dbmate"):
        mark = {"goose": "-- +goose Up", "dbmate": "-- migrate:up"}[tool]
        assert [one.count(mark) for one in of.files().values()] == [1] * 7


# --- what is not written, and why ----------------------------------------------------------------------------------


def whys(told: dict[str, Any]) -> list[tuple[str | None, str]]:
    return [(one["code"], one["why"]) for one in told["left"]]


def test_a_dry_run_shows_the_difference_and_writes_nothing(
    folder: Callable[[str], Folder], capsys: pytest.CaptureFixture[str]
) -> None:
    of = folder("updown")
    of.write(2, "index", "CREATE INDEX i ON orders (note);\n", "DROP INDEX i;\n")
    before = of.files()
    assert run("check", "--fix", "--dry-run") == 1
    said = capsys.readouterr().out
    assert "-CREATE INDEX i ON orders (note);" in said
    assert "+CREATE INDEX CONCURRENTLY i ON orders (note);" in said
    assert "proven: the same schema as now" in said
    assert of.files() == before
    assert run("check", "--dry-run") == 2


def test_what_is_deployed_is_refused_by_name(
    folder: Callable[[str], Folder], capsys: pytest.CaptureFixture[str]
) -> None:
    of = folder("updown")
    of.write(2, "index", "CREATE INDEX i ON orders (note);\n", "DROP INDEX i;\n")
    of.commit()  # the baseline does not know it; main has it
    before = of.files()
    code, told = fixed(capsys)
    assert (code, told["fixes"]) == (1, [])
    assert {one["migration"] for one in told["left"]} == {"000002_index"}
    assert "it stands on main: what is deployed is never edited" in told["left"][0]["why"]
    git("checkout", "-q", "-b", "work")
    (of.folder / "000001_first.up.sql").write_text(FIRST + "CREATE INDEX j ON orders (email);\n")
    _, told = fixed(capsys, "--since", "main")
    assert [one["migration"] for one in told["left"]] == []  # all of it is new: nobody waits for an empty database
    assert of.files() == {**before, "000001_first.up.sql": FIRST + "CREATE INDEX j ON orders (email);\n"}


def test_what_takes_a_decision_is_left_with_the_reason_and_the_rest_is_written(
    folder: Callable[[str], Folder], capsys: pytest.CaptureFixture[str]
) -> None:
    of = folder("updown")
    of.write(
        2,
        "both",
        "ALTER TABLE orders ADD COLUMN token uuid DEFAULT gen_random_uuid();\nCREATE INDEX i ON orders (note);\n",
        "DROP INDEX i;\nALTER TABLE orders DROP COLUMN token;\n",
    )
    code, told = fixed(capsys)
    assert code == 1
    assert {one["code"] for one in told["fixes"][0]["mended"]} == {
        "create-index-blocks-writes",
        "locks-without-a-timeout",
    }
    assert whys(told) == [
        (
            "column-added-with-a-rewrite",
            "no steps that end in the same schema and the same rows: it takes a decision of yours",
        )
    ]
    assert len(of.files()) == 6
    assert fixed(capsys)[1]["fixes"] == []


@pytest.mark.parametrize(
    ("up", "why"),
    [
        ("BEGIN;\nCREATE INDEX i ON orders (note);\nCOMMIT;\n", "it begins and ends transactions itself"),
        (
            "DO $$ BEGIN CREATE INDEX i ON orders (note); UPDATE orders SET note = ''; END $$;\n",
            "line 1 does it inside of something else",
        ),
        ("CREATE INDEX i ON orders (note); CREATE INDEX k ON orders (email);\n", "line 1 does several things at once"),
        ("CREATE INDEX i ON orders (nothing);\n", "it does not run as its runner sends it"),
    ],
)
def test_what_cannot_be_cut_is_left_as_it_is(
    up: str, why: str, folder: Callable[[str], Folder], capsys: pytest.CaptureFixture[str]
) -> None:
    of = folder("updown")
    of.write(2, "index", up, "DROP INDEX IF EXISTS i, k;\n")
    before = of.files()
    code, told = fixed(capsys)
    assert (code, told["fixes"], of.files()) == (1, [], before)
    assert why in told["left"][0]["why"]


def test_where_no_number_is_free_the_next_migration_has_to_make_room(
    folder: Callable[[str], Folder], capsys: pytest.CaptureFixture[str]
) -> None:
    of = folder("updown")
    of.write(2, "check", "SET lock_timeout = '2s';\nALTER TABLE orders ADD CHECK (total > 0);\n", "SELECT 1;\n")
    of.write(3, "other", "CREATE TABLE other (id integer);\n", "DROP TABLE other;\n")
    before = of.files()
    code, told = fixed(capsys)
    assert (code, of.files()) == (1, before)
    assert any("no number free between 000002_check and" in why for _, why in whys(told))


def test_a_file_that_was_edited_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    old, new = tmp_path / "1.up.sql", tmp_path / "2.up.sql"
    old.write_text("now\n")
    changes = (FileChange(path=new, before=None, after="b\n"), FileChange(path=old, before="then\n", after="a\n"))
    with pytest.raises(WrongUse, match="was changed while the fix was proven"):
        write_fixes([Fix(migration="1", files=changes, mended=(), proof=())])
    assert (old.read_text(), new.exists()) == ("now\n", False)


def test_what_cannot_be_written_leaves_everything_as_it_was(tmp_path: Path) -> None:
    old, new = tmp_path / "1.up.sql", tmp_path / "folder" / "up.sql"
    old.write_text("now\n")
    (tmp_path / "plain").write_text("a file, not a folder")
    changes = (
        FileChange(path=new, before=None, after="b\n"),
        FileChange(path=old, before="now\n", after="a\n"),
        FileChange(path=tmp_path / "plain" / "up.sql", before=None, after="c\n"),
    )
    with pytest.raises(WrongUse, match="cannot be written"):
        write_fixes([Fix(migration="1", files=changes, mended=(), proof=())])
    assert old.read_text() == "now\n"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["1.up.sql", "plain"]


@pytest.mark.parametrize(("format", "says"), [("alembic", "Python"), ("django", "Python"), ("drizzle", "journal")])
def test_formats_that_are_not_rewritten_are_named(format: str, says: str) -> None:
    with pytest.raises(Unsupported, match=f"--fix does not write {format}: .*{says}"):
        refuse_format(format)


def test_without_a_baseline_nothing_is_known_to_be_pending(
    folder: Callable[[str], Folder], capsys: pytest.CaptureFixture[str]
) -> None:
    of = folder("updown")
    for kept in of.root.rglob("baseline.json"):
        kept.unlink()
    assert run("check", "--fix") == 2
    assert "there is no baseline" in capsys.readouterr().err
