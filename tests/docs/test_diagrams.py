"""The diagrams hold every table and every foreign key, within what Mermaid draws, and few change at a time."""

from __future__ import annotations

import random
from collections import Counter
from typing import Any

import pytest
from drawn_catalogs import Path, catalog_of, model_input, names, tables
from hypothesis import given, settings

from pgmason.catalog.model import Catalog
from pgmason.docs import render_data_model
from pgmason.docs.diagrams import Diagram, diagrams_of
from pgmason.docs.grouping import Group, groups_of
from pgmason.docs.model import Model
from pgmason.names import ObjectId


def diagrams_for(catalog: Catalog) -> tuple[Diagram, ...]:
    return diagrams_of(Model(catalog, ()))


def groups_for(schema: dict[Path, list[Path]]) -> tuple[Group, ...]:
    model = Model(catalog_of(schema), ())
    return groups_of([table.path for table in model.tables], model.references)


def edges(diagram: Diagram) -> int:
    return sum(1 for line in diagram.text.split("\n") if " : " in line)


def hold(diagrams: tuple[Diagram, ...], catalog: Catalog) -> None:
    """What every division must be: complete, without repetition, and within the limits."""
    drawn = Counter(reference.identity for diagram in diagrams for reference in diagram.references)
    assert drawn == Counter(identity for identity in catalog.objects if identity.kind == "foreign key")
    homes = {path for diagram in diagrams for path in diagram.tables}
    assert homes == {identity.path for identity, _ in catalog.tables}
    for diagram in diagrams:
        assert len(diagram.tables) + len(diagram.border) <= 40
        assert len(diagram.text.encode("utf-16-le")) // 2 <= 50_000
        assert edges(diagram) <= 500
    anchors = [diagram.anchor for diagram in diagrams]
    assert len(set(anchors)) == len(anchors)
    titles = [diagram.title for diagram in diagrams]
    assert len(set(titles)) == len(titles)


@settings(deadline=None, max_examples=30)
@given(schema=tables())
def test_every_diagram_is_within_the_limits_and_every_foreign_key_in_exactly_one(
    schema: dict[Path, list[Path]],
) -> None:
    catalog = catalog_of(schema)
    hold(diagrams_for(catalog), catalog)


@settings(deadline=None, max_examples=30)
@given(schema=tables())
def test_a_table_has_its_columns_in_one_diagram_only(schema: dict[Path, list[Path]]) -> None:
    homes = Counter(path for diagram in diagrams_for(catalog_of(schema)) for path in diagram.tables)
    assert set(homes.values()) <= {1}


def test_forty_tables_are_one_diagram_and_forty_one_are_more() -> None:
    chain: dict[Path, list[Path]] = {("public", f"t{i}"): [("public", f"t{i - 1}")] if i else [] for i in range(40)}
    assert [diagram.title for diagram in diagrams_for(catalog_of(chain))] == ["All tables"]
    chain["public", "t40"] = [("public", "t39")]
    assert len(diagrams_for(catalog_of(chain))) > 1


def test_a_table_that_refers_to_a_hundred_others_is_drawn_in_parts() -> None:
    others: list[Path] = [("public", f"t{i:03}") for i in range(100)]
    catalog = catalog_of({("public", "star"): others, **{other: [] for other in others}})
    diagrams = diagrams_for(catalog)
    homes = {path for diagram in diagrams for path in diagram.tables}
    assert homes == {identity.path for identity, _ in catalog.tables}
    assert max(len(diagram.tables) + len(diagram.border) for diagram in diagrams) <= 40
    drawn = [reference.identity for diagram in diagrams for reference in diagram.references]
    assert sorted(drawn) == sorted(identity for identity in catalog.objects if identity.kind == "foreign key")


def test_six_hundred_foreign_keys_between_two_tables_are_more_than_one_diagram() -> None:
    catalog = catalog_of({("public", "a"): [("public", "b")] * 600, ("public", "b"): []})
    diagrams = diagrams_for(catalog)
    assert max(edges(diagram) for diagram in diagrams) <= 500
    assert sum(edges(diagram) for diagram in diagrams) == 600


def test_long_names_stay_within_the_characters_that_mermaid_reads() -> None:
    long = "🎉" * 15  # 60 bytes, as long as a name gets
    schema: dict[Path, list[Path]] = {
        (long, f"{long}{i:02}"): [(long, f"{long}{j:02}") for j in range(38)] for i in range(38)
    }
    catalog = catalog_of(schema, columns=11)
    diagrams = diagrams_for(catalog)
    hold(diagrams, catalog)


def test_a_table_of_many_columns_shows_its_keys_only() -> None:
    wide = catalog_of({("public", "wide"): [("public", "narrow")], ("public", "narrow"): []}, columns=13)
    (diagram,) = diagrams_for(wide)
    assert '"wide" {\n    bigint id PK\n    bigint ref0 FK\n  }' in diagram.text


