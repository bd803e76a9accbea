"""A finding points to the file and the line that brought its object in, not to one that touched it later."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgmason.names import ObjectId
from pgmason.sources import Context
from pgmason.sources.migrations import read_migrations

FILES = {
    "1_first.up.sql": "CREATE TABLE orders (\n  id integer PRIMARY KEY,\n  note varchar(10)\n);\n",
    "2_more.up.sql": (
        "-- touches both\n"
        "ALTER TABLE orders ADD COLUMN total integer;\n"
        "ALTER TABLE public.orders ALTER COLUMN note SET DEFAULT '';\n"
        "ALTER TABLE orders ADD CONSTRAINT positive CHECK (total > 0) NOT VALID;\n"
        "ALTER TABLE orders VALIDATE CONSTRAINT positive;\n"
        "CREATE INDEX orders_total ON orders (total);\n"
    ),
    "3_later.up.sql": (
        "ALTER TABLE orders ALTER COLUMN total TYPE bigint;\n"
        "ALTER INDEX orders_total RENAME TO by_total;\n"
        "ALTER TABLE orders ENABLE ROW LEVEL SECURITY;\n"
    ),
}


def test_a_statement_that_only_touches_an_object_does_not_bring_it_in(tmp_path: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    reading = read_migrations(tmp_path, Context(base=tmp_path, root=tmp_path))
    told = {identity.name: str(place) for identity, place in reading.places.items() if identity.path[0] == "public"}
    assert told["public.orders"] == "1_first.up.sql:1"
    assert told["public.orders.note"] == "1_first.up.sql:1"
    assert told["public.orders.total"] == "3_later.up.sql:1", "its type is from there"
    assert told["public.orders.positive"] == "2_more.up.sql:4"
    assert told["public.by_total"] == "3_later.up.sql:2"
    assert reading.places[ObjectId("primary key", ("public", "orders", "orders_pkey"))].line == 1


@pytest.mark.parametrize("product", ["updown/chirpstack", "prisma/umami"])
def test_each_table_of_a_real_product_points_to_where_it_is_made(product: str, corpus: Path) -> None:
    folder = next((one for one in (corpus / product / "migrations", corpus / product) if one.is_dir()), None)
    if folder is None:
        pytest.skip(f"the corpus has no {product}")
    reading = read_migrations(folder, Context(base=folder, root=folder))
    tables = {identity: place for identity, place in reading.places.items() if identity.kind == "table"}
    assert len(tables) > 10
    wrong = []
    for identity, place in tables.items():
        line = " ".join((folder / place.file).read_text().split("\n")[place.line - 1].lower().split())
        if not line.startswith(("create table", "create unlogged table")) and "rename to" not in line:
            wrong.append(f"{identity.name} {place}: {line}")
    assert wrong == []
