"""init, gate, check, docs, schema on real products, as somebody types them."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


class Repository:
    """A checkout of a product's, in which pgmason is typed."""

    def __init__(self, root: Path) -> None:
        self.root = root
        subprocess.run(["git", "init", "-q", str(root)], check=True)

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "pgmason", *arguments],
            cwd=self.root,
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def type(self, *arguments: str, exit: int = 0, **environment: str) -> str:
        """What the command says on stdout; the test fails where it leaves with another exit code."""
        with self.start(*arguments, **environment) as process:
            out, err = process.communicate(timeout=120)
        assert process.returncode == exit, f"pgmason {' '.join(arguments)}: exit {process.returncode}\n{out}\n{err}"
        self.errors = err
        return out


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    shutil.copytree(EXAMPLES / "shop", tmp_path / "shop")
    return Repository(tmp_path / "shop")


@pytest.fixture
def ledger(tmp_path: Path) -> Repository:
    shutil.copytree(EXAMPLES / "ledger", tmp_path / "ledger", ignore=shutil.ignore_patterns("__pycache__"))
    return Repository(tmp_path / "ledger")


def test_the_deliberate_faults_of_the_shop_are_found_and_nothing_else(shop: Repository) -> None:
    """The expected list is the table in examples/README.md, written by the author of the examples."""
    shop.type("init", "--no-baseline")
    found = json.loads(shop.type("check", "--format", "json", exit=1))
    new = {(one["rule"], one["object"]) for one in _findings(found) if one["severity"] != "note"}
    assert new == {
        ("table-without-primary-key", "public.product_categories"),
        ("foreign-key-without-index", "public.order_lines.order_lines_product_id_fkey"),
        ("foreign-key-without-index", "public.return_requests.return_requests_customer_id_fkey"),
        ("table-without-timestamps", "public.warehouses"),
        ("table-without-timestamps", "public.audit_log"),  # a look-alike that wants a waiver, the page says
        ("name-outside-convention", 'public.customers."marketingOptIn"'),
        ("timestamp-without-time-zone", "public.payments"),
        ("timestamp-without-time-zone", "public.inventory_movements"),
        ("duplicate-or-redundant-index", "public.payments_webhook_lookup_idx"),
        ("duplicate-or-redundant-index", "public.orders_customer_id_idx"),
        ("query-in-a-loop", "apps/api/src/orders.ts"),
        ("sql-built-from-strings", "apps/api/src/catalog.ts"),
        ("writes-outside-a-transaction", "apps/api/src/payments.ts"),
        ("unbounded-find-many", "apps/api/src/catalog.ts"),  # categories are few: a strict rule, wants a reason
    }


def test_the_deliberate_faults_of_the_ledger_are_found_and_nothing_else(ledger: Repository) -> None:
    ledger.type("init", "--no-baseline")
    found = json.loads(ledger.type("check", "--format", "json", exit=1))
    new = {(one["rule"], one["object"]) for one in _findings(found) if one["severity"] != "note"}
    assert new == {
        ("table-without-primary-key", "public.bank_statement_lines"),
        ("foreign-key-without-index", "public.transactions.transactions_bookkeeper_id_fkey"),
        ("table-without-timestamps", "public.exchange_rates"),
        ("timestamp-without-time-zone", "public.reconciliations"),
        ("duplicate-or-redundant-index", "public.transactions_reference_idx"),
        ("query-in-a-loop", "ledger/reports.py"),
        ("sql-built-from-strings", "ledger/reports.py"),
        ("writes-outside-a-transaction", "ledger/service.py"),
    }


def _findings(report: dict) -> list[dict]:
    """The findings with the object's name, or the file where the finding is about application code."""
    return [
        one
        | {"rule": one["code"], "object": one["object"]["name"] if one["object"] else (one["place"] or {}).get("file")}
        for one in report["findings"]
    ]


