"""A file is traced on a clone of a kept state with rows: what is known of the state beforehand is what is there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from pgmason.effects.before import before, clone_of
from pgmason.effects.known import parse_states
from pgmason.effects.model import Trace
from pgmason.effects.observe import newest_note, read_states
from pgmason.effects.telling import as_json
from pgmason.effects.tracing import trace_file
from pgmason.postgres.server import Server
from pgmason.samples import Wanted
from pgmason.sources import Context

SCHEMA = """
CREATE SCHEMA app;
CREATE TYPE app.mood AS ENUM ('calm', 'cross');
CREATE DOMAIN app.percent AS int CHECK (VALUE BETWEEN 0 AND 100);
CREATE TABLE app.parent (id int PRIMARY KEY, mood app.mood, share app.percent, name text COLLATE "C");
CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES app.parent, at timestamptz NOT NULL DEFAULT now(),
                    CHECK (id > 0), EXCLUDE USING btree (at WITH =)) WITH (fillfactor = 70);
CREATE INDEX ON child ((id % 10), parent) WHERE parent IS NOT NULL;
CREATE TABLE app_log (id bigserial, line text);
CREATE TABLE part (id int, kind text) PARTITION BY LIST (kind);
CREATE TABLE part_a PARTITION OF part FOR VALUES IN ('a');
CREATE INDEX ON part (id);
CREATE TABLE heir (more int) INHERITS (app_log);
CREATE VIEW shown AS SELECT id FROM part;
CREATE RULE quiet AS ON DELETE TO app_log DO INSTEAD NOTHING;
ALTER TABLE part ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON part FOR SELECT USING (id > 0);
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """SQL files with an object of every kind whose state is read."""
    (tmp_path / "1.sql").write_text(SCHEMA, encoding="utf-8")
    (tmp_path / "2.sql").write_text("ALTER TABLE child ADD COLUMN more int; CREATE INDEX ON app.parent (name);\n")
    return tmp_path


def traced(folder: Path, major: int) -> Trace:
    context = Context(base=folder, root=folder, major=major, what="tests")
    return trace_file(before(folder / "2.sql", "sql:*.sql", context), context, wanted=Wanted(rows=3))


def without_times(told: object) -> object:
    if isinstance(told, dict):
        return {key: without_times(value) for key, value in told.items() if key != "elapsed_ms"}
    return [without_times(one) for one in told] if isinstance(told, list) else told


def test_what_is_known_of_a_kept_state_is_what_is_in_its_clone(server: Server, folder: Path) -> None:
    major = server.choice.installation.major
    context = Context(base=folder, root=folder, major=major, what="tests")
    units = before(folder / "2.sql", "sql:*.sql", context).units
    for kept in (False, True):
        with clone_of(server, units, context, wanted=Wanted(rows=3)) as clone:
            assert clone.sight is not None, kept
            with clone.scratch.observer() as observer:
                there = read_states(observer, None, unsaid=clone.scratch.unsaid)
                assert parse_states(clone.sight.states, clone.scratch.unsaid) == there, kept
                assert newest_note(observer) == clone.sight.last_note, kept
    kinds = {member.identity.kind for state in there.values() for member in state.members.values()}
    assert {"column", "check", "foreign key", "primary key", "exclusion constraint", "policy", "rule"} <= kinds
    assert {"domain constraint"} <= kinds
    assert {state.identity.kind for state in there.values()} >= {"table", "view", "index", "sequence", "enum", "domain"}


def test_a_trace_on_a_kept_state_tells_what_the_first_one_told(
    servers: Callable[[int], Server], server: Server, folder: Path
) -> None:
    major = server.choice.installation.major
    first, again = traced(folder, major), traced(folder, major)
    assert not first.failed
    assert without_times(as_json(first, "")) == without_times(as_json(again, ""))
