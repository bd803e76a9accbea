"""A check that knows what earlier ones left says what a check says that knows nothing, whatever was edited between."""

from __future__ import annotations

import json
import os
import random
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pgmason.cli import main
from pgmason.postgres.scratch import evict_templates, prepare_server
from pgmason.postgres.server import lease_server, running_servers, stop_server

DEPLOYED = {
    "1_customers": "CREATE TABLE customers (id uuid PRIMARY KEY, email text NOT NULL);",
    "2_orders": "CREATE TABLE orders (id uuid PRIMARY KEY, customer_id uuid NOT NULL REFERENCES customers, total int);",
    "3_index": "CREATE INDEX orders_customer_id_idx ON orders (customer_id);",
}
NEW = "4_new"
# What tells a state with rows from one without is among them, what fails, what names somebody who must stand in, and
# what is the same statement on another line.
TEXTS = (
    "ALTER TABLE orders ADD COLUMN note text;",
    "\n\nALTER TABLE orders ADD COLUMN note text;",
    "ALTER TABLE orders ADD COLUMN note text NOT NULL;",
    "CREATE INDEX orders_total_idx ON orders (total);",
    "-- pgmason: allow create-index-blocks-writes because small\nCREATE INDEX orders_total_idx ON orders (total);",
    "CREATE TABLE refunds (id serial PRIMARY KEY, order_id uuid REFERENCES orders, at timestamp, amount float);",
    "DO $$ BEGIN IF EXISTS (SELECT FROM orders) THEN CREATE TABLE only_with_rows (id int); END IF; END $$;",
    "ALTER TABLE orders ADD CONSTRAINT never CHECK (total IS NULL AND total IS NOT NULL);",
    "GRANT SELECT ON orders TO reporting; ALTER TABLE customers OWNER TO keeper;",
    "ALTER TABLE nowhere ADD COLUMN x int;",
    "ALTER TABLE orders RENAME COLUMN total TO total_cents; DROP TABLE customers CASCADE;",
    "SELEC 1;",
)  # fmt: skip


@pytest.fixture
def another_home() -> Iterator[Path]:
    """A PGMASON_HOME that the server's unprivileged user may enter, with servers of its own."""
    folder = Path(tempfile.mkdtemp(prefix="pgmason-cold-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PGMASON_HOME", str(folder))
            for server, _, _ in running_servers():
                stop_server(server)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def check(
    another_home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, object]]:
    """The exit code of `check` and what it says; of one that knows nothing with `cold`."""

    def told() -> tuple[int, object]:
        capsys.readouterr()
        code = run("check", "--format", "json")
        return code, json.loads(capsys.readouterr().out)

    def check(*, cold: bool = False) -> tuple[int, object]:
        if not cold:
            return told()
        with monkeypatch.context() as patch:
            patch.setenv("PGMASON_HOME", str(another_home))
            shutil.rmtree(another_home / "readings", ignore_errors=True)
            with lease_server(15, what="tests") as server:
                prepare_server(server)
                evict_templates(server.admin, limit_bytes=0)
            return told()

    return check


def run(*arguments: str) -> int:
    with pytest.raises(SystemExit) as left:
        main(list(arguments))
    return int(left.value.code or 0)


def write(name: str, text: str) -> None:
    Path("migrations").mkdir(exist_ok=True)
    Path("migrations", f"{name}.up.sql").write_text(f"{text}\n", encoding="utf-8")


@pytest.fixture
def product(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A product with three deployed migrations, as `init` leaves it."""
    monkeypatch.chdir(tmp_path)
    for name, text in DEPLOYED.items():
        write(name, text)
    assert run("init") == 0
    return tmp_path


def test_editing_and_checking_says_what_a_first_check_would(
    product: Path, check: Callable[..., tuple[int, object]]
) -> None:
    seed = int(os.environ.get("PGMASON_TEST_SEED", "1"))
    count = int(os.environ.get("PGMASON_TEST_EDITS", "4"))  # of 12; a first check takes a second
    texts = random.Random(seed).sample(TEXTS, count)
    told = {}
    for number, text in enumerate(texts):
        write(NEW, text)
        told[text] = check()
        assert told[text] == check(cold=True), f"edit {number}: {text}"
    for text in (texts[0], texts[-1]):
        write(NEW, text)
        assert check() == told[text], f"back to {text}"


def test_what_else_changes_is_seen_at_once(product: Path, check: Callable[..., tuple[int, object]]) -> None:
    write(NEW, TEXTS[3])
    first = check()
    assert first[0] == 1
    configuration = product / "pgmason.toml"
    plain = configuration.read_text(encoding="utf-8")

    name = next(line.split("products.")[1].strip("]") for line in plain.splitlines() if line.startswith("[products."))
    configuration.write_text(
        f'{plain}\n[[products.{name}.waive]]\nrule = "create-index-blocks-writes"\nobject = "*"\nreason = "small"\n'
    )
    waived = check()
    assert waived != first, "the waiver"
    configuration.write_text(plain)
    assert check() == first

    write("1_customers", DEPLOYED["1_customers"].replace("email text", "email json"))
    edited = check()
    assert edited == check(cold=True)
    assert edited != first, "a deployed migration"
    write("1_customers", DEPLOYED["1_customers"])
    assert check() == first

    write("5_more", TEXTS[0])
    two = check()
    assert two == check(cold=True), "two that are pending"
    assert two != first
