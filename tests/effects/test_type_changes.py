"""ALTER COLUMN ... TYPE keeps or rewrites the table, keeps or rebuilds the index: each of 50 changes as measured."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from lock_facts import TypeChange, type_changes

from pgmason.effects.model import Effect, Outcome, RewriteKind
from pgmason.effects.witness import watching
from pgmason.postgres.scratch import scratch_database
from pgmason.postgres.server import Server
from pgmason.sources.units import Frame, Unit
from pgmason.statements import read_script

TYPES = """
CREATE EXTENSION IF NOT EXISTS citext;
CREATE TYPE e1 AS ENUM ('a', 'b'); CREATE TYPE e2 AS ENUM ('a', 'b');
CREATE DOMAIN d_text AS text; CREATE DOMAIN d_chk AS text CHECK (VALUE <> 'no');
"""
# What 18 does otherwise, each with the release note that explains it.
ON_18: dict[tuple[str, str], str] = {}


def sql_of(number: int, change: TypeChange) -> str:
    """Four statements, of which the third is the change; it is rolled back."""
    using = f" USING c::text::{change.new}" if change.using or change.new == "xml" else ""
    return (
        f"SET TimeZone = '{change.zone}'; BEGIN;"
        f" ALTER TABLE c{number} ALTER COLUMN c TYPE {change.new}{using}; ROLLBACK"
    )


def seen(effect: Effect, index: bool) -> tuple[str, str]:
    kinds = {rewrite.kind for rewrite in effect.rewrites}
    heap = "REWRITE" if RewriteKind.REWRITTEN in kinds else "keep"
    return heap, "n/a" if not index else "REBUILD" if RewriteKind.REBUILT in kinds else "keep"


@pytest.mark.parametrize("major", [15, 18])
def test_every_measured_change_of_a_type_keeps_or_rewrites_as_measured(
    major: int, servers: Callable[[int], Server]
) -> None:
    changes = type_changes()
    assert len(changes) == 50
    wrong = []
    with scratch_database(servers(major)) as scratch:
        with scratch.session() as session:
            session.execute(TYPES)
            for number, change in enumerate(changes):
                session.execute(f"CREATE TABLE c{number} (c {change.old})")
                if change.index != "n/a":
                    session.execute(f"CREATE INDEX ON c{number} (c)")
        with watching(scratch) as witness:

            def effects_of(text: str) -> tuple[Effect, ...]:
                unit = Unit(name="change", file="change.sql", text=text, frame=Frame.STATEMENTS)
                return witness.trace(unit, read_script(text)).effects

            numbered = list(enumerate(changes))
            works = [(number, change) for number, change in numbered if not change.error]
            effects = effects_of("; ".join(sql_of(number, change) for number, change in works))
            found = {number: effects[4 * place + 2] for place, (number, _) in enumerate(works)}
            found |= {number: effects_of(sql_of(number, change))[2] for number, change in numbered if change.error}
    for number, change in numbered:
        effect, told = found[number], f"{change.zone} {change.old} -> {change.new}"
        if change.error:
            said = effect.error.message if effect.error else "no error"
            if effect.outcome is not Outcome.FAILED or change.error not in said:
                wrong.append(f"{told}: {said}, not {change.error}")
        elif effect.outcome is not Outcome.DONE:
            wrong.append(f"{told}: {effect.error or effect.outcome}")
        elif seen(effect, change.index != "n/a") != (change.heap, change.index):
            wrong.append(f"{told}: {seen(effect, change.index != 'n/a')}, not {change.heap}, {change.index}")
    expected = [] if major == 15 else [f"{old} -> {new}" for old, new in ON_18]
    assert len(wrong) == len(expected), "\n".join(wrong)
    assert all(any(name in line for line in wrong) for name in expected)
