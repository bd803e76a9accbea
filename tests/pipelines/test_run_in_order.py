"""Several pipelines at once: parents first, whatever their names, and what happens behind one that fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from listed import batch, pipeline_of

from pgmason.pipelines.ordering import turns

Said = Callable[..., tuple[int, str, str]]

SCHEMA = """
CREATE TABLE regions (id int PRIMARY KEY, head int);
CREATE TABLE customers (id int PRIMARY KEY, region_id int NOT NULL REFERENCES regions,
    friend_id int REFERENCES customers);
CREATE TABLE baskets (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers) PARTITION BY RANGE (id);
CREATE TABLE baskets_1 PARTITION OF baskets FOR VALUES FROM (0) TO (1000);
CREATE TABLE apart (id int PRIMARY KEY);
"""
FILE = """
from pgmason.pipelines import extract, pipeline

@pipeline(extract=extract.files("{name}.csv"), target="public.{target}", key=["id"])
def {name}(batch):
    return batch
"""
# by name the other way round than they refer to each other
ROWS = {
    "a_baskets": ("baskets", "id,customer_id\n1,7\n2,8\n"),
    "b_customers": ("customers", "id,region_id,friend_id\n7,1,8\n8,2,7\n"),
    "c_apart": ("apart", "id\n5\n"),
    "d_regions": ("regions", "id\n1\n2\n"),
}


@pytest.fixture
def shop(tmp_path: Path, fresh_database: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    database = fresh_database()
    database.execute(SCHEMA)
    (tmp_path / "pipelines").mkdir()
    for name, (target, rows) in ROWS.items():
        (tmp_path / "pipelines" / f"{name}.py").write_text(FILE.format(name=name, target=target))
        (tmp_path / f"{name}.csv").write_text(rows)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", database.url)
    return database


def ran(database: Any) -> list[tuple[str, str, int]]:
    return database.execute("SELECT pipeline, state, (counts ->> 'quarantined')::int FROM pgmason.runs ORDER BY id")


def test_parents_run_first_whatever_the_names_so_that_no_row_refers_to_nothing(shop: Any, said: Said) -> None:
    code, out, _ = said("run", "--all")
    assert code == 0
    assert ran(shop) == [
        ("c_apart", "done", 0),
        ("d_regions", "done", 0),
        ("b_customers", "done", 0),
        ("a_baskets", "done", 0),
    ]
    assert [line.split(":")[0] for line in out.splitlines() if ": done" in line] == [name for name, _, _ in ran(shop)]
    assert shop.execute("SELECT count(*) FROM baskets") == [(2,)]


def test_those_that_are_named_run_in_that_order_too_and_as_json_one_document_each(shop: Any, said: Said) -> None:
    assert said("run", "d_regions")[0] == 0
    code, out, _ = said("run", "a_baskets", "b_customers", "--format", "json")
    assert code == 0
    decoder, found = json.JSONDecoder(), []
    while out.strip():
        document, end = decoder.raw_decode(out.lstrip())
        found.append(document["run"]["pipeline"])
        out = out.lstrip()[end:]
    assert found == ["b_customers", "a_baskets"]


def test_behind_one_that_fails_nothing_is_run_and_what_does_not_wait_for_it_is(shop: Any, said: Said) -> None:
    Path("b_customers.csv").unlink()
    code, _, err = said("run", "--all")
    assert code == 1
    assert "a_baskets: not run, because it waits for b_customers" in err
    assert [name for name, state, _ in ran(shop) if state == "done"] == ["c_apart", "d_regions"]
    assert shop.execute("SELECT count(*) FROM baskets") == [(0,)]


def test_names_or_all_and_not_both(shop: Any, said: Said) -> None:
    code, _, err = said("run")
    assert (code, "give names, or --all" in err) == (2, True)
    code, _, err = said("run", "a_baskets", "--all")
    assert (code, "give names, or --all" in err) == (2, True)
    code, _, err = said("run", "a_baskets", "nobody")
    assert (code, "no pipeline is named nobody" in err) == (2, True)


def test_tables_in_a_circle_begin_by_name() -> None:
    def table(name: str) -> tuple[str, str]:
        return ("public", name)

    names = ["a", "b", "c", "d", "e"]
    pipelines = {name: pipeline_of(batch(id=[1]), target=f"public.t_{name}", name=name) for name in names}
    references = {
        (table("t_a"), table("t_b")),  # a waits for b, and b, c and d for each other
        (table("t_b"), table("t_c")),
        (table("t_c"), table("t_d")),
        (table("t_d"), table("t_b")),
        (table("t_b"), table("t_e")),
    }
    ordered = turns(pipelines, references)
    assert [turn.pipeline.name for turn in ordered] == ["e", "b", "a", "d", "c"]
    assert {turn.pipeline.name: turn.after for turn in ordered} == {
        "e": (), "b": ("e",), "a": ("b",), "d": ("b",), "c": ("d",),
    }  # fmt: skip
