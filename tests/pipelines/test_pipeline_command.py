"""pgmason pipeline, typed as a person types it: from a new pipeline to a schedule, and what each failure says."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pgmason.pipelines.typescript import _JEST

ROOT = Path(__file__).parents[2]
Said = Callable[..., tuple[int, str, str]]

PIPELINE = """
from pgmason.pipelines import expect, extract, pipeline, transform

@pipeline(
    extract=extract.files("exports/orders/*.parquet", cursor="exported_at"),
    target="public.orders", key=["order_id"], on_conflict="update",
    expect=[expect.not_null("customer_id"), expect.between("total_amount", 0, 1_000_000),
            expect.exists_in("customer_id", "public.customers.id")],
    schedule="15 2 * * 1-5",
)
def daily_orders(batch):
    return transform.rename(batch, total="total_amount")
"""


@pytest.fixture
def shop(tmp_path: Path, fresh_database: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """A folder with daily_orders.py and two exports, and a database with its tables, named by DATABASE_URL."""
    database = fresh_database()
    database.execute(
        "CREATE TABLE customers (id int PRIMARY KEY); INSERT INTO customers SELECT generate_series(1, 5);"
        "CREATE TABLE orders (order_id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers,"
        " total_amount numeric(8,2), exported_at timestamptz)"
    )
    (tmp_path / "pipelines").mkdir()
    (tmp_path / "pipelines" / "daily_orders.py").write_text(PIPELINE)
    for part in range(2):
        export(tmp_path, part)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database.url)
    return database


def export(folder: Path, part: int, **more: Any) -> None:
    ids = list(range(part * 10, part * 10 + 10))
    table = pa.table(
        {
            "order_id": pa.array(ids, pa.int64()),
            "customer_id": pa.array([9 if i == 3 else i % 5 + 1 for i in ids], pa.int64()),
            "total": [-1.0 if i == 7 else i / 2 for i in ids],
            "exported_at": pa.array([1_700_000_000_000_000 + i for i in ids], pa.timestamp("us", "UTC")),
            **more,
        }
    )
    (folder / "exports" / "orders").mkdir(parents=True, exist_ok=True)
    pq.write_table(table, folder / "exports" / "orders" / f"{part}.parquet")


def run_apart(name: str) -> subprocess.CompletedProcess[str]:
    """`pipeline run` in a process of its own, which imports the pipeline's file as it is now."""
    command = [sys.executable, "-m", "pgmason", "pipeline", "run", name]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_whole_way_of_a_pipeline(shop: Any, said: Said) -> None:
    code, out, _ = said("list")
    assert code == 0
    assert "into  public.orders, update on order_id" in out
    assert "last  no run yet" in out

    code, out, _ = said("run", "daily_orders", "--dry-run")
    assert code == 0
    assert "read 20  inserted 18  quarantined 2" in out
    assert shop.execute("SELECT count(*) FROM orders") == [(0,)]
    assert shop.execute("SELECT to_regnamespace('pgmason') IS NULL") == [(True,)]

    code, out, err = said("run", "daily_orders")
    assert code == 0
    assert "daily_orders: done" in out
    assert "next: pgmason pipeline quarantine daily_orders --run 1" in out
    assert [json.loads(line)["event"] for line in err.splitlines()] == ["ledger made", "told"]
    assert shop.execute("SELECT count(*) FROM orders") == [(18,)]

    before = shop.execute("SELECT sum(xmin::text::bigint) FROM orders")
    code, out, _ = said("run", "daily_orders")
    assert (code, "read 0" in out) == (0, True)
    assert shop.execute("SELECT sum(xmin::text::bigint) FROM orders") == before

    code, out, _ = said("quarantine", "daily_orders")
    assert "order_id=3  customer_id is not in public.customers" in out
    assert "order_id=7  total_amount is not between 0 and 1000000" in out
    assert "-1" not in out.replace("1000000", "")  # a value only where it is asked for
    assert '"total":-1.0' in said("quarantine", "daily_orders", "--values")[1]
    told = json.loads(said("quarantine", "daily_orders", "--format", "json")[1])
    assert all("row" not in row for row in told["rows"])

    wrong = {row["key"]["order_id"]: row for row in json.loads(
        said("quarantine", "daily_orders", "--values", "--format", "json")[1])["rows"]}  # fmt: skip
    mended = {**wrong[7]["row"], "total": 3.5}
    Path("mended.jsonl").write_text(json.dumps({"id": wrong[7]["id"], "row": mended}) + "\n")
    assert said("replay", "daily_orders", "--mended", "mended.jsonl")[0] == 0
    assert shop.execute("SELECT total_amount::text FROM orders WHERE order_id = 7") == [("3.50",)]
    shop.execute("INSERT INTO customers VALUES (9)")
    assert said("replay", "daily_orders", "--run", "1")[0] == 0
    assert shop.execute("SELECT count(*) FROM orders") == [(20,)]
    assert said("replay", "daily_orders")[0] == 2

    runs = json.loads(said("runs", "daily_orders", "--format", "json")[1])["runs"]
    assert [one["state"] for one in runs] == ["done"] * 4
    assert runs[-1]["counts"]["quarantined"] == 2
    assert said("runs", "--limit", "1")[1].count("\n") == 1


