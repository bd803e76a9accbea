"""Data that others made, from files of three formats into a modelled schema, and a change stream out of pagila.

The files are those of the npm package vega-datasets 3.2 (BSD-3-Clause): PGMASON_DATASETS names its folder `data`.
What is expected is counted with Python's own csv and json, and with SQL over plain COPY.
"""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from pgmason.pipelines import expect, extract, pipeline, transform
from pgmason.pipelines.expect.quarantine import quarantined
from pgmason.pipelines.runner import run_pipeline

SCHEMA = """
CREATE TABLE airports (
    iata text PRIMARY KEY CHECK (iata ~ '^[A-Z0-9]{3,4}$'), name text NOT NULL, city text, state char(2),
    country text NOT NULL,
    latitude numeric(11,8) NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude numeric(11,8) NOT NULL CHECK (longitude BETWEEN -180 AND 180)
);
CREATE TABLE flights (
    departs_at timestamp NOT NULL, delay_minutes smallint NOT NULL, miles smallint NOT NULL CHECK (miles > 0),
    origin text NOT NULL REFERENCES airports, destination text NOT NULL REFERENCES airports
);
CREATE TYPE mpaa AS ENUM ('G', 'PG', 'PG-13', 'R', 'NC-17', 'Not Rated', 'Open');
CREATE TABLE movies (
    title text NOT NULL, released_on date NOT NULL, rating mpaa, gross_usd bigint CHECK (gross_usd >= 0),
    imdb numeric(3,1) CHECK (imdb BETWEEN 0 AND 10), votes integer, PRIMARY KEY (title, released_on)
);
CREATE TABLE zip_codes (
    zip char(5) PRIMARY KEY, latitude float8, longitude float8, city text, state char(2), county text
);
"""


@pytest.fixture(scope="module")
def data() -> Path:
    named = os.environ.get("PGMASON_DATASETS")
    if not named or not Path(named, "flights-3m.parquet").is_file():
        pytest.skip("PGMASON_DATASETS names no folder with the data of npm's vega-datasets")
    return Path(named)


@pytest.fixture
def modelled(fresh_database: Callable[..., Any]) -> Any:
    database = fresh_database()
    database.execute(SCHEMA)
    return database


def airports(data: Path, **more: Any) -> Any:
    def airports(batch: pa.RecordBatch) -> pa.RecordBatch:
        return batch

    types = {"latitude": "numeric(11,8)", "longitude": "numeric(11,8)", "iata": "text", "state": "text"}
    source = extract.files(f"{data}/airports.csv", types=types, null_values=["", "NA"])
    return pipeline(extract=source, target="public.airports", key=["iata"], **more)(airports).pipeline  # type: ignore[attr-defined]


