"""The names of models are kept as long as the files that say them, and no longer."""

from __future__ import annotations

from pathlib import Path

import pytest

from pgmason.config import Product
from pgmason.sources import prisma
from pgmason.sources.product import product_names, read_product

SCHEMA = """\
datasource db {
  provider = "postgresql"
  url      = env("DATABASE_URL")
}

model NAME {
  id Int @id
}
"""


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Product:
    """A product whose names are kept in a home of its own, where no server runs."""
    monkeypatch.setenv("PGMASON_HOME", str(tmp_path / "home"))
    (tmp_path / "home").mkdir()
    return _shop(tmp_path)


def _shop(tmp_path: Path) -> Product:
    folder = tmp_path / "prisma" / "migrations" / "1_init"
    folder.mkdir(parents=True)
    (folder / "migration.sql").write_text('CREATE TABLE "Order" (id integer PRIMARY KEY);\n', encoding="utf-8")
    return Product(
        name="shop",
        root=tmp_path,
        schema="prisma:prisma/schema.prisma",
        migrations="prisma/migrations",
        criteria={},
    )


def _says(shop: Product, model: str) -> None:
    file = shop.root / "prisma" / "schema.prisma"
    file.write_text(SCHEMA.replace("NAME", model), encoding="utf-8")


def test_names_are_told_again_without_parsing_and_anew_when_the_file_differs(
    shop: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    _says(shop, "Order")
    first = product_names(shop)
    assert {said.words for said in first.values()} >= {"model Order"}
    parsed: list[Path] = []
    reading = prisma.schema_of

    def noted(path: Path, context: object) -> object:
        parsed.append(path)
        return reading(path, context)  # type: ignore[arg-type]  # handed on as it came

    monkeypatch.setattr(prisma, "schema_of", noted)
    assert product_names(shop) == first
    assert parsed == []
    _says(shop, "Invoice")
    assert {said.words for said in product_names(shop).values()} >= {"model Invoice"}
    assert len(parsed) == 1


def test_a_file_that_cannot_be_read_as_names_is_as_good_as_none(shop: Product) -> None:
    _says(shop, "Order")
    first = product_names(shop)
    for kept in (shop.root / "home" / "readings").glob("names-*.json"):
        kept.write_text("{", encoding="utf-8")
    assert product_names(shop) == first


def test_a_schema_file_that_gives_no_names_is_told_with_the_migrations(tmp_path: Path) -> None:
    shop = _shop(tmp_path)
    _says(shop, "Order")
    before = read_product(shop, what="tests").notes
    _says(shop, "2nd")
    (note,) = set(read_product(shop, what="tests").notes).difference(before)
    assert note.startswith("without the names of the schema file: ")
    assert "prisma/schema.prisma:6:7" in note
    assert product_names(shop) == {}