def test_every_finding_points_to_the_line_that_brought_the_object(shop: Repository) -> None:
    shop.type("init", "--no-baseline")
    for one in _findings(json.loads(shop.type("check", "--format", "json", exit=1))):
        if one["severity"] == "note":
            continue
        file, line = one["place"]["file"], one["place"]["line"]
        if file.endswith(".ts"):  # application code has no object
            continue
        text = (shop.root / file).read_text(encoding="utf-8").split("\n")[line - 1 :]
        if file.endswith(".prisma"):  # the line has the object's name in that language: Order.customer, model Order
            own_name = re.split(r"[. ]", one["called"].partition(" @")[0])[-1]
            assert own_name in text[0] or text[0].strip() in one["called"], one
        else:
            own_name = one["object"].rpartition(".")[2].strip('"')
            assert own_name in "\n".join(text[:40]), one


def test_after_init_the_gate_fails_on_what_is_new_only(shop: Repository) -> None:
    shop.type("init")
    shop.type("docs")
    assert shop.type("gate").startswith("GATE HOLDS")
    folder = shop.root / "apps/api/prisma/migrations/20260701000000_coupons"
    folder.mkdir()
    (folder / "migration.sql").write_text('CREATE TABLE "coupons" ("code" text, "order_id" uuid REFERENCES "orders");')
    (folder / "down.sql").write_text('DROP TABLE "coupons";')
    failing = shop.type("gate", exit=1)
    assert failing.startswith("GATE FAILS")
    verdicts = {
        one["name"]: one for one in json.loads(shop.type("gate", "--format", "json", exit=1))["products"][0]["criteria"]
    }
    assert verdicts["schema-integrity"]["gap"] == "refuted"
    assert verdicts["foreign-keys-indexed"]["gap"] == "refuted"
    assert verdicts["documented"]["gap"] == "refuted"
    assert verdicts["deployed-unedited"]["status"] == "PROVEN"


def test_editing_a_deployed_migration_fails_the_gate(ledger: Repository) -> None:
    ledger.type("init")
    ledger.type("docs")
    ledger.type("gate")
    edited = next((ledger.root / "migrations").glob("0001*.up.sql"))
    edited.write_text(edited.read_text(encoding="utf-8") + "\n-- only a comment\n", encoding="utf-8")
    assert "deployed-unedited" in ledger.type("gate", exit=1)


def test_a_second_init_changes_nothing(shop: Repository) -> None:
    shop.type("init")
    before = {file: file.read_bytes() for file in shop.root.rglob("*") if file.is_file()}
    shop.type("init")
    assert {file: file.read_bytes() for file in shop.root.rglob("*") if file.is_file()} == before


def test_init_over_a_folder_that_is_gone_keeps_the_baseline_and_says_what_is_wrong(shop: Repository) -> None:
    shop.type("init")
    (folder,) = shop.root.rglob("prisma/migrations")
    folder.rename(folder.with_name("moved"))
    told = shop.type("init", exit=2)
    assert "schema: NOT READ: there is no such folder" in told
    assert "baseline kept" in told
    assert "the baseline that is there stays as it is" in shop.errors
    shop.type("check", exit=2)
    assert ".migrations  there is no such folder" in shop.errors
    assert f"next: ls {folder.parent.relative_to(shop.root)}" in shop.errors


def test_a_schema_file_that_cannot_be_read_is_said_so_once(shop: Repository) -> None:
    shop.type("init")
    (file,) = shop.root.rglob("schema.prisma")
    file.unlink()
    file.mkdir()
    report = json.loads(shop.type("gate", "--format", "json", exit=1))
    told = [one for one in report["products"][0]["criteria"] if one["name"] == "schema-matches-migrations"]
    assert [one["status"] for one in told] == ["NOT PROVEN"]
    assert "the schema file" in json.dumps(told)
    assert "cannot be read: cannot" not in json.dumps(told)


def test_gate_again_starts_no_server(shop: Repository, tmp_path_factory: pytest.TempPathFactory) -> None:
    import tempfile

    home = tempfile.mkdtemp(prefix="pgmason-still-")
    Path(home).chmod(0o755)
    try:
        shop.type("init", PGMASON_HOME=home)
        first = json.loads(shop.type("gate", "--format", "json", exit=1, PGMASON_HOME=home))
        shop.type("server", "stop", PGMASON_HOME=home)
        again = json.loads(shop.type("gate", "--format", "json", exit=1, PGMASON_HOME=home))
        assert json.loads(shop.type("server", "status", "--format", "json", PGMASON_HOME=home))["servers"] == []
    finally:
        shutil.rmtree(home, ignore_errors=True)
    told = [{one["name"]: one["status"] for one in run["products"][0]["criteria"]} for run in (first, again)]
    assert told[0] == told[1]