def test_a_run_that_set_rows_aside_fails_where_that_is_asked(shop: Any, said: Said) -> None:
    assert said("run", "daily_orders", "--strict")[0] == 1
    assert shop.execute("SELECT count(*) FROM orders") == [(18,)]


def test_a_span_is_loaded_again_and_the_cursor_stays(shop: Any, said: Said) -> None:
    assert said("run", "daily_orders")[0] == 0
    shop.execute("DELETE FROM orders")
    code, out, _ = said("run", "daily_orders", "--since", "2023-11-14T22:13:20.000012Z", "--until",
                        "2023-11-14T22:13:20.000015Z", "--format", "json")  # fmt: skip
    assert code == 0
    assert json.loads(out)["run"]["counts"]["inserted"] == 3
    assert shop.execute("SELECT order_id FROM orders ORDER BY 1") == [(12,), (13,), (14,)]
    assert "read 0" in said("run", "daily_orders")[1]


def test_a_source_with_another_column_is_told_with_the_column_to_add(shop: Any, said: Said, tmp_path: Path) -> None:
    assert said("run", "daily_orders")[0] == 0
    export(tmp_path, 2, channel=pa.array(["web"] * 10))
    code, _, err = said("run", "daily_orders")
    assert code == 1
    assert "has the new column channel (string)" in err
    assert "ALTER TABLE public.orders ADD COLUMN channel text;" in err
    assert "next: pgmason pipeline run daily_orders --accept-schema" in err
    assert shop.execute("SELECT count(*) FROM orders") == [(18,)]
    file = tmp_path / "pipelines" / "daily_orders.py"
    file.write_text(PIPELINE.replace("schedule=", 'on_drift="ignore", schedule='))
    done = subprocess.run(
        [sys.executable, "-m", "pgmason", "pipeline", "run", "daily_orders"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "left out: channel" in done.stdout
    assert shop.execute("SELECT count(*) FROM orders") == [(28,)]


def test_what_cannot_be_followed_is_exit_2_and_says_what_there_is(shop: Any, said: Said, monkeypatch: Any) -> None:
    code, _, err = said("run", "nightly_orders")
    assert (code, "there are: daily_orders" in err) == (2, True)
    code, _, err = said("run", "daily_orders", "--engine", "local", "--since", "yesterday")
    assert (code, "'yesterday' is no timestamp" in err) == (2, True)
    Path("pipelines/broken.py").write_text("import nothing_of_that_name\n")
    code, _, err = said("list")
    assert (code, "broken.py:1" in err) == (2, True)
    Path("pipelines/broken.py").unlink()
    monkeypatch.delenv("DATABASE_URL")
    code, _, err = said("run", "daily_orders")
    assert (code, "DATABASE_URL is not set" in err) == (2, True)
    code, _, err = said("run", "daily_orders", "--database", "postgresql://u:hunter2@127.0.0.1:9/x")
    assert (code, "hunter2" in err) == (3, False)


def test_a_disk_that_fills_while_rows_are_read_leaves_nothing_half_loaded(shop: Any, said: Said) -> None:
    """The transform's own program meets a full device; the run fails with its words, the target is as it was."""
    if not Path("/dev/full").exists():
        pytest.skip("/dev/full is not on this system")
    code_of_program = "import sys; open('/dev/full', 'wb', buffering=0).write(sys.stdin.buffer.read())"
    Path("pipelines/daily_orders.py").write_text(
        PIPELINE.replace("def daily_orders(batch):", "def daily_orders(batch):\n    batch = FULL(batch)").replace(
            "@pipeline(", f"FULL = transform.program({sys.executable!r}, '-c', {code_of_program!r})\n\n@pipeline("
        )
    )
    done = subprocess.run(
        [sys.executable, "-m", "pgmason", "pipeline", "run", "daily_orders"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "No space left on device" in done.stderr
    assert shop.execute("SELECT count(*) FROM orders") == [(0,)]
    assert shop.execute("SELECT state, cursor_after FROM pgmason.runs") == [("failed", None)]


# --- new, schedule --------------------------------------------------------------------------------------------------


def test_a_new_pipeline_works_and_so_does_its_test(shop: Any, said: Said) -> None:
    code, out, _ = said("new", "people")
    assert (code, "wrote pipelines/people.py" in out) == (0, True)
    shop.execute("CREATE TABLE people (id int PRIMARY KEY, name text)")
    Path("exports/people").mkdir(parents=True)
    Path("exports/people/1.csv").write_text("id,name\n1,Ada\n2,Bob\n")
    assert said("run", "people")[0] == 0
    assert shop.execute("SELECT id, name FROM people ORDER BY id") == [(1, "Ada"), (2, "Bob")]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "pipelines/test_people.py"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    code, _, err = said("new", "people")
    assert (code, "is there already; it is not changed" in err) == (2, True)
    assert said("new", "Not-A-Name")[0] == 2


def test_a_new_pipeline_in_typescript_has_its_files_and_says_what_the_product_lacks(
    tmp_path: Path, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = said("new", "people", "--language", "typescript")
    assert (code, "no package.json" in err) == (2, True)
    Path("package.json").write_text('{"dependencies": {"apache-arrow": "^21"}}')
    Path("tsconfig.json").write_text('{\n// built by tsc\n"compilerOptions": {"rootDir": "src", "outDir": "dist"}}')
    code, out, _ = said("new", "people", "--language", "typescript")
    assert code == 0
    assert {file.name for file in Path("src/pipelines").iterdir()} == {
        "arrow-loop.ts", "people.py", "people.test.ts", "people.ts",
    }  # fmt: skip
    assert "npm install --save-dev jest ts-jest @jest/globals typescript" in out
    assert "npm install apache-arrow" not in out
    assert '"node", "dist/pipelines/people.js"' in Path("src/pipelines/people.py").read_text()
    assert Path("jest.config.cjs").is_file()


def test_a_new_pipeline_in_typescript_compiles_strictly_passes_its_test_and_loads(
    shop: Any, said: Said, tmp_path: Path
) -> None:
    """With the packages in PGMASON_NODE_MODULES: apache-arrow, typescript, jest, ts-jest and their types."""
    installed = os.environ.get("PGMASON_NODE_MODULES", "")
    if shutil.which("node") is None or not Path(installed, "apache-arrow").is_dir():
        pytest.skip("node, or apache-arrow in the folder PGMASON_NODE_MODULES, is not on this machine")
    shutil.rmtree("pipelines")
    Path("node_modules").symlink_to(installed)
    Path("package.json").write_text('{"type": "module"}')
    Path("tsconfig.json").write_text(
        '{"compilerOptions": {"target": "ES2022", "module": "NodeNext", "strict": true, "skipLibCheck": true,'
        ' "noUncheckedIndexedAccess": true, "rootDir": "src", "outDir": "dist"}, "include": ["src"]}'
    )
    assert said("new", "people", "--language", "typescript")[0] == 0
    for command in (["typescript/bin/tsc", "-p", "."], ["jest/bin/jest.js"]):
        done = subprocess.run(
            ["node", f"node_modules/{command[0]}", *command[1:]], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
    shop.execute("CREATE TABLE people (id bigint PRIMARY KEY, name text)")
    Path("exports/people").mkdir(parents=True)
    Path("exports/people/1.csv").write_text('id,name\n1, Ada \n2,"  "\n9007199254740993,Bob\n')
    assert said("run", "people")[0] == 0
    assert shop.execute("SELECT id, name FROM people ORDER BY id") == [(1, "Ada"), (9007199254740993, "Bob")]
    assert "id=2  name is empty" in said("quarantine", "people")[1]


def test_the_examples_loop_and_jest_settings_are_those_that_new_writes() -> None:
    api = ROOT / "examples" / "pipelines" / "shop" / "apps" / "api"
    template = ROOT / "src" / "pgmason" / "pipelines" / "templates" / "arrow-loop.ts"
    assert (api / "src" / "pipelines" / "arrow-loop.ts").read_text() == template.read_text()
    assert (api / "jest.config.cjs").read_text() == _JEST


@pytest.mark.parametrize("kind", ["cron", "systemd", "github"])
def test_a_schedule_is_written_and_understood_by_what_reads_it(shop: Any, said: Said, kind: str) -> None:
    code, out, _ = said("schedule", "daily_orders", "--as", kind, "--to", "deploy")
    assert code == 0
    files = {file.name: file.read_text() for file in Path("deploy").rglob("*") if file.is_file()}
    text = "".join(files.values())
    assert "pgmason pipeline run daily_orders" in text
    assert "hunter2" not in text + out
    if kind == "cron":
        assert "15 2 * * 1-5 cd " in text
    elif kind == "systemd":
        assert "OnCalendar=Mon..Fri *-*-* 2:15:00 UTC" in text
        if shutil.which("systemd-analyze"):
            done = subprocess.run(
                ["systemd-analyze", "calendar", "Mon..Fri *-*-* 2:15:00 UTC"], capture_output=True, check=False
            )
            assert done.returncode == 0
    else:
        assert 'cron: "15 2 * * 1-5"' in text
        assert "secrets.PIPELINE_DATABASE_URL" in text
    assert said("schedule", "daily_orders", "--as", kind, "--to", "deploy")[0] == 0  # the same again is no conflict
    next(file for file in Path("deploy").rglob("*") if file.is_file()).write_text("mine")
    assert said("schedule", "daily_orders", "--as", kind, "--to", "deploy")[0] == 2


@pytest.mark.parametrize("line", ["15 2 * *", "60 2 * * *", "* 24 * * *", "*/0 * * * *", "a * * * *"])
def test_a_schedule_that_is_no_cron_line_is_told(shop: Any, said: Said, line: str) -> None:
    Path("pipelines/daily_orders.py").write_text(PIPELINE.replace("15 2 * * 1-5", line))
    from pgmason.pipelines.declared import pipelines_in
    from pgmason.pipelines.schedules import schedule_files

    declared = pipelines_in(Path("pipelines/daily_orders.py"))["daily_orders"]
    with pytest.raises(Exception, match="schedule="):
        schedule_files(declared, "cron", folder="/srv/shop", product=None)