def test_airports_out_of_csv_and_three_million_flights_out_of_parquet(data: Path, modelled: Any) -> None:
    with (data / "airports.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    run = run_pipeline(airports(data), modelled.url)
    stored = modelled.execute('SELECT iata, latitude::text, state FROM airports ORDER BY iata COLLATE "C"')
    assert run.counts.quarantined == len(rows) - len(stored)
    assert len(stored) > 3_000
    given = {row["iata"]: row for row in rows}
    assert all(float(given[iata]["latitude"]) == float(latitude) for iata, latitude, _ in stored)

    def flights(batch: pa.RecordBatch) -> pa.RecordBatch:
        return transform.rename(batch, date="departs_at", delay="delay_minutes", distance="miles")

    declared = pipeline(
        extract=extract.files(f"{data}/flights-3m.parquet"),
        target="public.flights",
        on_conflict="append",
        expect=[expect.between("delay_minutes", -1_500, 3_000), expect.exists_in("origin", "public.airports.iata")],
    )(flights).pipeline  # type: ignore[attr-defined]
    run = run_pipeline(declared, modelled.url)
    table = pq.read_table(data / "flights-3m.parquet")
    known = pa.array([row[0] for row in modelled.execute("SELECT iata FROM airports")])
    good = pc.greater(table["distance"], 0)
    for holds in (
        pc.is_in(table["origin"].cast(pa.string()), known),
        pc.is_in(table["destination"].cast(pa.string()), known),
        pc.greater_equal(table["delay"], -1_500),
        pc.less_equal(table["delay"], 3_000),
    ):
        good = pc.and_(good, holds)
    expected = table.filter(good)
    assert run.counts.read == table.num_rows == 3_000_000
    counted = (
        "SELECT count(*), sum(delay_minutes), sum(miles), min(departs_at)::text, max(departs_at)::text FROM flights"
    )
    assert modelled.execute(counted) == [
        (
            expected.num_rows, pc.sum(expected["delay"]).as_py(), pc.sum(expected["distance"]).as_py(),
            str(pc.min(expected["date"])), str(pc.max(expected["date"])),
        )
    ]  # fmt: skip
    assert run.counts.quarantined == 3_000_000 - expected.num_rows
    assert run_pipeline(declared, modelled.url).counts.read == 0


def test_movies_out_of_json_as_they_are(data: Path, modelled: Any) -> None:
    """3,201 films of which titles are numbers, dates are in words, and some are there twice."""
    given = json.loads((data / "movies.json").read_text())

    def movies(batch: pa.RecordBatch) -> pa.RecordBatch:
        chosen = transform.select(
            batch, "Title", "Release Date", "MPAA Rating", "Worldwide Gross", "IMDB Rating", "IMDB Votes"
        )
        named = transform.rename(chosen, **{
            "Title": "title", "Release Date": "released_on", "MPAA Rating": "rating", "Worldwide Gross": "gross_usd",
            "IMDB Rating": "imdb", "IMDB Votes": "votes",
        })  # fmt: skip
        days = pc.strptime(named["released_on"], format="%b %d %Y", unit="s", error_is_null=True)
        return transform.with_column(named, "released_on", days.cast(pa.date32()))

    declared = pipeline(
        extract=extract.files(f"{data}/movies.json", types={"Title": "text", "Worldwide Gross": "text"}),
        target="public.movies",
        key=["title", "released_on"],
        expect=[expect.not_null("released_on"), expect.between("imdb", 0, 10, severity="warn")],
    )(movies).pipeline  # type: ignore[attr-defined]
    run = run_pipeline(declared, modelled.url)
    stored = modelled.execute("SELECT title, gross_usd FROM movies")
    waiting = quarantined(modelled.connection, "movies", limit=10_000)
    assert run.counts.read == len(given) == 3_201
    assert len(stored) + len(waiting) + run.counts.superseded == 3_201
    titles = {str(row["Title"]) for row in given if row["Title"] is not None}
    assert {title for title, _ in stored} <= titles
    assert any(row["Title"] is not None and not isinstance(row["Title"], str) for row in given)


def test_post_codes_keep_their_zeros(data: Path, modelled: Any) -> None:
    def zip_codes(batch: pa.RecordBatch) -> pa.RecordBatch:
        return transform.rename(batch, zip_code="zip")

    declared = pipeline(
        extract=extract.files(f"{data}/zipcodes.csv"), target="public.zip_codes", key=["zip"],
        expect=[expect.matches("zip", "[0-9]{5}")],
    )(zip_codes).pipeline  # type: ignore[attr-defined]  # fmt: skip
    run = run_pipeline(declared, modelled.url)
    with (data / "zipcodes.csv").open(newline="") as file:
        codes = [row["zip_code"] for row in csv.DictReader(file)]
    assert run.counts.quarantined == 0
    assert {row[0] for row in modelled.execute("SELECT zip FROM zip_codes")} == set(codes)
    assert any(code.startswith("0") for code in codes)


# --- pagila ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def pagila(corpus: Path, fresh_database: Callable[..., Any]) -> tuple[Any, Any]:
    """Two databases with pagila in them: where its rentals and films are changed, and where they follow."""
    script = corpus / "samples" / "pagila" / "pagila.sql"
    if shutil.which("psql") is None:
        pytest.skip("psql is not on this machine, and loads pagila's dump")
    both = fresh_database(), fresh_database()
    for database in both:
        subprocess.run(["psql", "-qX", "-f", script, database.url], check=False, capture_output=True)
    if both[0].execute("SELECT to_regclass('public.rental') IS NULL") == [(True,)]:
        pytest.skip("pagila does not load here")
    both[1].execute(
        "SET search_path = public; DROP TRIGGER last_updated ON rental; DROP TRIGGER last_updated ON film;"
        "ALTER TABLE payment RENAME TO payments_of_old; TRUNCATE rental CASCADE"
    )
    return both


def contents(database: Any, table: str, key: str) -> Any:
    return database.execute(f"SELECT count(*), md5(string_agg(t::text, E'\\n' ORDER BY {key})) FROM public.{table} t")


def test_a_change_stream_out_of_pagila_follows_it_row_for_row(pagila: tuple[Any, Any]) -> None:
    source, target = pagila

    def follow(table: str, key: str) -> Any:
        def same(batch: pa.RecordBatch) -> pa.RecordBatch:
            return batch

        return pipeline(
            extract=extract.postgres(source.url, f"public.{table}", cursor="last_update", key=key),
            target=f"public.{table}", key=[key], name=f"follow_{table}",
        )(same).pipeline  # type: ignore[attr-defined]  # fmt: skip

    rentals, films = follow("rental", "rental_id"), follow("film", "film_id")
    first = run_pipeline(rentals, target.url)
    assert first.counts.inserted == source.execute("SELECT count(*) FROM public.rental")[0][0] > 10_000
    assert run_pipeline(films, target.url).counts.inserted == 0  # they were there, and are the same
    assert contents(source, "rental", "rental_id") == contents(target, "rental", "rental_id")

    with psycopg.connect(source.url) as early:
        early.execute("UPDATE public.rental SET return_date = now() WHERE rental_id % 50 = 0")
        source.execute("UPDATE public.rental SET staff_id = 3 - staff_id WHERE rental_id % 100 = 1")
        source.execute(
            "UPDATE public.film SET rating = 'R', special_features = array_append(special_features, 'Trailers'),"
            " title = title || ' again' WHERE film_id % 10 = 0"
        )
        source.execute("INSERT INTO public.rental (rental_date, inventory_id, customer_id, staff_id)"
                       " SELECT now(), inventory_id, 1, 1 FROM public.inventory LIMIT 500")  # fmt: skip
        run_pipeline(rentals, target.url)
        early.commit()
    second = run_pipeline(rentals, target.url)
    changed = run_pipeline(films, target.url)
    assert contents(source, "rental", "rental_id") == contents(target, "rental", "rental_id")
    assert contents(source, "film", "film_id") == contents(target, "film", "film_id")
    assert second.counts.updated > 0
    assert changed.counts.updated == source.execute("SELECT count(*) FROM public.film WHERE film_id % 10 = 0")[0][0]
    assert run_pipeline(rentals, target.url).counts.read == 0
