"""What `prove` finds of a product's load is kept with the files it was of, and is stale when one of them is edited."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pgmason.config import Product
from pgmason.errors import WrongUse
from pgmason.pipelines.proofs import product_pipelines, prove_for
from pgmason.postgres.server import Server

LOAD = """
sleep 0.3 | {psql} "$DATABASE_URL" -q -v ON_ERROR_STOP=1 -c "INSERT INTO shop.orders (id, customer)
  SELECT n, c.id FROM generate_series(1, 20) n, customers c ON CONFLICT (id) DO NOTHING" -f -
"""


@pytest.fixture
def product(tmp_path: Path, servers: Callable[[int], Server]) -> Product:
    (tmp_path / "schema.sql").write_text(
        "CREATE TABLE customers (id int PRIMARY KEY); CREATE SCHEMA shop;"
        " CREATE TABLE shop.orders (id int PRIMARY KEY, customer int NOT NULL REFERENCES customers)"
    )
    (tmp_path / "rows.sql").write_text("INSERT INTO customers VALUES (7)")
    (tmp_path / "pipelines").mkdir()
    psql = servers(18).choice.installation.bin / "psql"
    (tmp_path / "pipelines" / "orders.sh").write_text(LOAD.format(psql=psql))
    return Product(name="shop", root=tmp_path, criteria={}, schema="sql:schema.sql", postgres="18")


def test_a_proof_is_kept_with_the_files_it_was_of(product: Product) -> None:
    command = ["sh", "pipelines/orders.sh"]
    proof = prove_for(product, command, rows=[product.home / "rows.sql"], kills=1)
    assert proof.holds, proof
    assert proof.rows == 21
    kept = product_pipelines(product).proofs["orders"]
    assert (kept.holds, kept.current, kept.command) == (True, True, "sh pipelines/orders.sh")
    with (product.home / "rows.sql").open("a") as rows:
        rows.write("; INSERT INTO customers VALUES (8)")
    assert not product_pipelines(product).proofs["orders"].current


def test_rows_that_do_not_go_in_are_told_with_their_file(product: Product) -> None:
    (product.home / "rows.sql").write_text("INSERT INTO nowhere VALUES (7)")
    with pytest.raises(WrongUse, match=r'rows\.sql .*relation "nowhere" does not exist'):
        prove_for(product, ["sh", "pipelines/orders.sh"], rows=[product.home / "rows.sql"], kills=1)
