"""DBML as its own parser reads it: whatever the schema, every table, enum and reference arrives.

PGMASON_NPM=1 lets the tests fetch @dbml/core with npm into a folder of their own; without it those are skipped.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from round_trip import catalog_of, make_roles

from pgmason.catalog.dbml import dbml_of
from pgmason.catalog.kinds.enum import Enum
from pgmason.catalog.model import Catalog
from pgmason.catalog.reading import read_catalog
from pgmason.postgres.server import Server

HERE = Path(__file__).parent
VERSION = "10.2.0"


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Any]:
    """What @dbml/core understands of a text."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("node and npm are not on this machine")
    if os.environ.get("PGMASON_NPM") != "1":
        pytest.skip("PGMASON_NPM=1 is not set, so @dbml/core is not fetched")
    folder = tmp_path_factory.mktemp("dbml")
    (folder / "package.json").write_text("{}", encoding="utf-8")
    command = [npm, "install", "--no-audit", "--no-fund", f"@dbml/core@{VERSION}"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    script = folder / "read.mjs"
    script.write_text((HERE / "read_by_dbml.mjs").read_text(encoding="utf-8"), encoding="utf-8")

    def understood(text: str) -> Any:
        answer = subprocess.run([node, str(script)], cwd=folder, input=text, capture_output=True, text=True, check=True)
        return json.loads(answer.stdout)

    return understood


def hold(catalog: Catalog, understood: Any) -> None:
    assert "error" not in understood, understood["error"]
    tables = {
        (*identity.path, max(1, len(state.columns))) for identity, state in catalog.tables if state.partition_of is None
    }
    assert {tuple(table[:3]) for table in understood["tables"]} == tables
    assert understood["enums"] == len(list(catalog.of(Enum)))


@pytest.mark.parametrize("file", ["everyday.sql", "torture.sql"])
def test_the_parser_of_dbml_reads_every_table_and_enum(
    servers: Callable[[int], Server], read: Callable[[str], Any], file: str
) -> None:
    server = servers(15)
    make_roles(server, ("torture_owner", "torture_reader"))
    catalog = catalog_of(server, (HERE / file).read_text(encoding="utf-8"))
    hold(catalog, read(dbml_of(catalog)))


def test_references_keys_and_notes_are_told(fresh_database: Callable[[], Any]) -> None:
    database = fresh_database()
    database.execute(
        """
        CREATE TYPE state AS ENUM ('open', 'paid');
        CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, state state NOT NULL DEFAULT 'open');
        CREATE TABLE lines (order_id bigint REFERENCES orders ON DELETE CASCADE, position int,
                            PRIMARY KEY (order_id, position));
        CREATE TABLE notes (order_id bigint UNIQUE REFERENCES orders);
        CREATE INDEX open_orders ON orders (state) WHERE state = 'open';
        COMMENT ON TABLE orders IS 'what a customer''s cart became';
        """
    )
    with database.scratch.observer() as observer:
        text = dbml_of(read_catalog(observer))
    lines = [line.strip() for line in text.splitlines()]
    assert '"id" bigint [pk, increment]' in lines
    assert '"state" "public"."state" [not null, default: `\'open\'::public.state`]' in lines
    assert '("order_id", "position") [pk, name: \'lines_pkey\', type: btree]' in lines
    assert "(\"state\") [name: 'open_orders', type: btree, note: 'where (state = \\'open\\'::public.state)']" in lines
    assert "Note: 'what a customer\\'s cart became'" in lines
    assert 'Ref "lines_order_id_fkey": "public"."lines"."order_id" > "public"."orders"."id" [delete: cascade]' in lines
    assert 'Ref "notes_order_id_fkey": "public"."notes"."order_id" - "public"."orders"."id"' in lines
