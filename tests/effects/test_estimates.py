"""How long a statement would take on production: from its work, production's figures and measured rates."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pgmason.cli import run
from pgmason.statistics import IndexFigures, Statistics, TableFigures, statistics_to_json

SCHEMA = """
CREATE TABLE customer (id int PRIMARY KEY);
CREATE TABLE orders (id int PRIMARY KEY, card text, customer_id int);
"""
CHANGE = """
ALTER TABLE orders ALTER id TYPE bigint;
ALTER TABLE orders ALTER card SET NOT NULL;
CREATE INDEX ON orders (card);
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customer;
UPDATE orders SET card = card || 'x';
ALTER TABLE orders ADD note text;
CREATE INDEX ON customer (id);
CREATE TABLE fresh AS SELECT 1 AS id;
CREATE INDEX ON fresh (id);
"""
FIGURES = Statistics(
    captured="2026-11-20T00:00:00+00:00",
    server="15.8",
    counted_seconds=86_400,
    tables={
        ("public", "orders"): TableFigures(
            rows=42_000_000, bytes=7_000_000_000, indexes={"orders_pkey": IndexFigures(bytes=900_000_000)}
        )
    },
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "schema.sql").write_text(SCHEMA, encoding="utf-8")
    (tmp_path / "change.sql").write_text(CHANGE, encoding="utf-8")
    (tmp_path / "production.json").write_text(statistics_to_json(FIGURES), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def traced(capsys: pytest.CaptureFixture[str], *more: str) -> str:
    assert run(["trace", "change.sql", "--on", "sql:schema.sql", *more]) == 0
    return capsys.readouterr().out


def test_each_piece_of_work_has_its_time_its_lock_and_its_basis(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    estimates = json.loads(traced(capsys, "--stats", "production.json", "--format", "json"))["estimates"]
    told = [(one["statement"], one["work"], one["table"], one["under"]) for one in estimates]
    assert told == [
        (1, "rewrites", "public.orders", "AccessExclusiveLock"),
        (1, "builds an index over", "public.orders", "AccessExclusiveLock"),
        (2, "reads", "public.orders", "AccessExclusiveLock"),
        (3, "builds an index over", "public.orders", "ShareLock"),
        (4, "checks a foreign key of", "public.orders", "ShareRowExclusiveLock"),
        (5, "reads", "public.orders", "RowExclusiveLock"),
        (5, "writes rows of", "public.orders", "RowExclusiveLock"),
        (7, "builds an index over", "public.customer", "ShareLock"),
    ]
    rewrite = estimates[0]
    low, high = rewrite["seconds"]
    assert high == pytest.approx(9 * low, rel=1e-4), "a third of the time to three times of it, to the millisecond"
    assert low * 3 == pytest.approx(7_000_000_000 / 60e6, rel=1e-4)  # bytes by the rate, by hand
    assert rewrite["bytes_written"] == 7_000_000_000
    assert estimates[1]["bytes_written"] == 900_000_000, "the one index that is there, built anew"
    assert "42,000,000 rows, 7 GB on 2026-11-20" in rewrite["basis"]
    assert estimates[-1]["seconds"] is None
    assert "the figures do not have the table" in estimates[-1]["basis"]


def test_without_figures_the_law_alone_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = traced(capsys)
    assert "grows  rewrites public.orders, under ACCESS EXCLUSIVE (reads and writes wait): with its bytes" in text
    assert "grows  builds an index over public.orders, under SHARE (writes wait)" in text
    assert "would take" not in text
    assert "public.fresh" not in "".join(line for line in text.splitlines() if "grows  " in line), "nobody uses it yet"


def test_with_figures_a_range_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = traced(capsys, "--stats", "production.json")
    assert "would take  rewrites public.orders, under ACCESS EXCLUSIVE (reads and writes wait): 39 s to 6 min" in text


def test_an_update_that_no_row_of_the_trace_meets_is_told_with_what_it_may_write(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    changes = (
        "UPDATE orders SET card = 'x' WHERE card = 'no row has this'",
        "DELETE FROM orders WHERE card = 'nor this'",
    )
    for change in changes:
        (folder / "change.sql").write_text(change, encoding="utf-8")
        text = traced(capsys, "--stats", "production.json")
        assert "rows  public.orders" not in text, "none was written here"
        # 42 million rows at 0.06 million a second, by hand: 700 s, told as a third to three times of it
        assert "would take  writes rows of public.orders, under ROW EXCLUSIVE (no query waits): 4 min to 35 min" in text
        assert "if every row is written" in text
    (folder / "change.sql").write_text("SELECT count(*) FROM orders", encoding="utf-8")
    assert "writes rows" not in traced(capsys, "--stats", "production.json")


def test_a_file_that_holds_no_figures_is_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "production.json").write_text("{}", encoding="utf-8")
    assert run(["trace", "change.sql", "--on", "sql:schema.sql", "--stats", "production.json"]) == 2
    assert "holds no statistics" in capsys.readouterr().err
