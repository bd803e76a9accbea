"""Attempts at one task, of which one counts: what the others left, or are still writing, is never loaded."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from listed import Listed, batch, pipeline_of

from pgmason.pipelines.attempts import AttemptStage, drop_attempts, fold_attempts, join_attempts
from pgmason.pipelines.runner import run_pipeline
from pgmason.pipelines.staging import Stage
from pgmason.rows.fitting import fit_schema
from pgmason.rows.target import read_target

FRESH = Callable[..., Any]
ROWS = batch(id=[1], n=[1])
TABLES = "SELECT relname FROM pg_class WHERE relname LIKE 'staged%' AND relkind = 'r' ORDER BY 1"


@pytest.fixture
def staged(fresh_database: FRESH) -> tuple[Any, Stage]:
    database = fresh_database()
    database.execute("CREATE TABLE t (id bigint PRIMARY KEY, n int); CREATE SCHEMA pgmason")
    stage = Stage("p", fit_schema(read_target(database.connection, "public", "t"), ROWS.schema), ("id",))
    stage.make(database.connection)
    return database, stage


def attempted(database: Any, stage: Stage, token: str, id: int) -> AttemptStage:
    """One row of an attempt, and one set aside."""
    attempt = AttemptStage(stage, token)
    attempt.make(database.connection)
    for table, row in ((attempt.table, f"({id}, 0, {id})"), (attempt.bad, "('e', 'r', 'broken', NULL, '{}')")):
        database.connection.execute(b"INSERT INTO " + table.as_bytes(None) + b" VALUES " + row.encode())
    return attempt


@pytest.mark.parametrize("way", [join_attempts, fold_attempts])
def test_of_two_attempts_the_one_that_counts_is_staged(staged: tuple[Any, Stage], way: Callable[..., None]) -> None:
    database, stage = staged
    for token, id in (("aa", 1), ("bb", 1), ("cc", 2)):
        attempted(database, stage, token, id)
    way(database.connection, stage, ["bb", "cc"])
    assert database.execute("SELECT id FROM pgmason.stage_p ORDER BY 1") == [(1,), (2,)]
    assert (stage.count(database.connection), stage.count(database.connection, bad=True)) == (2, 2)
    stage.drop(database.connection)
    assert database.execute(TABLES) == []


def test_joined_rows_are_settled_judged_and_set_aside_like_any(staged: tuple[Any, Stage]) -> None:
    """What a stage does to its rows reaches those of its children: types, duplicates, deleting."""
    database, stage = staged
    for token, id in (("aa", 1), ("bb", 1), ("cc", 2)):
        attempted(database, stage, token, id)
    join_attempts(database.connection, stage, ["aa", "bb", "cc"])
    assert stage.has_duplicates(database.connection)
    database.execute(
        "UPDATE pgmason.stage_p SET pgmason_row = 9 WHERE tableoid = (SELECT min(tableoid) FROM pgmason.stage_p)"
    )
    assert stage.drop_duplicates(database.connection) == 1
    assert stage.count(database.connection) == 2


def test_an_attempt_that_still_writes_is_ended_and_counts_for_nothing(staged: tuple[Any, Stage]) -> None:
    database, stage = staged
    slow = AttemptStage(stage, "dd")
    slow.make(database.connection)
    zombie = psycopg.connect(database.url, application_name="pgmason pipeline p run 1")
    zombie.execute(b"INSERT INTO " + slow.table.as_bytes(None) + b" VALUES (7, 7, 7)")
    bystander = psycopg.connect(database.url, application_name="someone else")
    bystander.execute("SELECT 1")
    began = time.monotonic()
    with psycopg.connect(database.url, autocommit=True) as session:
        drop_attempts(session, "p")
    assert time.monotonic() - began < 3
    assert database.execute(TABLES) == []
    with pytest.raises(psycopg.OperationalError):
        zombie.commit()
    zombie.close()
    bystander.commit()
    bystander.close()


def test_an_attempt_that_comes_after_the_run_finds_nothing_to_write_to(staged: tuple[Any, Stage]) -> None:
    database, stage = staged
    stage.drop(database.connection)
    with pytest.raises(psycopg.errors.UndefinedTable):
        AttemptStage(stage, "ee").make(database.connection)


def test_a_run_drops_what_an_attempt_of_a_dead_one_left(staged: tuple[Any, Stage]) -> None:
    database, stage = staged
    attempted(database, stage, "ff", 5)
    other = Stage("p_2", stage.fits, ("id",))
    other.make(database.connection)
    attempted(database, other, "ff", 6)
    run = run_pipeline(pipeline_of(Listed([ROWS])), database.url)
    assert run.counts.inserted == 1
    assert database.execute("SELECT id FROM t") == [(1,)]
    assert len(database.execute(TABLES)) == 2  # of the other pipeline alone