@pytest.mark.parametrize("size", [60, 200])
def test_one_more_table_changes_few_diagrams(size: int) -> None:
    """Not a law but a promise: it is counted over tables that refer to up to three others, half of them to hubs."""
    changed = []
    for seed in range(20):
        chance = random.Random(seed)
        paths: list[Path] = [("public", f"{chance.choice(['order', 'user', 'item'])}_{i:03}") for i in range(size)]
        schema: dict[Path, list[Path]] = {
            path: [chance.choice(paths[:8] if chance.random() < 0.5 else paths) for _ in range(chance.randint(0, 3))]
            for path in paths
        }
        before = {group.tables for group in groups_for(schema)}
        schema["public", chance.choice(["a_new", "item_new", "z_new"])] = chance.sample(paths, chance.randint(0, 2))
        changed.append(len(before - {group.tables for group in groups_for(schema)}))
    assert sorted(changed)[len(changed) // 2] <= 2
    assert max(changed) <= 8


def test_one_more_table_on_its_own_leaves_all_but_one_diagram_as_it_is() -> None:
    singles: dict[Path, list[Path]] = {("public", f"word{i * 7919 % 1000:03}"): [] for i in range(200)}
    before = {diagram.tables for diagram in diagrams_for(catalog_of(singles))}
    singles["public", "word0005"] = []
    after = {diagram.tables for diagram in diagrams_for(catalog_of(singles))}
    assert len(before - after) <= 2


@settings(deadline=None, max_examples=15)
@given(schema=tables(most=60))
def test_rendering_is_repeatable_in_any_order_of_reading(schema: dict[Path, list[Path]]) -> None:
    catalog = catalog_of(schema)
    backwards = Catalog(objects=dict(reversed(catalog.objects.items())), comments={})
    text = render_data_model(model_input(catalog), None).text
    assert render_data_model(model_input(backwards), None).text == text
    assert render_data_model(model_input(catalog), text).text == text


@settings(deadline=None)
@given(name=names, parent=names)
def test_tables_of_different_names_are_different_entities(name: str, parent: str) -> None:
    schema: dict[Path, list[Path]] = {("public", name): [("public", parent)]}
    schema.setdefault(("public", parent), [])
    (diagram,) = diagrams_for(catalog_of(schema))
    entities = [line for line in diagram.text.split("\n") if line.startswith('  "') and line.endswith(" {")]
    assert len(set(entities)) == len(schema)


def line_between(database: Any, sql: str) -> str:
    """The line of the only foreign key that `sql` makes, names left out."""
    database.execute(sql)
    (diagram,) = diagrams_for(database.read_catalog())
    (line,) = [line for line in diagram.text.split("\n") if " : " in line]
    return line.strip()


P = "CREATE TABLE p (id int PRIMARY KEY, a int, b int, UNIQUE (a, b));"


@pytest.mark.parametrize(
    ("sql", "line"),
    [
        ("CREATE TABLE c (p_id int NOT NULL REFERENCES p)", '"p" ||..o{ "c" : "p_id"'),
        ("CREATE TABLE c (p_id int REFERENCES p)", '"p" |o..o{ "c" : "p_id"'),
        ("CREATE TABLE c (p_id int NOT NULL UNIQUE REFERENCES p)", '"p" ||..o| "c" : "p_id"'),
        ("CREATE TABLE c (p_id int PRIMARY KEY REFERENCES p)", '"p" ||--o| "c" : "p_id"'),
        ("CREATE TABLE c (p_id int REFERENCES p, n int, PRIMARY KEY (p_id, n))", '"p" ||--o{ "c" : "p_id"'),
        ("CREATE TABLE c (p_id int REFERENCES p); CREATE UNIQUE INDEX ON c (p_id)", '"p" |o..o| "c" : "p_id"'),
        (
            "CREATE TABLE c (p_id int REFERENCES p, x int); CREATE UNIQUE INDEX ON c (p_id) WHERE x > 1",
            '"p" |o..o{ "c" : "p_id"',
        ),
        ("CREATE TABLE c (p_id int REFERENCES p, x int, UNIQUE (p_id, x))", '"p" |o..o{ "c" : "p_id"'),
        (
            "CREATE TABLE c (a int NOT NULL, b int NOT NULL, FOREIGN KEY (a, b) REFERENCES p (a, b))",
            '"p" ||..o{ "c" : "a, b"',
        ),
        (
            "CREATE TABLE c (a int NOT NULL, b int, FOREIGN KEY (a, b) REFERENCES p (a, b))",
            '"p" |o..o{ "c" : "a, b"',
        ),
        (
            "CREATE TABLE c (a int NOT NULL UNIQUE, b int NOT NULL, FOREIGN KEY (a, b) REFERENCES p (a, b))",
            '"p" ||..o| "c" : "a, b"',
        ),
        ("ALTER TABLE p ADD COLUMN up int REFERENCES p", '"p" |o..o{ "p" : "up"'),
        (
            "CREATE TABLE c (i int) PARTITION BY LIST (i); CREATE TABLE d PARTITION OF c (i REFERENCES p) DEFAULT",
            '"p" |o..o{ "c" : "i"',
        ),
    ],
)
def test_the_ends_of_a_line_say_how_many_rows_there_are(sql: str, line: str, fresh_database: Any) -> None:
    assert line_between(fresh_database(), P + sql) == line


def test_a_table_that_others_manage_is_drawn_and_not_told(fresh_database: Any) -> None:
    database = fresh_database()
    database.execute("CREATE SCHEMA auth; CREATE TABLE auth.users (id int PRIMARY KEY)")
    database.execute("CREATE TABLE note (user_id int NOT NULL REFERENCES auth.users)")
    page = render_data_model(model_input(database.read_catalog().without(["auth.*"])), None)
    assert '"auth.users" ||..o{ "note" : "user_id"' in page.text
    assert page.diagrams[0].border == (("auth", "users"),)
    assert "`auth.users` (managed elsewhere)" in page.text
    assert ObjectId("table", ("auth", "users")) not in page.undescribed_tables