@pytest.mark.parametrize("verb", ["check", "gate"])
def test_every_format_is_what_it_says(shop: Repository, verb: str) -> None:
    shop.type("init", "--no-baseline")
    places = {name: shop.root / f"report.{name}" for name in ("json", "sarif", "junit", "github", "markdown", "text")}
    options = [word for name, file in places.items() for word in ("--output", f"{name}={file}")]
    shop.type(verb, *options, exit=1)
    assert json.loads(places["json"].read_text())["version"] == 1
    sarif = json.loads(places["sarif"].read_text())
    assert sarif["version"] == "2.1.0"
    assert sarif["runs"][0]["results"]
    assert ElementTree.fromstring(places["junit"].read_text()).findall(".//failure")
    assert places["github"].read_text().startswith("::")
    assert places["markdown"].read_text().strip()


def test_two_products_in_one_repository_are_both_found_and_judged(tmp_path: Path) -> None:
    root = tmp_path / "both"
    shutil.copytree(EXAMPLES / "shop", root / "shop")
    shutil.copytree(EXAMPLES / "ledger", root / "ledger")
    both = Repository(root)
    both.type("init")
    both.type("docs")
    assert "GATE HOLDS" in both.type("gate")
    answer = json.loads(both.type("gate", "--format", "json"))
    assert len(answer["products"]) == 2
    assert both.type("schema", "show", exit=2) == ""
    assert "--product" in both.errors


def test_hand_written_passages_survive(shop: Repository) -> None:
    shop.type("init")
    shop.type("docs")
    page = shop.root / "docs/DATA-MODEL.md"
    text = page.read_text(encoding="utf-8")
    marker = next(line for line in text.split("\n") if line.startswith("<!-- pgmason:keep") and "orders" in line)
    page.write_text(text.replace(marker, f"{marker}\nOrders are never deleted."), encoding="utf-8")
    shop.type("docs")
    assert "Orders are never deleted." in page.read_text(encoding="utf-8")
    shop.type("docs", "--check")


def test_schema_diff_tells_and_exits_as_differences_do(shop: Repository) -> None:
    shop.type("init")
    shop.type("schema", "export", "--as", "json", "--to", "then.json")
    assert "no difference" in shop.type("schema", "diff", "catalog:then.json")
    told = shop.type("schema", "diff", "empty", exit=1)
    assert "+ table public.orders" in told
    changes = json.loads(shop.type("schema", "diff", "empty", "--format", "json", exit=1))
    assert changes["version"] == 1


@pytest.mark.parametrize(
    ("arguments", "exit", "words"),
    [
        (["gate"], 2, "pgmason init"),
        (["gate", "--format", "nonsense"], 2, "nonsense"),
        (["plan"], 2, "not built"),
        (["nonsense"], 2, "nonsense"),
        (["check", "--output", "sarif"], 2, "FORMAT=FILE"),
        (["schema", "show", "nowhere"], 2, "no such file or folder"),
        (["schema", "show", "database:postgresql://me:hunter2@127.0.0.1:1/db"], 3, "127.0.0.1"),
        (["explain", "foreign-key-with-index"], 2, "foreign-key-without-index"),
        (["server", "install", "12"], 2, "12"),
        (["init", "--schema", "postgresql://me:hunter2@127.0.0.1/db"], 2, "variable"),
    ],
)
def test_wrong_use_says_what_to_type(tmp_path: Path, arguments: list[str], exit: int, words: str) -> None:
    here = Repository(tmp_path)
    out = here.type(*arguments, exit=exit)
    assert words in here.errors
    assert "Traceback" not in here.errors
    assert "hunter2" not in here.errors + out


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("products = 3", "must be tables"),
        ("[products.a]\nmigration = 'x'", "did you mean 'migrations'"),
        ("[products.a]\npostgres = '9.6'", "not one of"),
        ("[products.a]\nformat = 'liquibase'", "not one of"),
        ("[products.a", "not TOML"),
        ("[products.a]\n[[products.a.waive]]\nrule = 'x'", "needs a reason"),
        ("[products.a]\npath = '.'", "neither"),
        ("[products.a]\nmigrations = 'm'\n[products.a.criteria]\nnonsense = 'off'", "nonsense"),
    ],
)
def test_a_wrong_configuration_names_the_key(tmp_path: Path, toml: str, words: str) -> None:
    here = Repository(tmp_path)
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "1_a.up.sql").write_text("SELECT 1;")
    (tmp_path / "pgmason.toml").write_text(toml)
    here.type("gate", exit=2)
    assert words in here.errors
    assert "pgmason.toml" in here.errors or "products.a" in here.errors


