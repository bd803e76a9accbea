"""`prove` tells loads that can run twice and die from those that cannot, whatever they are written in."""

# ruff: noqa: E501  one line for each load
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pgmason.pipelines.proving import CommandFailed, Proof, prove_on
from pgmason.postgres.scratch import Scratch
from pgmason.postgres.server import Server

# Each loads the numbers 0 to 29, ten at a time, with a little time between; in one session.
LOADER = """
for at in 0 10 20; do
  echo "{load};"
  sleep 0.1
done | {psql} "$DATABASE_URL" -q -v ON_ERROR_STOP=1
"""
ROWS = "generate_series($at, $at + 9) n"
LOADS = {
    "an upsert": f"INSERT INTO t (id, n) SELECT n, n FROM {ROWS} ON CONFLICT (id) DO UPDATE SET n = excluded.n",
    "an insert": f"INSERT INTO loose (id) SELECT n FROM {ROWS}",
    "an insert guarded by a look": f"INSERT INTO loose (id) SELECT n FROM {ROWS} WHERE (SELECT count(*) FROM loose) < 30",
    "keys by chance": "INSERT INTO named (n) SELECT $at WHERE NOT EXISTS (SELECT FROM named WHERE n = $at)",
    "a time on every row": f"INSERT INTO t (id, n) SELECT n, 1 FROM {ROWS}"
    " ON CONFLICT (id) DO UPDATE SET changed_at = clock_timestamp()",
    "a table that is not there": "INSERT INTO nowhere VALUES ($at)",
}


def fill(scratch: Scratch) -> None:
    with scratch.session() as session:
        session.execute(
            "CREATE TABLE t (id int PRIMARY KEY, n int, changed_at timestamptz DEFAULT clock_timestamp());"
            " CREATE TABLE loose (id int);"
            " CREATE TABLE named (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), n int)"
        )


@pytest.fixture
def proof_of(servers: Callable[[int], Server], tmp_path: Path) -> Callable[..., Proof]:
    def prove(load: str, kills: int = 3) -> Proof:
        server = servers(18)
        script = tmp_path / "load.sh"
        script.write_text(LOADER.format(load=LOADS[load], psql=server.choice.installation.bin / "psql"))
        return prove_on(server, ["sh", str(script)], fill=fill, kills=kills)

    return prove


def test_an_upsert_is_proven_and_times_are_named_as_chance(proof_of: Callable[..., Proof]) -> None:
    proof = proof_of("an upsert", kills=2)
    assert proof.holds, proof
    assert (proof.rows, proof.tables) == (30, 3)
    assert proof.chance == ("public.t.changed_at",)
    assert proof.same == 2
    assert proof.killed >= 1


def test_an_insert_is_refuted_by_its_second_run(proof_of: Callable[..., Proof]) -> None:
    proof = proof_of("an insert", kills=1)
    assert not proof.holds
    assert [str(one) for one in proof.second_run] == ["public.loose holds 60 rows, expected 30"]


def test_a_load_that_only_looks_whether_it_was_there_is_refuted_by_being_killed(
    proof_of: Callable[..., Proof],
) -> None:
    proof = proof_of("an insert guarded by a look", kills=3)
    assert proof.second_run == ()
    assert not proof.holds
    assert any("public.loose holds" in str(one) for trial in proof.trials for one in trial.differences)


def test_keys_by_chance_are_left_out_and_what_they_are_keys_of_is_not(proof_of: Callable[..., Proof]) -> None:
    proof = proof_of("keys by chance", kills=1)
    assert proof.holds, proof
    assert proof.chance == ("public.named.id",)


def test_a_second_run_that_touches_every_row_is_refuted_with_the_column(proof_of: Callable[..., Proof]) -> None:
    proof = proof_of("a time on every row", kills=1)
    assert not proof.holds
    assert [one.columns for one in proof.second_run] == [("changed_at",)]


def test_a_command_that_fails_undisturbed_is_told_with_its_last_words(proof_of: Callable[..., Proof]) -> None:
    with pytest.raises(CommandFailed, match='relation "nowhere" does not exist'):
        proof_of("a table that is not there")
