"""The plugin inside pytest, as a product's suite would use it: run as a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

PRODUCT = Path(__file__).parents[1] / "n_plus_one" / "product"


def _loading() -> list[str]:
    """How pytest gets the plugin: by its entry point where pgmason is installed, else by name."""
    installed = any(one.name == "pgmason" for one in entry_points(group="pytest11"))
    return [] if installed else ["-p", "pgmason.pytest_plugin"]


def suite(folder: Path, text: str, *arguments: str) -> str:
    """Run a suite in a product; what pytest says, with a summary line for each test."""
    shutil.copytree(PRODUCT, folder, dirs_exist_ok=True)
    (folder / "test_it.py").write_text(text, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *_loading(), "-rA", "-v", f"--rootdir={folder}", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_each_test_has_a_database_as_new_and_database_url_names_it(tmp_path: Path) -> None:
    said = suite(
        tmp_path,
        """
import os, psycopg, pytest
before = os.environ.get("DATABASE_URL")
@pytest.mark.parametrize("n", range(6))
def test_alone(scratch_database, n):
    assert os.environ["DATABASE_URL"] == scratch_database.url
    with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT count(*) FROM tickets").fetchone() == (60,)
        connection.execute("INSERT INTO events (customer_id, what) VALUES (1, 'x')")
        assert connection.execute("SELECT count(*), max(id) FROM events").fetchone() == (61, 61)
def test_afterwards():
    assert os.environ.get("DATABASE_URL") == before
""",
    )
    assert "7 passed" in said, said
    assert "scratch databases: " in said


LOOP = """
import os, psycopg
def lines_of(connection, number):
    return connection.execute("SELECT * FROM order_lines WHERE order_id = %s", [number]).fetchall()
def show(connection, most):
    for (number,) in connection.execute("SELECT id FROM orders ORDER BY id LIMIT %s", [most]).fetchall():
        lines_of(connection, number)
"""


def test_a_test_that_asks_row_by_row_fails_with_statement_count_and_call_site(tmp_path: Path) -> None:
    said = suite(
        tmp_path,
        LOOP
        + """
def test_guilty(scratch_database, query_count):
    with scratch_database.connect() as connection:
        show(connection, 5)
def test_two_rows_are_no_loop(scratch_database, query_count):
    with scratch_database.connect() as connection:
        show(connection, 2)
def test_meant(scratch_database, query_count):
    query_count.allow("three orders at most are shown")
    with scratch_database.connect() as connection:
        show(connection, 5)
def test_too_many(scratch_database, query_count):
    with scratch_database.connect() as connection:
        show(connection, 2)
    query_count.at_most(2)
def test_no_database(query_count):
    pass
""",
    )
    assert "FAILED test_it.py::test_guilty - Failed: N+1  sent 5 times in one transaction" in said, said
    assert "test_it.py:4 in lines_of" in said
    assert "SELECT * FROM order_lines WHERE order_id = $1" in said
    assert "PASSED test_it.py::test_two_rows_are_no_loop" in said
    assert "PASSED test_it.py::test_meant" in said
    assert "3 statements were sent, where at most 2 are meant to be" in said
    assert "query_count hears the test's scratch_database, or needs pytest --scratch" in said


def test_with_scratch_a_product_that_connects_when_imported_finds_its_database(tmp_path: Path) -> None:
    said = suite(
        tmp_path,
        LOOP
        + """
pool = psycopg.connect(os.environ["DATABASE_URL"])
def test_works():
    assert pool.execute("SELECT count(*) FROM orders").fetchone() == (12,)
def test_guilty(query_count):
    show(pool, 4)
def test_innocent(query_count):
    pool.execute("SELECT * FROM order_lines WHERE order_id = ANY(SELECT id FROM orders)").fetchall()
    assert query_count.statements == 1
""",
        "--scratch",
        "-n",
        "2",
    )
    assert "FAILED test_it.py::test_guilty" in said, said
    assert "2 passed" in said


@pytest.mark.parametrize("driver", ["sqlalchemy", "asyncio"])
def test_the_call_site_is_told_through_libraries(tmp_path: Path, driver: str) -> None:
    pytest.importorskip("sqlalchemy")
    text = {
        "sqlalchemy": """
import sqlalchemy as sa
def name_of(connection, number):
    return connection.execute(sa.text("SELECT name FROM customers WHERE id = :id"), {"id": number}).scalar()
def test_guilty(scratch_database, query_count):
    engine = sa.create_engine(scratch_database.url.replace("postgresql", "postgresql+psycopg", 1))
    with engine.connect() as connection:
        for number in connection.scalars(sa.text("SELECT id FROM customers LIMIT 6")).all():
            name_of(connection, number)
    engine.dispose()
""",
        "asyncio": """
import asyncio, psycopg
async def name_of(connection, number):
    return await connection.execute("SELECT name FROM customers WHERE id = %s", [number])
async def show(url):
    async with await psycopg.AsyncConnection.connect(url) as connection:
        for (number,) in await (await connection.execute("SELECT id FROM customers LIMIT 6")).fetchall():
            await name_of(connection, number)
def test_guilty(scratch_database, query_count):
    asyncio.run(show(scratch_database.url))
""",
    }[driver]
    said = suite(tmp_path, text)
    # of a coroutine that waits, Python shows no stack: there it is the place that runs the loop
    place = {"sqlalchemy": "test_it.py:4 in name_of", "asyncio": "test_it.py:10 in test_guilty"}[driver]
    assert f"called at  {place}" in said, said
