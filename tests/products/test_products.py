"""Each case is a file: the repository that `files` makes, and the pgmason.toml that it ought to get.

`products` holds every setting; `reasons` those that a case is about; `notes` all that is said of what was passed
over, `product_notes` what is said of a product (only in the cases that have it).
"""

from __future__ import annotations

import os
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from pgmason.catalog.kinds.column import Column
from pgmason.catalog.kinds.foreign_key import ForeignKey
from pgmason.catalog.kinds.primary_key import PrimaryKey
from pgmason.catalog.kinds.table import Table
from pgmason.catalog.model import Catalog
from pgmason.config import Product, read_workspace
from pgmason.errors import WrongUse
from pgmason.names import ObjectId
from pgmason.products import (
    FoundProduct,
    configuration_text,
    explore,
    find_products,
    settings_from_catalog,
    workspace_of,
)
from pgmason.products.walk import walk

CASES = sorted((Path(__file__).parent / "cases").glob("*.toml"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_a_repository_gets_the_configuration_that_suits_it(case: Path, tmp_path: Path) -> None:
    expected: dict[str, Any] = tomllib.loads(case.read_text(encoding="utf-8"))
    root = repository(tmp_path / "repository", expected["files"])
    exploration = explore(root)
    text = configuration_text(exploration.products)
    assert tomllib.loads(text).get("products", {}) == expected.get("products", {})
    assert list(exploration.notes) == expected.get("notes", [])
    by_name = {product.name: product for product in exploration.products}
    for name, reasons in expected.get("reasons", {}).items():
        for key, reason in reasons.items():
            assert by_name[name].reasons[key] == reason
    for name, notes in expected.get("product_notes", {}).items():
        for note in notes:
            assert note in by_name[name].notes
    for product in exploration.products:
        assert product.reasons.keys() == {"path", *product.settings}
    (root / "pgmason.toml").write_text(text, encoding="utf-8")
    assert dict(read_workspace(root / "pgmason.toml").products) == dict(
        workspace_of(root, exploration.products).products
    )


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("folder", "format", "migrations"),
    [
        ("prisma/umami", "prisma", "19 folders with migration.sql"),
        ("prisma/langfuse", "prisma", "434 folders with migration.sql"),
        ("prisma/hoppscotch", "prisma", "21 folders with migration.sql"),
        ("prisma/trigger", "prisma", "820 folders with migration.sql"),
        ("updown/cratesio", "updown", "285 folders with up.sql"),
        ("updown/concourse", "updown", "149 .up.sql files"),
        ("updown/chirpstack", "updown", "31 folders with up.sql"),
    ],
)
def test_a_real_product_is_found_in_its_own_layout(corpus: Path, folder: str, format: str, migrations: str) -> None:
    (product,) = find_products(corpus / folder)
    assert product.name == folder.rpartition("/")[2]
    assert product.path == "."
    assert product.settings["format"] == format
    assert product.settings["migrations"] == ("migrations" if format == "prisma" else ".")
    assert migrations in product.reasons["migrations"]
    assert product.settings.get("schema") == ("prisma:schema.prisma" if format == "prisma" else None)


def test_the_examples_are_found_together_and_apart() -> None:
    examples = Path(__file__).parents[2] / "examples"
    together = {product.path: product for product in find_products(examples)}
    assert set(together) == {"ledger", "shop/apps/api"}
    assert together["shop/apps/api"].settings["docs"] == "shop/docs/DATA-MODEL.md"
    (shop,) = find_products(examples / "shop")
    assert (shop.path, shop.settings["docs"]) == ("apps/api", "docs/DATA-MODEL.md")
    (ledger,) = find_products(examples / "ledger")
    assert (ledger.path, ledger.settings["app"]) == (".", ("ledger",))


def test_names_that_a_terminal_or_toml_would_choke_on_are_written_safely(tmp_path: Path) -> None:
    strange = 'q"uo\\te\x1b[2J\x7f\n[products.evil]'
    root = repository(tmp_path / "repository", {f"{strange}/migrations/1_a.up.sql": "SELECT 1;"})
    (found,) = find_products(root)
    text = configuration_text([found.also({"ids": "uuid"}, {"ids": "so\n[products.evil]"})])
    assert list(tomllib.loads(text)["products"]) == [found.name] == ["repository"]
    assert tomllib.loads(text)["products"]["repository"]["migrations"] == f"{strange}/migrations"
    assert all(line.isprintable() for line in text.splitlines() if line.startswith("#"))


def test_a_product_s_name_with_dots_is_quoted(tmp_path: Path) -> None:
    root = repository(tmp_path / "r", {"package.json": '{"name": "trigger.dev"}', "migrations/1_a.up.sql": "SELECT 1;"})
    text = configuration_text(find_products(root))
    assert list(tomllib.loads(text)["products"]) == ["trigger.dev"]


def test_every_setting_is_a_key_of_the_configuration(tmp_path: Path) -> None:
    known = {field.name for field in fields(Product)}
    for case in CASES:
        root = repository(tmp_path / case.stem, tomllib.loads(case.read_text(encoding="utf-8"))["files"])
        for product in find_products(root):
            assert product.settings.keys() <= known


def test_the_look_is_bounded_and_says_so(tmp_path: Path) -> None:
    deep = repository(tmp_path / "deep", {f"{'d/' * 12}migrations/1_a.up.sql": "SELECT 1;"})
    exploration = explore(deep)
    assert exploration.products == ()
    assert exploration.notes == ("looked 8 folders deep and no further",)
    wide = repository(tmp_path / "wide", {f"f{number}/x": "" for number in range(30)})
    assert walk(wide, most_folders=10).notes == ("looked into 10 folders and no further: there may be more products",)


def test_links_are_not_followed_and_a_circle_ends(tmp_path: Path) -> None:
    root = repository(
        tmp_path / "repository", {"a/migrations/1_a.up.sql": "SELECT 1;", "a/migrations/1_a.down.sql": ""}
    )
    (root / "a" / "again").symlink_to(root)
    (root / "linked").symlink_to(root / "a" / "migrations")
    assert [product.settings["migrations"] for product in find_products(root)] == ["a/migrations"]


def test_a_name_that_is_not_utf_8_is_passed_over_and_counted(tmp_path: Path) -> None:
    root = repository(tmp_path / "repository", {"migrations/1_a.up.sql": "SELECT 1;"})
    (root / os.fsdecode(b"caf\xe9")).mkdir()
    exploration = explore(root)
    assert len(exploration.products) == 1
    assert exploration.notes == ("passed over 1 name that is not UTF-8",)


def test_a_root_that_is_none_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(WrongUse, match="cannot be listed"):
        find_products(tmp_path / "absent")


def test_a_folder_that_cannot_be_read_as_migrations_is_told_and_the_rest_is_found(tmp_path: Path) -> None:
    files = {"a/migrations/1_a/up.sql": "", "a/migrations/2_b.up.sql": "", "b/migrations/1_a.up.sql": "SELECT 1;"}
    exploration = explore(repository(tmp_path / "repository", files))
    assert [product.settings["migrations"] for product in exploration.products] == ["b/migrations"]
    assert "passed over: a/migrations: holds two shapes at once" in exploration.notes[0]


@pytest.mark.parametrize(
    ("keys", "ids", "reason"),
    [
        ({"a": "uuid", "b": "uuid", "c": "bigint"}, "uuid", "of 3 primary keys of one column: 2 uuid, 1 numbers"),
        (
            {"a": "integer", "b": "bigint", "c": "text"},
            "serial",
            "of 3 primary keys of one column: 2 numbers, 1 text made by the client",
        ),
        ({"a": "character varying(30)"}, "uuid", "of 1 primary key of one column: 1 text made by the client"),
        ({}, None, None),
    ],
)
def test_ids_go_with_the_majority_of_keys(keys: dict[str, str], ids: str | None, reason: str | None) -> None:
    settings, reasons = settings_from_catalog(catalog_with(keys))
    assert (settings.get("ids"), reasons.get("ids")) == (ids, reason)
    assert settings["naming"] == "brief"


def test_a_key_that_refers_to_another_table_is_not_counted(tmp_path: Path) -> None:
    catalog = catalog_with({"a": "uuid", "b": "bigint", "c": "bigint"})
    objects = dict(catalog.objects)
    for child in ("b", "c"):
        objects[ObjectId("foreign key", ("public", child, f"{child}_fkey"))] = ForeignKey(
            columns=("id",),
            references=("public", "a"),
            referenced_columns=("id",),
            on_delete="NO ACTION",
            on_update="NO ACTION",
            deferrable=False,
            deferred=False,
            validated=True,
            definition="",
        )
    settings, reasons = settings_from_catalog(Catalog(objects=objects, comments={}))
    assert settings["ids"] == "uuid"
    assert reasons["ids"] == "of 1 primary key of one column: 1 uuid"


def test_what_only_a_catalog_tells_is_added_to_a_product() -> None:
    product = FoundProduct(name="p", path=".", settings={"postgres": "15"}, reasons={"postgres": "the default"})
    both = product.also({"ids": "uuid"}, {"ids": "most are"})
    assert both.settings == {"postgres": "15", "ids": "uuid"}
    assert tomllib.loads(configuration_text([both]))["products"]["p"] == {"path": ".", "postgres": "15", "ids": "uuid"}


def repository(root: Path, files: dict[str, str]) -> Path:
    """A repository with these files, each with its text."""
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return root


def catalog_with(keys: dict[str, str]) -> Catalog:
    """A catalog of tables whose primary key, `id`, has the type given."""
    objects: dict[ObjectId, Any] = {}
    for name, type_ in keys.items():
        objects[ObjectId("table", ("public", name))] = Table(
            columns=("id",), unlogged=False, partition_key=None, partition_of=None, partition_bound=None, inherits=()
        )
        objects[ObjectId("column", ("public", name, "id"))] = Column(
            type=type_, not_null=True, default=None, identity=None, generated=None, expression=None, collation=None
        )
        objects[ObjectId("primary key", ("public", name, f"{name}_pkey"))] = PrimaryKey(
            columns=("id",), include=(), deferrable=False, deferred=False, definition="PRIMARY KEY (id)"
        )
    return Catalog(objects=objects, comments={})
