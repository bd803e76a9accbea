"""`pgmason scratch`: the command's own answer is passed on, every worker has a clone, and nothing is left behind."""

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

import psycopg
import pytest

from pgmason.postgres.server import Server

EXAMPLES = Path(__file__).parents[2] / "examples"
PRODUCT = Path(__file__).parents[1] / "n_plus_one" / "product"

# a program that tells what it sees, and with what role
TELL = """
import json, os, psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as c:
    row = c.execute("SELECT current_database(), current_user, (SELECT count(*) FROM order_lines)").fetchone()
    print(json.dumps([*row, os.environ["PGDATABASE"], os.environ.get("PGOPTIONS")]))
"""


def scratch(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "pgmason", "scratch", *arguments]


def run(*arguments: str, cwd: Path = PRODUCT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        scratch(*arguments), cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip


def databases(server: Server) -> set[str]:
    rows = server.admin.execute("SELECT datname FROM pg_database WHERE datname LIKE 's\\_%'").fetchall()
    return {name for (name,) in rows}


@pytest.fixture
def server(servers: Callable[[int], Server]) -> Server:
    """The server that the products of these tests use."""
    try:
        return servers(15)
    except pytest.skip.Exception:
        return servers(18)


def test_the_command_finds_a_database_with_the_schema_and_its_rows(server: Server) -> None:
    done = run("--", sys.executable, "-c", TELL, PGOPTIONS="-c search_path=elsewhere")
    assert done.returncode == 0, done.stderr
    database, user, lines, named, options = json.loads(done.stdout)
    assert (user, lines, named, options) == ("pgmason_owner", 36, database, None)
    # the whole lease is gone; other leases on this server are other tests'
    assert not {name for name in databases(server) if name.startswith(database.rpartition("_")[0])}


@pytest.mark.parametrize("code", [0, 1, 7, 42])
def test_the_exit_code_is_the_commands(code: int) -> None:
    assert run("--", sys.executable, "-c", f"raise SystemExit({code})").returncode == code


def test_a_command_that_a_signal_ended_is_told_as_shells_do() -> None:
    assert run("--", sys.executable, "-c", "import os; os.kill(os.getpid(), 9)").returncode == 137


def test_a_command_that_is_not_there_is_wrong_use() -> None:
    done = run("--", "no-such-command-anywhere")
    assert done.returncode == 2
    assert "no such command: no-such-command-anywhere" in done.stderr


def test_standard_input_and_output_are_the_commands() -> None:
    done = subprocess.run(
        scratch("--", "cat"), cwd=PRODUCT, input="through\n", capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout == "through\n"


def started(*arguments: str) -> subprocess.Popen[str]:
    """A command that tells its database at once and then goes on."""
    return subprocess.Popen(scratch(*arguments), cwd=PRODUCT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


WAIT = "import os, signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: sys.exit(33))\n"
WAIT += "print(os.environ['PGDATABASE'], os.getpid(), flush=True)\ntime.sleep(60)"


def test_a_signal_is_passed_on_and_the_commands_answer_is_ours(server: Server) -> None:
    with started("--", sys.executable, "-c", WAIT) as process:
        assert process.stdout is not None
        database = process.stdout.readline().split()[0]
        assert database in databases(server)
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 33
    assert database not in databases(server)


def test_nothing_is_left_after_a_kill(server: Server) -> None:
    with started("--workers", "2", "--", sys.executable, "-c", WAIT) as process:
        assert process.stdout is not None
        database, child = process.stdout.readline().split()
        lease = database.split("_")[1]
        assert len({name for name in databases(server) if lease in name}) == 3
        desks = list((Path(os.environ["PGMASON_HOME"]) / "run").glob(f"*/desks/{lease}"))
        assert len(desks) == 1
        process.kill()
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        left = {name for name in databases(server) if lease in name}
        roles = server.admin.execute("SELECT 1 FROM pg_roles WHERE rolname LIKE %s", [f"r\\_{lease}%"]).fetchall()
        if not left and not roles and not desks[0].exists() and not alive(int(child)):
            return
        time.sleep(0.1)
    pytest.fail(f"left: {left}, roles {roles}, desk {desks[0].exists()}, command {alive(int(child))}")


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return False


def test_without_a_command_the_database_stays_until_standard_input_ends(server: Server) -> None:
    process = subprocess.Popen(scratch(), cwd=PRODUCT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdin is not None
    line = process.stdout.readline()
    url = re.fullmatch(r"export DATABASE_URL=(\S+)\n", line)
    assert url is not None, line
    with psycopg.connect(url[1].strip("'")) as connection:
        assert connection.execute("SELECT count(*) FROM orders").fetchone() == (12,)
    process.stdin.close()
    assert process.wait(timeout=20) == 0
    process.stdout.close()
    assert url[1].rpartition("/")[2] not in databases(server)


SUITE = """
import os, pytest, psycopg
@pytest.mark.parametrize("n", range(24))
def test_alone(n, record_property):
    with psycopg.connect(os.environ["DATABASE_URL"]) as c:
        name = c.execute("SELECT current_database()").fetchone()[0]
        c.execute("INSERT INTO tickets (id, priority, subject) OVERRIDING SYSTEM VALUE VALUES (%s, 1, 'x')", [1000 + n])
        assert os.environ["PGDATABASE"] == name
    with open(os.environ["SEEN"], "a") as seen:
        seen.write(f"{os.environ['PYTEST_XDIST_WORKER']} {name}\\n")
"""


def test_each_worker_of_xdist_has_a_clone_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "test_alone.py").write_text(SUITE, encoding="utf-8")
    shutil.copytree(PRODUCT, tmp_path / "product")
    tests = [str(tmp_path / "test_alone.py"), "-p", "no:cacheprovider", f"--rootdir={tmp_path}"]
    done = run(
        "--", sys.executable, "-m", "pytest", "-q", "-n", "2", *tests,
        cwd=tmp_path / "product", SEEN=str(tmp_path / "seen"), PYTEST_XDIST_WORKER="", PYTEST_ADDOPTS="",
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    seen = {tuple(line.split()) for line in (tmp_path / "seen").read_text(encoding="utf-8").splitlines()}
    assert len(seen) == len({worker for worker, _ in seen}) == len({name for _, name in seen})
    assert len(seen) > 1


@pytest.mark.parametrize("runner", ["JEST_WORKER_ID", "VITEST_POOL_ID", "MOCHA_WORKER_ID"])
def test_each_worker_of_a_runner_on_node_has_a_clone_of_its_own(runner: str) -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not on this machine")
    told = f"{runner}=1 node -p process.env.PGDATABASE; {runner}=2 node -p process.env.PGDATABASE;"
    done = run("--", "sh", "-c", f"{told} {runner}=1 node -p process.env.PGDATABASE; node -p process.env.PGDATABASE")
    assert done.returncode == 0, done.stderr
    one, two, again, main = done.stdout.split()
    assert one == again
    assert len({one, two, main}) == 3


# as Vitest's workers and Jest's threads do: the number comes when the worker runs
LATE = """
const { Worker, isMainThread } = require("worker_threads");
const tell = (name) => { process.env[name] = "3"; console.log(process.env.PGDATABASE); };
if (!isMainThread) tell("JEST_WORKER_ID");
else if (process.env.VITEST) tell("VITEST_POOL_ID");
else new Worker(__filename).on("exit", () => console.log(process.env.PGDATABASE));
"""


def test_a_worker_that_is_told_its_number_late_has_a_clone_of_its_own(tmp_path: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not on this machine")
    (tmp_path / "late.cjs").write_text(LATE, encoding="utf-8")
    done = run("--", "sh", "-c", f"VITEST=true node {tmp_path}/late.cjs; node {tmp_path}/late.cjs")
    assert done.returncode == 0, done.stderr
    vitest, thread, main = done.stdout.split()
    assert len({vitest, thread, main}) == 3


def test_each_file_of_nodes_own_runner_has_a_clone_that_is_given_back(server: Server, tmp_path: Path) -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not on this machine")
    for name in "ab":
        text = 'require("node:test").test("x", () => console.log("SEEN", process.env.PGDATABASE));'
        (tmp_path / f"{name}.test.cjs").write_text(text, encoding="utf-8")
    count = "node --test --test-concurrency=1 .; sleep 0.5; echo LEASE $PGDATABASE; read line"
    command = scratch("--config", str(PRODUCT / "pgmason.toml"), "--", "sh", "-c", count)
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(command, cwd=tmp_path, **pipes) as process:  # type: ignore[call-overload]
        seen = []
        for line in process.stdout:
            if found := re.search(r"SEEN (s_\S+)", line):
                seen.append(found[1])
            if line.startswith("LEASE"):
                main = line.split()[1]
                break
        assert len({*seen, main}) == 3
        assert not set(seen) & databases(server)
        assert main in databases(server)
        process.communicate("done\n")


def test_seeded_rows_are_in_every_clone(tmp_path: Path) -> None:
    shutil.copytree(PRODUCT, tmp_path / "product")
    seed = f"{sys.executable} -c \"import os, psycopg; psycopg.connect(os.environ['DATABASE_URL'], autocommit=True)"
    seed += ".execute('DELETE FROM tickets')\""
    count = "import os, psycopg; print(psycopg.connect(os.environ['DATABASE_URL'])"
    count += ".execute('SELECT count(*) FROM tickets').fetchone()[0])"
    package = {"prisma": {"seed": seed}}
    (tmp_path / "product" / "package.json").write_text(json.dumps(package), encoding="utf-8")
    done = run("--seed", "--", sys.executable, "-c", count, cwd=tmp_path / "product")
    assert (done.returncode, done.stdout) == (0, "0\n"), done.stderr
    failed = run("--seed-with", "false", "--", sys.executable, "-c", count, cwd=tmp_path / "product")
    assert failed.returncode == 1
    assert "the seed script failed" in failed.stderr
    assert failed.stdout == ""


def test_the_url_is_as_the_product_writes_it(tmp_path: Path) -> None:
    shutil.copytree(PRODUCT, tmp_path / "product")
    said = "SECRET=1\nDATABASE_URL=postgresql+psycopg://me:pw@db.example.org/shop\n"
    (tmp_path / "product" / ".env.example").write_text(said, encoding="utf-8")
    done = run("--env", "TEST_URL", "--", "sh", "-c", "echo $DATABASE_URL $TEST_URL", cwd=tmp_path / "product")
    one, other = done.stdout.split()
    assert one == other
    assert re.fullmatch(r"postgresql\+psycopg://r_\w+:\S+@127\.0\.0\.1:\d+/s_\w+", one)


def test_the_shops_suite_on_jest_passes_with_a_clone_for_each_worker(tmp_path: Path) -> None:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not on this machine")
    if os.environ.get("PGMASON_NPM") != "1":
        pytest.skip("PGMASON_NPM=1 is not set, so Jest and Prisma's client are not fetched")
    shop = tmp_path / "shop"
    shutil.copytree(EXAMPLES / "shop", shop)
    (shop / ".git").mkdir()
    api = shop / "apps" / "api"
    install = [npm, "install", "--ignore-scripts", "--no-audit", "--no-fund"]
    subprocess.run(install, cwd=api, check=True, capture_output=True)
    native = dict.fromkeys(("PRISMA_QUERY_ENGINE_LIBRARY", "PRISMA_SCHEMA_ENGINE_BINARY"), "/bin/true")
    generate = ["npx", "prisma", "generate"]
    subprocess.run(generate, cwd=api, check=True, capture_output=True, env={**os.environ, **native})
    subprocess.run([sys.executable, "-m", "pgmason", "init"], cwd=shop, check=True, capture_output=True)
    report = tmp_path / "report.json"
    done = run("--n-plus-one", "--report", str(report), "--", "npx", "jest", "--maxWorkers=4", cwd=api)
    assert "Tests:       16 passed, 16 total" in done.stderr, done.stderr
    assert done.returncode == 1  # the N+1 that examples/README.md says was planted, and no other
    loops = json.loads(report.read_text(encoding="utf-8"))["loops"]
    assert [(loop["column"], loop["parent_column"]) for loop in loops] == [("order_id", "id")]


def test_the_ledgers_suite_passes_with_a_clone_for_each_worker(tmp_path: Path) -> None:
    pytest.importorskip("sqlalchemy")
    shutil.copytree(EXAMPLES / "ledger", tmp_path / "ledger")
    (tmp_path / "ledger" / ".git").mkdir()
    subprocess.run([sys.executable, "-m", "pgmason", "init"], cwd=tmp_path / "ledger", check=True, capture_output=True)
    report = tmp_path / "report.json"
    done = run(
        "--n-plus-one", "--report", str(report), "--", sys.executable, "-m", "pytest", "-q", "-n", "4",
        cwd=tmp_path / "ledger", PYTEST_XDIST_WORKER="",
    )  # fmt: skip
    assert "17 passed" in done.stdout, done.stdout + done.stderr
    loops = json.loads(report.read_text(encoding="utf-8"))["loops"]
    assert [(loop["column"], loop["parent_column"]) for loop in loops] == [("account_id", "id")]
    assert done.returncode == 1


def test_a_clone_is_as_the_platform_has_its_databases(tmp_path: Path) -> None:
    """Supabase sets the search_path of every database, and CREATE DATABASE copies no setting of its template."""
    shutil.copytree(PRODUCT, tmp_path / "product")
    file = tmp_path / "product" / "pgmason.toml"
    file.write_text(file.read_text(encoding="utf-8") + 'platform = "supabase"\n', encoding="utf-8")
    ask = "import os, psycopg; print(psycopg.connect(os.environ['DATABASE_URL'])"
    ask += ".execute('SHOW search_path').fetchone()[0])"
    done = run("--", sys.executable, "-c", ask, cwd=tmp_path / "product")
    assert (done.returncode, done.stdout) == (0, '"$user", public, extensions\n'), done.stderr