def test_a_failing_migration_fails_check_and_gate_with_its_place(ledger: Repository) -> None:
    ledger.type("init")
    ledger.type("docs")
    (ledger.root / "migrations/0099_bad.up.sql").write_text(
        "CREATE TABLE fine (id int);\n\nALTER TABLE nowhere ADD x int;\n"
    )
    ledger.type("check", exit=1)
    assert "migrations/0099_bad.up.sql:3" in ledger.errors
    assert "42P01" in ledger.errors
    assert "0099_bad.up.sql:3" in ledger.type("gate", exit=1)
    answer = json.loads(ledger.type("check", "--format", "json", exit=1))
    assert (answer["error"]["code"], answer["error"]["sqlstate"]) == ("statement-failed", "42P01")


def test_interrupting_a_command_leaves_nothing_half_written(ledger: Repository) -> None:
    ledger.type("init")
    (ledger.root / "migrations/0099_slow.up.sql").write_text("SELECT pg_sleep(60);")
    process = ledger.start("docs")
    time.sleep(2.5)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 130, (out, err)
    assert "Traceback" not in err
    assert not (ledger.root / "docs/DATA-MODEL.md").exists()
    assert not list(ledger.root.rglob("*.half"))
    (ledger.root / "migrations/0099_slow.up.sql").write_text("SELECT 1;")
    ledger.type("docs")


def test_a_reader_that_leaves_early_is_no_error(shop: Repository) -> None:
    shop.type("init")
    done = subprocess.run(
        f"{sys.executable} -m pgmason schema show --format json | head -c 100 > /dev/null; echo ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        cwd=shop.root,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Traceback" not in done.stderr
    assert done.stdout.strip() in ("0", "141")


def test_a_folder_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    here = Repository(tmp_path)
    (tmp_path / "pgmason.toml").write_text('[products.a]\nmigrations = "migrations"\nformat = "updown"\n')
    (tmp_path / "migrations").write_text("a file")
    here.type("gate", exit=2)
    assert "not a folder" in here.errors


def test_a_live_database_is_a_product_too(tmp_path: Path, fresh_database: Callable) -> None:
    database = fresh_database()
    database.execute(
        "CREATE TABLE notes (id int, at timestamp);"
        "CREATE FUNCTION f(int, b int) RETURNS int LANGUAGE sql RETURN $1 + b"  # printed by no server as it was
    )
    here = Repository(tmp_path)
    here.type("init", DATABASE_URL=database.url)
    assert "database:env:DATABASE_URL" in (tmp_path / "pgmason.toml").read_text()
    for file in tmp_path.rglob("*"):
        if file.is_file():
            assert database.scratch.password not in file.read_text(errors="replace")
    here.type("docs", DATABASE_URL=database.url)
    told = here.type("gate", DATABASE_URL=database.url)
    assert "GATE HOLDS" in told
    assert "function" in told, "what is not read is counted"
    database.execute("CREATE TABLE more (id int)")
    assert "schema-integrity" in here.type("gate", exit=1, DATABASE_URL=database.url)
    here.type("gate", exit=2)
    assert "DATABASE_URL" in here.errors


def verbs() -> list[list[str]]:
    found = [["init"], ["gate"], ["check"], ["explain"], ["docs"], ["demo"], ["schema"], ["server"], ["evidence"]]
    found += [["schema", sub] for sub in ("show", "diff", "export")]
    return [*found, ["server", "install"], ["evidence", "list"]]


@pytest.mark.parametrize("verb", verbs(), ids=" ".join)
def test_every_verb_has_help(verb: list[str], tmp_path: Path) -> None:
    out = Repository(tmp_path).type(*verb, "--help")
    assert "Usage: pgmason" in out
    if verb != ["evidence", "list"]:
        assert "Example:" in out
